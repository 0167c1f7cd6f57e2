// One reader per form of file: rows of measurements into kernels and models to predict.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "berth/validation.h"
#include "calibration/measured_table.h"

namespace berth {

/// What the manifest says of a set beyond its name: what the file itself does not hold.
struct RowSource {
    DeviceId device = 0;
    int cores = 1;                                                    ///< of library calls and of generation
    std::string time;                                                 ///< of library calls: column that holds the time
    std::int64_t below_m = std::numeric_limits<std::int64_t>::max();  ///< library calls with fewer rows only
    std::vector<std::string> models;                                  ///< generation: these only; empty: all
    std::string table;                                                ///< layers: rows of this log only; empty: all
    std::optional<Frequency> memory_clock;  ///< operators: known state of the DRAM that they were measured at
};

// Each adds its rows to the set; what makes no sense is an error in the table's diagnostics.
void read_library_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set);
void read_layer_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set);
void read_total_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile,
                     const Library& library, MeasuredSet& set);
void read_generation_rows(const MeasuredTable& table, const RowSource& source, const Library& library,
                          MeasuredSet& set);
void read_memory_rows(const MeasuredTable& table, const RowSource& source, MeasuredSet& set);
void read_operator_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set);

/// A dtype by name, or an error.
[[nodiscard]] std::optional<DType> dtype_in(const MeasuredTable& table, const CsvRow& row, std::string_view column);

}  // namespace berth
