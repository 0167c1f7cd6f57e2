// Reasons why a number of a profile has no effect in a scenario, and which number decides instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/deciding_numbers.h"
#include "analysis/scenario_use.h"
#include "base/path_steps.h"

namespace berth {

/// A scenario after the change, and its use of the devices.
struct SilentScene {
    const Scenario& scenario;
    const ScenarioUse& use;
    NumberProbe& probe;
};

/// Reason in words, and lists of numbers that may decide instead; the lists are tried in order.
struct SilenceReason {
    std::string why;
    std::vector<std::vector<std::string>> instead;
    bool complete = false;  ///< `why` already states what to change
    /// Lists of numbers of which one alone may do nothing, since the others of its list limit it.
    std::vector<std::vector<std::string>> together = {};
};

/// Reason for a number below `devices.NAME.` (`steps` start after the name); empty if only probing values can tell.
[[nodiscard]] SilenceReason reason_on_device(const SilentScene& scene, DeviceId device, const PathSteps& steps);

/// On how many cores of the device operators run, and what would let more of them take part.
[[nodiscard]] std::string cores_in_use(const SilentScene& scene, DeviceId device);

/// ": vary PATH", the number near this one that decides instead; empty if none does.
[[nodiscard]] std::string deciding_instead(const SilentScene& scene, std::string_view path);

/// Complete sentence for `hardware.` and any path below it, given without the prefix.
[[nodiscard]] std::string hardware_silence(const SilentScene& scene, std::string_view path);
/// Complete sentence for `stages.NAME.KEY`, `models.NAME.KEY` and keys of the scenario.
[[nodiscard]] std::string scenario_silence(const SilentScene& scene, const ScenarioResult& result,
                                           std::string_view path);

}  // namespace berth
