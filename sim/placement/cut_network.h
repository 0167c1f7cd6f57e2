// Minimum s-t cut for two-way choices with costs.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "berth/base/units.h"

namespace berth {

/// Assigns nodes to the source or the sink side at minimum cost. All costs must have the form of a minimum cut:
/// non-negative, and due when one node is on the source side and another on the sink side.
class CutNetwork {
  public:
    using Node = int;
    static constexpr Node kSource = 0;
    static constexpr Node kSink = 1;
    /// Infinite cost, which forbids a choice.
    static constexpr Time kNever = Time::from_si(std::numeric_limits<double>::infinity());

    /// Creates `choices` nodes to decide; the i-th is `choice(i)`.
    explicit CutNetwork(std::size_t choices);
    [[nodiscard]] static Node choice(std::size_t index) { return static_cast<Node>(index) + 2; }

    /// Cost of either side for a node; one of them may be kNever.
    void pay_for_side(Node node, Time on_source, Time on_sink);
    /// Cost due if `from` is on the source side and `to` on the sink side.
    void pay_if_cut(Node from, Node to, Time cost);
    /// Cost due once if `from` is on the source side and any of `others` on the sink side.
    void pay_once_if_cut_forward(Node from, std::span<const Node> others, Time cost);
    /// Cost due once if `to` is on the sink side and any of `others` on the source side.
    void pay_once_if_cut_backward(Node to, std::span<const Node> others, Time cost);

    struct Cut {
        std::vector<bool> on_source;  ///< [choice] nodes that the cut leaves undecided are on the sink side
        Time value;                   ///< lower bound on the cost of any choice
    };
    /// Computes the minimum cut. `known` is the cost of some choice; costs far above it never occur in the minimum, so
    /// it sets the resolution (a 2^55th part or finer) of the integer maximum flow.
    [[nodiscard]] Cut minimum(Time known) const;

  private:
    struct Edge {
        Node from, to;
        Time capacity;
    };
    Node add_node() { return nodes_++; }

    std::size_t choices_;
    Node nodes_;
    std::vector<Edge> edges_;
    Time constant_;
};

}  // namespace berth
