// A front as a picture between its first two goals, and how its goals and quantities are called.
#pragma once

#include <string>
#include <vector>

#include "berth/optimise.h"
#include "report/plot_style.h"

namespace berth {

/// As JSON, CSV and pictures have it: milliseconds, millijoules, the formula's SI unit.
[[nodiscard]] double shown(const DesignPoint& point, Goal goal);
/// "B", "B/s", "Hz"; empty for a plain number.
[[nodiscard]] std::string cost_unit(const OptimiseQuestion& question);
[[nodiscard]] std::string axis_name(const OptimiseQuestion& question, Goal goal);
/// The end of a path, as a formula may name it.
[[nodiscard]] std::string short_name(const SweepAxis& axis);

/// All points, the front, the best with its settings, and the limits; none of one goal or without a front.
[[nodiscard]] std::vector<Drawing> front_drawings(const Sweep& sweep, const OptimiseQuestion& question,
                                                  const OptimiseAnswer& answer);

}  // namespace berth
