// Why a number of a profile does nothing in a scenario, and which one decides instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/deciding_numbers.h"
#include "analysis/scenario_use.h"
#include "base/path_steps.h"

namespace berth {

/// A scenario as it is after the change, and what it asks of its devices.
struct SilentScene {
    const Scenario& scenario;
    const ScenarioUse& use;
    NumberProbe& probe;
};

/// Why, in words, and the numbers that may decide instead, best first; each of several lists is tried in turn.
struct SilenceReason {
    std::string why;
    std::vector<std::vector<std::string>> instead;
    bool complete = false;  ///< `why` says what to change
};

/// Of a number below `devices.NAME.` (`steps` begin behind the name); empty where only looking at values tells.
[[nodiscard]] SilenceReason reason_on_device(const SilentScene& scene, DeviceId device, const PathSteps& steps);

/// The whole sentence for `hardware.` and any path below it, the prefix left out.
[[nodiscard]] std::string hardware_silence(const SilentScene& scene, std::string_view path);
/// The same for `stages.NAME.KEY`, `models.NAME.KEY` and keys of the scenario.
[[nodiscard]] std::string scenario_silence(const SilentScene& scene, const ScenarioResult& result,
                                           std::string_view path);

}  // namespace berth
