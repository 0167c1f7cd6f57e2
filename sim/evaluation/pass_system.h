// One pass of a stage as tasks on the resources of a profile.
#pragma once

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "berth/simulation/simulation.h"

namespace berth {

/// Builds the system of one pass, with one task per operator. `candidate` is the placement; null for a fixed stage.
[[nodiscard]] SimulatedSystem pass_system(const Profile& profile, const Stage& stage, const Candidate* candidate);

}  // namespace berth
