// One scenario evaluated on several chips, and the causes of the difference between two of them.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/analysis/scenario_diff.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// The scenario on one profile.
struct ChipAnswer {
    std::string hardware;                  ///< name as requested
    std::optional<Scenario> scenario;      ///< absent where it cannot be loaded
    std::optional<ScenarioResult> result;  ///< absent where it cannot run
    std::string why_not;                   ///< the first error, where it cannot be loaded or run
};

struct HardwareComparison {
    std::vector<ChipAnswer> chips;           ///< in the order asked
    std::optional<std::size_t> best;         ///< best of those that run, by the scenario's objective
    std::optional<ScenarioDiff> difference;  ///< if requested: the causes of the difference between two chips
};

/// Evaluates the scenario of `source` with `hardware` set to each name. Settings of the source apply to each chip; a
/// setting that a chip does not have is a reason why the scenario cannot run there. `reached` is told each name before
/// it is evaluated.
[[nodiscard]] HardwareComparison compare_hardware(const ScenarioSource& source,
                                                  const std::vector<std::string>& hardware,
                                                  const std::function<void(std::string_view)>& reached = {});

/// Explains the difference between the scenario on chip `from` and on chip `to`, both of which run: see
/// diff_scenarios().
void explain_difference(HardwareComparison& comparison, std::size_t from, std::size_t to, Diagnostics& diagnostics);

}  // namespace berth
