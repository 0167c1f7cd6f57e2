// Sections of a scenario's page that rest on a design review.
#pragma once

#include <span>
#include <string>

#include "berth/design_review.h"
#include "berth/findings.h"
#include "berth/report.h"

namespace berth {

/// Findings with their gains, where decisions turn, what each number does, and what to measure next.
[[nodiscard]] std::string changes_section(const DesignReview& review, const Scenario& scenario,
                                          std::span<const Finding> findings, std::span<const Picture> pictures);

/// The numbers that the interval rests on, the weakest first, with their sources; and what kind of evidence times have.
[[nodiscard]] std::string assumptions_section(const ScenarioResult& result, const Scenario& scenario);

/// How far the profile's predictions were from measurements, those that no number was fitted to first.
[[nodiscard]] std::string accuracy_section(const DesignReview& review);

}  // namespace berth
