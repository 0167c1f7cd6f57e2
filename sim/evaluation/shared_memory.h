// Memory that the models of all stages take together, and the placements that keep to it.
#pragma once

#include <utility>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Models that stay loaded in DRAM, with their caches, and the activations of the largest pass. A model that several
/// stages use at equal precision and under the same runtime is loaded once.
struct LoadedModels {
    std::vector<std::pair<const ModelStage*, Bytes>> kept;
    Bytes working;
    [[nodiscard]] Bytes total() const;
};

/// Of the first `stages` stages as they are placed.
[[nodiscard]] LoadedModels loaded_models(const Scenario& scenario, const std::vector<StageResult>& placed,
                                         std::size_t stages);

/// Whether the models of all stages fit into DRAM together as they are placed. A single model is held to its memory
/// where it is placed.
[[nodiscard]] bool fit_together(const Scenario& scenario, const std::vector<StageResult>& placed);

/// Places each stage as one of its candidates so that all models fit into DRAM together and the sum of the stages'
/// values of the objective is least. Exact unless the search is cut off after 200,000 steps; then the best placement
/// found. Returns false, without any change, if none fits.
[[nodiscard]] bool place_within_memory(const Scenario& scenario, std::vector<StageResult>& placed);

}  // namespace berth
