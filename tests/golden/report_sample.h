// A made-up result of a made-up scenario on a made-up chip: every kind of stage, candidate and operator that reports
// show.
#pragma once

#include <vector>

#include "berth/findings.h"
#include "berth/latency_curve.h"
#include "berth/scenario.h"

namespace berth {

/// Three devices (cpu, npu, gpu), three stages: `embed` on one device, `search` of fixed time, `rank` split over two.
[[nodiscard]] Scenario sample_scenario();
[[nodiscard]] ScenarioResult sample_result();
[[nodiscard]] std::vector<Finding> sample_findings();
/// A device with two buckets and one with dynamic shapes, which meet at 129 tokens.
[[nodiscard]] std::vector<TokenCurves> sample_curves();

}  // namespace berth
