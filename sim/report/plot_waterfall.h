// Waterfall chart between two scenarios, for `berth diff` and `berth compare`.
#pragma once

#include "berth/analysis/scenario_diff.h"
#include "report/plot_style.h"

namespace berth {

/// Waterfall chart: bars of both totals start at zero, each step starts where the previous one ends.
[[nodiscard]] Drawing waterfall_drawing(const ScenarioDiff& diff);

}  // namespace berth
