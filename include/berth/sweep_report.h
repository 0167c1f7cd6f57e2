// Points of a sweep as rows of a table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "berth/sweep.h"

namespace berth {

/// The varied paths, `total_ms`, `energy_mj`, `meets_budget`, for every stage `STAGE.chosen`, `STAGE.latency_ms` (all
/// repeats) and `STAGE.DEVICE_ms` (one pass of the whole model there), and `why_not`. Ends with a newline.
[[nodiscard]] std::string sweep_csv_header(const Sweep& sweep);
/// Cells are empty where there is nothing to tell. Ends with a newline.
[[nodiscard]] std::string sweep_csv_row(const Sweep& sweep, std::size_t at, const SweepPoint& point);
/// All points, one object each with the same names.
[[nodiscard]] std::string sweep_json(const Sweep& sweep, const std::vector<SweepPoint>& points);

}  // namespace berth
