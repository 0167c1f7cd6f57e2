// The schedule of one sample: operators on the CPU as soon as they can, each accelerator's operators as one block.
#pragma once

#include <optional>
#include <vector>

#include "berth/costed_placement.h"

namespace berth {

/// Evaluates many assignments of one graph without allocating for each.
class BlockSchedule {
  public:
    explicit BlockSchedule(const CostedGraph& graph);

    /// When the last operator ends; absent if blocks wait for each other or for themselves. Memory, support and colour
    /// classes are not looked at.
    [[nodiscard]] std::optional<double> latency(const Assignment& assignment);

    /// When the results of each node became visible in the latest call.
    [[nodiscard]] const std::vector<double>& visible() const { return visible_; }

  private:
    void start(const Assignment& assignment);
    void take(std::size_t activity);

    const CostedGraph& graph_;
    std::vector<std::size_t> first_;     ///< edges of a producer are [first_[p], first_[p + 1])
    std::vector<std::size_t> activity_;  ///< of a node: itself on the CPU, one of the blocks otherwise
    std::vector<double> duration_, begin_, visible_;
    std::vector<int> waiting_;
    std::vector<std::size_t> ready_;
    std::vector<std::vector<int>> members_;  ///< nodes of each block
    std::vector<int> read_by_;               ///< latest producer that a block was charged for
};

}  // namespace berth
