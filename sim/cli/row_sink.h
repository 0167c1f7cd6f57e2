// Where the rows of a sweep go as they come: standard output, a file of lines, a database.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "berth/diagnostics.h"
#include "berth/sweep.h"

namespace berth {

class RowSink {
  public:
    RowSink() = default;
    RowSink(const RowSink&) = delete;
    RowSink& operator=(const RowSink&) = delete;
    virtual ~RowSink() = default;
    /// Whole rows, as row_writer() of the same file made them. False, with an error, where they cannot be kept: none of
    /// them stays then, all before do.
    [[nodiscard]] virtual bool add(const std::string& rows, Diagnostics& diagnostics) = 0;
};

/// Whether a file of this name is a database: it ends in `.sqlite` or `.db`.
[[nodiscard]] bool is_database(const std::string& file);

/// What makes rows for a file, or for standard output where its name is empty: CSV, or values for a database. Several
/// threads may use it at once, while the sweep lives.
[[nodiscard]] Sweep::WriteRow row_writer(const std::string& file, const Sweep& sweep);

/// Rows to standard output, behind the header.
[[nodiscard]] std::unique_ptr<RowSink> print_rows(const Sweep& sweep, Diagnostics& diagnostics);

/// A database where the name says so, else lines of CSV. With `resume`, `done` is how many rows are
/// there already. Null, with errors, if nothing can be written there.
[[nodiscard]] std::unique_ptr<RowSink> open_rows(const std::string& file, bool resume, const Sweep& sweep,
                                                 std::size_t& done, Diagnostics& diagnostics);

/// An SQLite database with the rows in its table `sweep`, each call of add() one transaction of rows by pack_row().
/// Columns are those of the CSV, with types; other tables of the file stay.
[[nodiscard]] std::unique_ptr<RowSink> open_database(const std::string& file, bool resume, const Sweep& sweep,
                                                     std::size_t& done, Diagnostics& diagnostics);

}  // namespace berth
