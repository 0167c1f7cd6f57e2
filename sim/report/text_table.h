// Tables of text that fit the width of a terminal without cutting a number.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "berth/text_width.h"

namespace berth {

enum class Align { kLeft, kRight };

/// What may happen to the cells of a column where the table is wider than its lines.
enum class Fit {
    kWhole,      ///< numbers, and names as they are typed: never cut
    kShorten,    ///< names: "..." for their middle
    kWrap,       ///< sentences and lists: broken at spaces
    kWrapPaths,  ///< paths with their values: broken behind dots, too
    kOwnLine,    ///< paths: where one is too long it stands whole on a line of its own, above the rest of its row
    kOptional,   ///< what the reader can do without: the last such column goes first, and is named below the table
};

/// A table with a heading and columns as wide as their widest cell, two spaces apart. Where that is too wide, headings
/// are broken at spaces, then optional columns are left out, then cells are fitted as their column says; what still is
/// too wide becomes several tables, one below the other, that repeat the first column.
class TextTable {
  public:
    void column(std::string heading, Align align, Fit fit = Fit::kWhole);
    void columns(Align align, const std::vector<std::string>& headings);
    /// As many cells as there are columns, else a std::logic_error.
    void row(std::vector<std::string> cells);
    struct Column {
        std::string heading;
        Align align = Align::kLeft;
        Fit fit = Fit::kWhole;
    };
    [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
    [[nodiscard]] const std::vector<std::vector<std::string>>& rows() const { return rows_; }
    /// Columns that it takes with nothing fitted, without the indent.
    [[nodiscard]] std::size_t natural_width() const;
    [[nodiscard]] std::string text(std::size_t indent, TextWidth width) const;
    /// In GitHub's Markdown, with cells as they are.
    [[nodiscard]] std::string markdown() const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;

    using Columns = std::vector<std::size_t>;  // those shown, in order
    using Widths = std::vector<std::size_t>;   // of each column of the table

    [[nodiscard]] std::size_t widest_cell(std::size_t column) const;
    [[nodiscard]] std::size_t least_width(std::size_t column) const;
    [[nodiscard]] Widths natural_widths() const;
    [[nodiscard]] bool break_headings(Widths& widths, const Columns& shown, std::size_t available) const;
    [[nodiscard]] bool narrow_cells(Widths& widths, const Columns& shown, std::size_t available) const;
    [[nodiscard]] Widths fitted_widths(Columns& shown, std::size_t available) const;
    [[nodiscard]] std::string panel_text(const Columns& panel, const Widths& widths, std::size_t indent) const;
    [[nodiscard]] std::string left_out(const Columns& shown, std::size_t indent, TextWidth width) const;
};

}  // namespace berth
