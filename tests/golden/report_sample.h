// A synthetic result of a synthetic scenario and chip, with every kind of stage, candidate and operator that reports
// show.
#pragma once

#include <vector>

#include "berth/analysis/findings.h"
#include "berth/analysis/latency_curve.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Three devices (cpu, npu, gpu) and three stages: `embed` on one device, `search` with a fixed time, `rank` split over
/// two.
[[nodiscard]] Scenario sample_scenario();
[[nodiscard]] ScenarioResult sample_result();
[[nodiscard]] std::vector<Finding> sample_findings();
/// Curves of a device with two buckets and one with dynamic shapes, which cross at 129 tokens.
[[nodiscard]] std::vector<TokenCurves> sample_curves();

}  // namespace berth
