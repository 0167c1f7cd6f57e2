// Text tables that fit the width of a terminal without truncating a number.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/base/text_width.h"

namespace berth {

enum class Align { kLeft, kRight };

/// How the cells of a column may be fitted if the table is too wide.
enum class Fit {
    kWhole,      ///< numbers, and names that the user types: never cut
    kShorten,    ///< names: the middle is replaced by "..."
    kWrap,       ///< sentences and lists: broken at spaces
    kWrapPaths,  ///< paths with their values: broken behind dots as well
    kOwnLine,    ///< paths: one that is too long is printed in full on a separate line above the rest of its row
    kOptional,   ///< dispensable columns: dropped from the last on, and named below the table
};

/// A table with a heading and columns as wide as their widest cell, two spaces apart. If that is too wide, headings are
/// broken at spaces, then optional columns are dropped, then cells are fitted by their column's Fit. A table that is
/// still too wide is split into several, one below the other, that repeat the first columns: those that tell the rows
/// apart.
class TextTable {
  public:
    struct Column {
        std::string heading;
        Align align = Align::kLeft;
        Fit fit = Fit::kWhole;
    };
    TextTable() = default;
    /// Such as `TextTable table{left(Fit::kShorten, "operator"), right("time", "share")}`.
    TextTable(std::initializer_list<std::vector<Column>> groups);
    void column(std::string heading, Align align, Fit fit = Fit::kWhole);
    void columns(Align align, const std::vector<std::string>& headings);
    /// Throws std::logic_error unless there are as many cells as columns.
    void row(std::vector<std::string> cells);
    [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
    [[nodiscard]] const std::vector<std::vector<std::string>>& rows() const { return rows_; }
    /// Width in characters without any fitting, excluding the indent.
    [[nodiscard]] std::size_t natural_width() const;
    [[nodiscard]] std::string text(std::size_t indent, TextWidth width) const;
    /// The table in GitHub's Markdown, which shows every cell as it is, and paths in the font of code.
    [[nodiscard]] std::string markdown() const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;

    using Columns = std::vector<std::size_t>;  // indices of the shown columns, in order
    using Widths = std::vector<std::size_t>;   // width of each column of the table

    [[nodiscard]] std::size_t widest_cell(std::size_t column) const;
    [[nodiscard]] std::size_t least_width(std::size_t column) const;
    [[nodiscard]] Widths natural_widths() const;
    [[nodiscard]] bool break_headings(Widths& widths, const Columns& shown, std::size_t available) const;
    [[nodiscard]] bool narrow_cells(Widths& widths, const Columns& shown, std::size_t available) const;
    [[nodiscard]] std::size_t key_columns(const Columns& shown, std::size_t available) const;
    [[nodiscard]] Widths fitted_widths(Columns& shown, std::size_t available) const;
    [[nodiscard]] std::string panel_text(const Columns& panel, const Widths& widths, std::size_t indent) const;
    [[nodiscard]] std::string left_out(const Columns& shown, std::size_t indent, TextWidth width) const;
};

/// Columns under these headings, aligned to the left, or to the right as numbers are.
template <class... Headings>
[[nodiscard]] std::vector<TextTable::Column> left([[maybe_unused]] Fit fit, Headings&&... headings) {
    return {TextTable::Column{std::string(std::forward<Headings>(headings)), Align::kLeft, fit}...};
}
template <std::convertible_to<std::string_view>... Headings>
[[nodiscard]] std::vector<TextTable::Column> left(Headings&&... headings) {
    return left(Fit::kWhole, std::forward<Headings>(headings)...);
}
template <class... Headings>
[[nodiscard]] std::vector<TextTable::Column> right([[maybe_unused]] Fit fit, Headings&&... headings) {
    return {TextTable::Column{std::string(std::forward<Headings>(headings)), Align::kRight, fit}...};
}
template <std::convertible_to<std::string_view>... Headings>
[[nodiscard]] std::vector<TextTable::Column> right(Headings&&... headings) {
    return right(Fit::kWhole, std::forward<Headings>(headings)...);
}

}  // namespace berth
