// Picture of a Pareto front over its first two goals, and the names and units of its goals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "berth/analysis/optimise.h"
#include "report/plot_style.h"

namespace berth {

/// How a goal other than the cost, whose unit is that of its formula, is named and counted in every form.
struct GoalWords {
    Goal goal{};
    std::string_view column;  ///< of CSV, and key of JSON
    std::string_view axis;    ///< of tables and pictures
    std::string_view unit;
    double in_unit = 1;  ///< of one second or joule
};
[[nodiscard]] const GoalWords& words_of(Goal goal);

/// Value of a goal in the unit of JSON, CSV and pictures: milliseconds, millijoules, or the formula's SI unit.
[[nodiscard]] double shown(double value, Goal goal);
[[nodiscard]] double shown(const DesignPoint& point, Goal goal);
/// Unit of the cost formula, such as "B", "B/s" or "Hz"; empty if it is dimensionless.
[[nodiscard]] std::string cost_unit(const OptimiseQuestion& question);
[[nodiscard]] std::string axis_name(const OptimiseQuestion& question, Goal goal);
/// The last two parts of an axis's path, by which a formula may refer to it.
[[nodiscard]] std::string short_name(const SweepAxis& axis);

/// All points, the front, the best point with its settings, and the limits; empty for a single goal or without a
/// front.
[[nodiscard]] std::vector<Drawing> front_drawings(const Sweep& sweep, const OptimiseQuestion& question,
                                                  const OptimiseAnswer& answer);

}  // namespace berth
