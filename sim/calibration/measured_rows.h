// Readers of measurement files, one per form, that produce kernels and models to predict.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "berth/calibration/validation.h"
#include "calibration/measured_table.h"

namespace berth {

/// Properties of a measured set from the manifest, which the file itself does not contain.
struct RowSource {
    DeviceId device = 0;
    int cores = 1;                                                    ///< for library calls and generation
    std::string time;                                                 ///< library calls: name of the time column
    std::int64_t below_m = std::numeric_limits<std::int64_t>::max();  ///< library calls: only those with fewer rows
    std::vector<std::string> models;                                  ///< generation: only these models; empty: all
    std::string table;                                                ///< layers: only rows of this log; empty: all
    std::optional<Frequency> memory_clock;  ///< operators: DRAM clock state that they were measured at, if known
};

// Each reader appends its rows to the set; invalid cells are errors in the table's diagnostics.
void read_library_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set);
void read_layer_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set);
void read_total_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile,
                     const Library& library, MeasuredSet& set);
void read_generation_rows(const MeasuredTable& table, const RowSource& source, const Library& library,
                          MeasuredSet& set);
void read_memory_rows(const MeasuredTable& table, const RowSource& source, MeasuredSet& set);
void read_operator_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set);

/// Dtype of a layer; absent for those that no kernel is of, such as bool.
[[nodiscard]] std::optional<DType> layer_dtype(const MeasuredTable& table, const CsvRow& row);
/// Warns where a layer table does not state the clock, and names the one at which its MacUsage was counted.
void warn_of_clock(const MeasuredTable& table, const Device& device);

/// Dtype by name; reports an error for an unknown name.
[[nodiscard]] std::optional<DType> dtype_in(const MeasuredTable& table, const CsvRow& row, std::string_view column);

}  // namespace berth
