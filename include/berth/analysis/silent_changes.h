// Input changes that leave an answer unchanged: which ones, why, and which number is binding instead.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/analysis/crossover.h"
#include "berth/analysis/sweep.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// The scenario with the changes that `made` marks, one flag per change; absent where a change is invalid without
/// another.
using ScenarioWith = std::function<std::optional<Scenario>(const std::vector<bool>& made)>;

/// One warning for each change (`paths`, as `--set` writes them) that has no effect, neither together with the other
/// changes nor alone. Compared are total, intervals, energy, choices, every placement of a stage, memory, rate and
/// simulated requests. A change that affects only placements not chosen gets a warning that says so. Evaluates the
/// scenario a few times per change.
[[nodiscard]] std::vector<Warning> silent_changes(const std::vector<std::string>& paths, const ScenarioWith& with);

/// silent_changes() for the settings of a command, but those of the paths `fixed`; without settings nothing is
/// evaluated. A path that is set twice is one change.
[[nodiscard]] std::vector<Warning> silent_settings(const SweepBase& base, const std::vector<std::string>& fixed = {});

/// What a command shows of a scenario.
struct Shown {
    std::string text;
    std::string json;  ///< the same with more digits
    friend bool operator==(const Shown&, const Shown&) = default;
};
/// Absent where the command has no answer.
using ShownAnswer = std::function<std::optional<Shown>(const Scenario&)>;
/// silent_settings() for a command that shows a part of the scenario's answer: settings that leave this part as it is.
[[nodiscard]] std::vector<Warning> silent_settings(const SweepBase& base, const ShownAnswer& shown);

/// Warnings for axes of a sweep that have no effect at a few points along them: at the first, the middle and the last
/// values of the other axes.
[[nodiscard]] std::vector<Warning> silent_axes(const SweepBase& base, const std::vector<SweepAxis>& axes);

/// Settings and axes together.
[[nodiscard]] std::vector<Warning> silent_inputs(const SweepBase& base, const std::vector<SweepAxis>& axes);

/// Settings, and the range of a crossover search if neither device's time changes along it.
[[nodiscard]] std::vector<Warning> silent_inputs(const CrossoverQuestion& question, const CrossoverAnswer& answer);

}  // namespace berth
