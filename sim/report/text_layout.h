// Laying out text for a terminal: aligned columns, wrapped sentences, times with few digits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "berth/brief_text.h"
#include "berth/interval.h"
#include "berth/units.h"

namespace berth {

/// Reports stay within this many columns.
inline constexpr std::size_t kReportColumns = 100;

/// What belongs to a heading stands in by this much.
inline constexpr std::size_t kIndent = 2;

/// Columns that a text takes, one per code point.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Breaks `text` at spaces into lines of at most `columns`; every line starts with `indent` spaces. Ends with a
/// newline.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns = kReportColumns);

/// Shortens to `columns` code points, with "..." at the end where something was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);

enum class Align { kLeft, kRight };

/// A table with a heading and columns as wide as their widest cell, two spaces apart.
class TextTable {
  public:
    void column(std::string heading, Align align);
    /// As many cells as there are columns, else a std::logic_error.
    void row(std::vector<std::string> cells);
    [[nodiscard]] std::size_t columns() const;  ///< total width, without the indent
    [[nodiscard]] std::string text(std::size_t indent) const;

  private:
    [[nodiscard]] std::vector<std::size_t> widths() const;
    [[nodiscard]] std::string line(const std::vector<std::string>& cells, std::size_t indent) const;

    std::vector<std::string> headings_;
    std::vector<Align> aligns_;
    std::vector<std::vector<std::string>> rows_;
};

/// "33.1-44 ms", both ends with the unit of the larger.
[[nodiscard]] std::string range_text(const Estimate<Time>& estimate);

/// Decimals with which the largest of a column of numbers shows three significant digits, at most three.
[[nodiscard]] int decimals_for(double largest);

}  // namespace berth
