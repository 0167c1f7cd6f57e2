// The waterfall between two scenarios, a picture of `berth diff` and `berth compare`.
#pragma once

#include "berth/scenario_diff.h"
#include "report/plot_style.h"

namespace berth {

/// Bars of the waterfall: both totals from zero, and each step from where the last one ended.
[[nodiscard]] Drawing waterfall_drawing(const ScenarioDiff& diff);

}  // namespace berth
