// What an answer owes to mechanisms of a runtime that were found on another chip and that the profile does not state of
// its own, or that no row shows.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// A mechanism, and the keys of the device that state it otherwise.
struct InheritedMechanism {
    std::string name, keys;
    Time adds;             ///< to the latency, against the same answer without it; negative where it saves time
    bool assumed = false;  ///< not inherited: the profile's own, of which no measurement tells
};

/// Mechanisms that add or save at least 1 % of `latency`, the stage's on that device; those that add most first. Each
/// is left out by itself, so that their times need not add up. None is inherited by a profile that states its own
/// runtime.
[[nodiscard]] std::vector<InheritedMechanism> inherited_mechanisms(const Profile& profile, const ModelStage& stage,
                                                                   DeviceId device, Time latency);

}  // namespace berth
