// Sweep points without an answer, as JSON.
#pragma once

#include <vector>

#include "berth/analysis/dropped_points.h"
#include "berth/analysis/sweep.h"
#include "report/json_values.h"

namespace berth {

/// One object per reason: `reason`, `count` and an `example`, a point's values by their paths.
[[nodiscard]] Json dropped_json(const Sweep& sweep, const std::vector<DroppedPoints>& dropped);

}  // namespace berth
