// Destinations of the rows of a sweep: standard output, a CSV file, or a database.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "berth/analysis/sweep.h"
#include "berth/base/diagnostics.h"

namespace berth {

class RowSink {
  public:
    RowSink() = default;
    RowSink(const RowSink&) = delete;
    RowSink& operator=(const RowSink&) = delete;
    virtual ~RowSink() = default;
    /// Adds whole rows that row_writer() of the same file made. False, with an error, if they cannot be stored: then
    /// none of them is kept, but all earlier rows are.
    [[nodiscard]] virtual bool add(const std::string& rows, Diagnostics& diagnostics) = 0;
};

/// Whether a file of this name is a database: it ends in `.sqlite` or `.db`.
[[nodiscard]] bool is_database(const std::string& file);

/// Row formatter for a file, or for standard output if its name is empty: CSV, or packed values for a database. It is
/// thread-safe and valid while the sweep lives.
[[nodiscard]] Sweep::WriteRow row_writer(const std::string& file, const Sweep& sweep);

/// Sink for standard output; prints the header first.
[[nodiscard]] std::unique_ptr<RowSink> print_rows(const Sweep& sweep, Diagnostics& diagnostics);

/// A database if is_database() holds for the name, else a CSV file. With `resume`, `done` is the number of existing
/// rows. Null, with errors, if the file cannot be written.
[[nodiscard]] std::unique_ptr<RowSink> open_rows(const std::string& file, bool resume, const Sweep& sweep,
                                                 std::size_t& done, Diagnostics& diagnostics);

/// An SQLite database with the rows in its table `sweep`; each call of add() takes rows of pack_row() and is one
/// transaction. The columns are those of the CSV, with types; other tables of the file are kept.
[[nodiscard]] std::unique_ptr<RowSink> open_database(const std::string& file, bool resume, const Sweep& sweep,
                                                     std::size_t& done, Diagnostics& diagnostics);

}  // namespace berth
