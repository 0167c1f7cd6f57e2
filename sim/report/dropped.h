// Points of a sweep that gave no answer, as JSON.
#pragma once

#include <vector>

#include "berth/dropped_points.h"
#include "berth/sweep.h"
#include "report/json_values.h"

namespace berth {

/// `reason`, `count` and an `example` by its paths.
[[nodiscard]] Json dropped_json(const Sweep& sweep, const std::vector<DroppedPoints>& dropped);

}  // namespace berth
