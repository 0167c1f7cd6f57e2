// Schedule of one sample: CPU operators as early as possible, each accelerator's operators as one block.
#pragma once

#include <optional>
#include <vector>

#include "berth/placement/costed_placement.h"

namespace berth {

/// Evaluates many assignments of one graph without allocations per call.
class BlockSchedule {
  public:
    explicit BlockSchedule(const CostedGraph& graph);

    /// Finish time of the last operator; absent if blocks depend on each other or on themselves. Memory, support and
    /// colour classes are not checked.
    [[nodiscard]] std::optional<double> latency(const Assignment& assignment);

    /// [node] time at which its results became visible in the latest call.
    [[nodiscard]] const std::vector<double>& visible() const { return visible_; }

  private:
    void start(const Assignment& assignment);
    void take(std::size_t activity);

    const CostedGraph& graph_;
    std::vector<std::size_t> first_;     ///< edges of producer p are [first_[p], first_[p + 1])
    std::vector<std::size_t> activity_;  ///< [node] its activity: the node itself on the CPU, otherwise its block
    std::vector<double> duration_, begin_, visible_;
    std::vector<int> waiting_;
    std::vector<std::size_t> ready_;
    std::vector<std::vector<int>> members_;  ///< [block] its nodes
    std::vector<int> read_by_;               ///< [block] latest producer whose transfer it was charged for
};

}  // namespace berth
