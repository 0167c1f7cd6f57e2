// A CSV file of measurements with typed cells; errors are reported at their cell.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "berth/base/csv.h"
#include "berth/base/units.h"

namespace berth {

class MeasuredTable {
  public:
    /// Loads a table. Rows that differ only in `pass` and in measured values are passes over the same work and are
    /// merged into one row with the median of their times. A layer table as printed by the RKNN runtime is read like
    /// import_rknn_table(), without a clock, which the table does not state. Absent, with errors, if the file cannot
    /// be read.
    [[nodiscard]] static std::optional<MeasuredTable> load(const std::filesystem::path& path, Diagnostics& diagnostics);

    [[nodiscard]] const CsvTable& table() const { return table_; }
    [[nodiscard]] const std::vector<CsvRow>& rows() const { return table_.rows; }
    [[nodiscard]] bool has(std::string_view column) const { return table_.column(column).has_value(); }
    /// Text of a cell, possibly empty. Here and below, a missing column is reported once.
    [[nodiscard]] std::string_view text(const CsvRow& row, std::string_view column) const;
    [[nodiscard]] SourceLocation where(const CsvRow& row, std::string_view column) const;
    /// Positive number of a cell; absent if the cell is empty, and, with an error, if it is not a positive number.
    [[nodiscard]] std::optional<double> number(const CsvRow& row, std::string_view column) const;
    /// Whole number of a cell; otherwise reports an error and returns 1 (the table is then rejected).
    [[nodiscard]] std::int64_t count(const CsvRow& row, std::string_view column) const;
    /// Time in the unit of the column's name; otherwise reports an error and returns 0.
    [[nodiscard]] Time microseconds_in(const CsvRow& row, std::string_view column) const;
    /// Mean relative deviation of a row's passes from their median; absent for a single pass.
    [[nodiscard]] std::optional<double> noise(const CsvRow& row) const;
    void error(const CsvRow& row, std::string_view column, std::string message, std::string expected = "") const;
    [[nodiscard]] Diagnostics& diagnostics() const { return *diagnostics_; }

  private:
    MeasuredTable(CsvTable table, Diagnostics& diagnostics) : table_(std::move(table)), diagnostics_(&diagnostics) {}

    void merge_passes();

    CsvTable table_;
    std::map<int, double> noise_;  ///< [line]
    Diagnostics* diagnostics_;
};

}  // namespace berth
