#include "evaluation/kept_graphs.h"

#include <algorithm>

namespace berth {

std::optional<Graph> KeptGraphs::instantiated(const Model& model, const Workload& workload, Diagnostics& diagnostics) {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find_if(kept_, [&](const Kept& kept) {
        return kept.workload == workload && kept.model.name == model.name &&
               kept.model.architecture == model.architecture && kept.model.graph == model.graph &&
               kept.model.sizes == model.sizes;
    });
    if (known != kept_.end()) {
        return known->graph;
    }
    auto graph = instantiate(model, workload, diagnostics);
    if (graph) {
        kept_.push_back({model, workload, *graph});
    }
    return graph;
}

}  // namespace berth
