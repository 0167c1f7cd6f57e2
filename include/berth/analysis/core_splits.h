// Comparisons of one request over all cores of a device against several requests side by side on fewer cores each, and
// of batch sizes.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// For each stage that runs as a whole model on a multi-core device: that device with 1, 2, ... cores per request (with
/// more than four cores: one, each cluster's worth, all), simulated with everything else unchanged: latency without
/// contention, sustainable rate, and latency under the scenario's arrivals. A core mask counts as its number of set
/// bits: masks 1, 2 and 4 are three concurrent requests on a core each, mask 7 is one request on three. `progress` is
/// told the stage and cores being simulated.
[[nodiscard]] std::vector<CoreSplit> core_splits(const Scenario& scenario, const ScenarioResult& result,
                                                 const std::function<void(const std::string&)>& progress = {});

/// For each stage with a model, as placed: batch sizes 1, 2, 4, ... up to 16, the scenario's, and all inputs of a
/// request. A batch larger than a request's inputs is shared with other requests. `progress` is told the stage and
/// batch size being simulated.
[[nodiscard]] std::vector<BatchSize> batch_sizes(const Scenario& scenario, const ScenarioResult& result,
                                                 const std::function<void(const std::string&)>& progress = {});

/// The best split of a stage: least mean latency under arrivals; largest sustainable rate for throughput, or where
/// requests pile up under every split. The current split is kept unless another gains 3 %. Null if `splits` is empty.
[[nodiscard]] const CoreSplit* best_split(std::span<const CoreSplit> splits, Objective objective);

/// Groups the splits by stage.
[[nodiscard]] std::vector<std::span<const CoreSplit>> splits_by_stage(std::span<const CoreSplit> splits);

}  // namespace berth
