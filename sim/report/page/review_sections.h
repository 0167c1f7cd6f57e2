// Sections of a scenario's page with the results of a design review.
#pragma once

#include <span>
#include <string>

#include "berth/analysis/design_review.h"
#include "berth/analysis/findings.h"
#include "berth/report/report.h"

namespace berth {

/// Findings with their gains, crossovers of decisions, sensitivity to each number, and suggested measurements.
[[nodiscard]] std::string changes_section(const DesignReview& review, const Scenario& scenario,
                                          std::span<const Finding> findings, std::span<const Picture> pictures);

/// The numbers behind the interval, the largest effect first, with their sources; and the evidence for the times.
[[nodiscard]] std::string assumptions_section(const ScenarioResult& result, const Scenario& scenario);

/// Errors of the profile's predictions against measurements, with the unseen measurements first.
[[nodiscard]] std::string accuracy_section(const DesignReview& review);

}  // namespace berth
