// One scenario asked of several chips: what each of them answers, and what makes one slower than another.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/scenario_diff.h"

namespace berth {

/// The scenario on one profile.
struct ChipAnswer {
    std::string hardware;                  ///< as it was asked for
    std::optional<Scenario> scenario;      ///< absent where it cannot be loaded
    std::optional<ScenarioResult> result;  ///< absent where it cannot run
    std::string why_not;                   ///< the first reason, then
};

struct HardwareComparison {
    std::vector<ChipAnswer> chips;           ///< in the order asked
    std::optional<std::size_t> best;         ///< of those that run, by the scenario's objective
    std::optional<ScenarioDiff> difference;  ///< where one was asked for: what makes the second of two another
};

/// Evaluates the scenario of `source` with `hardware` set to each name; settings of the source are made on each, and
/// one that a chip does not have is a reason why the scenario cannot run there. `reached` is told each name before it
/// is evaluated.
[[nodiscard]] HardwareComparison compare_hardware(const ScenarioSource& source,
                                                  const std::vector<std::string>& hardware,
                                                  const std::function<void(std::string_view)>& reached = {});

/// Turns the scenario on `from` into the one on `to`, both of which run: see diff_scenarios().
void explain_difference(HardwareComparison& comparison, std::size_t from, std::size_t to, Diagnostics& diagnostics);

}  // namespace berth
