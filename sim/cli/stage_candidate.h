// The placement of a stage that a question is about.
#pragma once

#include <optional>
#include <string>

#include "berth/evaluation.h"

namespace berth {

/// What the scenario chooses for a stage with a model, or, if `device` is not empty, the whole model on that device,
/// whatever the scenario pins it to. Absent, with errors, if that cannot be had.
[[nodiscard]] std::optional<Candidate> stage_candidate(const Scenario& scenario, const Stage& stage,
                                                       const std::string& device, Diagnostics& diagnostics);

}  // namespace berth
