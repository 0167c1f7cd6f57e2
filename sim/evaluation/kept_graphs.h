// Graphs that several evaluations of a scenario have in common.
#pragma once

#include <mutex>
#include <vector>

#include "berth/graph/model.h"

namespace berth {

/// Graphs of models, each instantiated once; for evaluations that vary the hardware or how models run on it.
class KeptGraphs {
  public:
    /// The same as instantiate().
    [[nodiscard]] std::optional<Graph> instantiated(const Model& model, const Workload& workload,
                                                    Diagnostics& diagnostics);

  private:
    struct Kept {
        Model model;
        Workload workload;
        Graph graph;
    };
    std::mutex mutex_;
    std::vector<Kept> kept_;
};

}  // namespace berth
