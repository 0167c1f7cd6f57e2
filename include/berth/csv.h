// Tables in CSV (RFC 4180): cells with their places, and the rows as they were written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"

namespace berth {

/// A cell without its quotes and the blanks around it.
struct CsvCell {
    std::string text;
    SourceLocation where;
};

/// A line of the file that holds something; those that start with `#` are remarks. Lines end with LF or CRLF; a quoted
/// cell may hold a comma or `""`, but no line break.
struct CsvRow {
    std::string line;  ///< as written, without its end
    std::vector<CsvCell> cells;
    SourceLocation where;
};

struct CsvTable {
    CsvRow header;
    std::vector<CsvRow> rows;  ///< as many cells each as the header
    /// Place of a column in the header.
    [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;
};

/// Splits a table; `name` stands for the file in messages. Absent, with errors, if there is no header, a column appears
/// twice, a row has another number of cells than the header, or a quote is not closed.
[[nodiscard]] std::optional<CsvTable> parse_csv(std::string_view text, std::string name, Diagnostics& diagnostics);

/// The cells of one line, for tables that are none of the above: with other separators, or several headers.
[[nodiscard]] std::vector<CsvCell> csv_cells(std::string_view line, char separator, const SourceLocation& where,
                                             Diagnostics& diagnostics);

/// Text as a cell: quoted where it holds a comma, a quote or a line break; behind a ' where it would be a formula.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace berth
