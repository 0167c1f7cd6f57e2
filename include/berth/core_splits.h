// Splitting a model over the cores of a device against running several requests side by side on fewer cores each, and
// one input in a pass against several.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"

namespace berth {

/// For each stage that runs whole on a device of several cores, that device with 1, 2, ... cores per request (of a
/// device with more than four: one, each cluster's worth, all), simulated with everything else as it is: what a request
/// takes alone, what is sustainable, and the latency under the scenario's arrivals. A core mask stands for the count of
/// its bits: masks 1, 2 and 4 are three requests side by side on a core each, mask 7 is one request on three.
/// `progress` is told now and then which stage on how many cores is being simulated.
[[nodiscard]] std::vector<CoreSplit> core_splits(const Scenario& scenario, const ScenarioResult& result,
                                                 const std::function<void(const std::string&)>& progress = {});

/// For each stage with a model as it is placed: 1, 2, 4, ... inputs in one pass up to 16, the scenario's number, and
/// all inputs of a request. Passes of a batch that is larger than what a request brings are shared with other requests.
/// `progress` is told now and then which stage with how many is being simulated.
[[nodiscard]] std::vector<BatchSize> batch_sizes(const Scenario& scenario, const ScenarioResult& result,
                                                 const std::function<void(const std::string&)>& progress = {});

/// What serves a stage best: under arrivals the least mean latency, for throughput (or where requests pile up however
/// they are served) the largest sustainable rate. The current one unless another gains 3 %. Null if `splits` is empty.
[[nodiscard]] const CoreSplit* best_split(std::span<const CoreSplit> splits, Objective objective);

/// Runs of splits that belong to one stage.
[[nodiscard]] std::vector<std::span<const CoreSplit>> splits_by_stage(std::span<const CoreSplit> splits);

}  // namespace berth
