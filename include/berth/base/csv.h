// Tables in CSV (RFC 4180): cells with their locations, and the rows as written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"

namespace berth {

/// A cell without its quotes and the blanks around it.
struct CsvCell {
    std::string text;
    SourceLocation where;
};

/// A non-empty line of the file; lines that start with `#` are comments. Lines end with LF or CRLF; a quoted cell may
/// contain a comma or `""`, but no line break.
struct CsvRow {
    std::string line;  ///< as written, without its end
    std::vector<CsvCell> cells;
    SourceLocation where;
};

struct CsvTable {
    CsvRow header;
    std::vector<CsvRow> rows;  ///< each with as many cells as the header
    /// Index of a column in the header.
    [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;
};

/// Splits a table; `name` stands for the file in messages. Absent, with errors, if there is no header, a column appears
/// twice, a row has another number of cells than the header, or a quote is not closed.
[[nodiscard]] std::optional<CsvTable> parse_csv(std::string_view text, std::string name, Diagnostics& diagnostics);

/// The cells of one line, for other kinds of tables: with other separators, or several headers.
[[nodiscard]] std::vector<CsvCell> csv_cells(std::string_view line, char separator, const SourceLocation& where,
                                             Diagnostics& diagnostics);

/// Text as a cell: quoted if it contains a comma, a quote or a line break; prefixed with ' if a spreadsheet would read
/// it as a formula.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace berth
