// A CSV file of measurements: typed cells, every wrong one reported at its place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "berth/csv.h"
#include "berth/units.h"

namespace berth {

class MeasuredTable {
  public:
    /// Rows that differ only in `pass` and in what was timed are passes over the same work: they become one, with the
    /// median of their times. A table of layers that the RKNN runtime printed is read as import_rknn_table() does, at
    /// `layer_clock`, which it does not state. Absent, with errors, if the file cannot be read.
    [[nodiscard]] static std::optional<MeasuredTable> load(const std::filesystem::path& path, Diagnostics& diagnostics,
                                                           std::optional<Frequency> layer_clock = std::nullopt);

    [[nodiscard]] const CsvTable& table() const { return table_; }
    [[nodiscard]] const std::vector<CsvRow>& rows() const { return table_.rows; }
    [[nodiscard]] bool has(std::string_view column) const { return table_.column(column).has_value(); }
    /// The cell's text, empty if it holds nothing. A column that does not exist is an error, once, here and below.
    [[nodiscard]] std::string_view text(const CsvRow& row, std::string_view column) const;
    [[nodiscard]] SourceLocation where(const CsvRow& row, std::string_view column) const;
    /// Absent if the cell is empty; also absent, with an error, if it is no number greater than 0.
    [[nodiscard]] std::optional<double> number(const CsvRow& row, std::string_view column) const;
    /// A whole number; 1, with an error, if it is none: the table is refused then.
    [[nodiscard]] std::int64_t count(const CsvRow& row, std::string_view column) const;
    /// A time in the unit that the column's name says; 0, with an error, if there is none.
    [[nodiscard]] Time microseconds_in(const CsvRow& row, std::string_view column) const;
    /// What the passes of a row were off their median, relative, on average; absent where there was but one.
    [[nodiscard]] std::optional<double> noise(const CsvRow& row) const;
    void error(const CsvRow& row, std::string_view column, std::string message, std::string expected = "") const;
    [[nodiscard]] Diagnostics& diagnostics() const { return *diagnostics_; }

  private:
    MeasuredTable(CsvTable table, Diagnostics& diagnostics) : table_(std::move(table)), diagnostics_(&diagnostics) {}

    void merge_passes();

    CsvTable table_;
    std::map<int, double> noise_;  ///< by line
    Diagnostics* diagnostics_;
};

}  // namespace berth
