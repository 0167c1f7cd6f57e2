// Changes of inputs that do not move an answer: which they are, why, and which number decides instead.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/crossover.h"
#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/sweep.h"

namespace berth {

/// The scenario with those changes that `made` marks, one per change; absent where it does not go without another one.
using ScenarioWith = std::function<std::optional<Scenario>(const std::vector<bool>& made)>;

/// One entry for each change (`paths`, as `--set` writes them) without which the answer would be the same, beside the
/// other changes and alone: total, intervals, energy, choices, every placement of a stage, memory, rate and simulated
/// requests. A change that only moves placements that are not chosen has one that says so. Evaluates the scenario
/// a few times per change.
[[nodiscard]] std::vector<Warning> silent_changes(const std::vector<std::string>& paths, const ScenarioWith& with);

/// The same for the settings of a command; none are set: nothing is evaluated. A path that is set twice is one change.
[[nodiscard]] std::vector<Warning> silent_settings(const SweepBase& base);

/// Axes of a sweep that make no difference at any of a few points along them: at the first, the middle and the last
/// values of the other axes.
[[nodiscard]] std::vector<Warning> silent_axes(const SweepBase& base, const std::vector<SweepAxis>& axes);

/// Settings and axes together.
[[nodiscard]] std::vector<Warning> silent_inputs(const SweepBase& base, const std::vector<SweepAxis>& axes);

/// Settings, and the range of a crossover if neither device takes longer or shorter along it.
[[nodiscard]] std::vector<Warning> silent_inputs(const CrossoverQuestion& question, const CrossoverAnswer& answer);

}  // namespace berth
