// Selection of a stage's placement for a command.
#pragma once

#include <optional>
#include <string>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// The placement that the scenario chooses for a stage with a model, or, if `device` is not empty, the whole model on
/// that device even if the scenario pins it elsewhere. Absent, with errors, if there is no such placement.
[[nodiscard]] std::optional<Candidate> stage_candidate(const Scenario& scenario, const Stage& stage,
                                                       const std::string& device, Diagnostics& diagnostics);

}  // namespace berth
