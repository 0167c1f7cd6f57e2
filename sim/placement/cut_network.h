// Minimum s-t cut of a network of costs that two-sided choices cause.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "berth/units.h"

namespace berth {

/// Costs of putting each of some nodes on one of two sides, the source's or the sink's, in the form that a minimum cut
/// can hold: all costs are zero or more and fall due when one node is on the source's side and another on the sink's.
class CutNetwork {
  public:
    using Node = int;
    static constexpr Node kSource = 0;
    static constexpr Node kSink = 1;
    /// A cost that is never to be paid.
    static constexpr Time kNever = Time::from_si(std::numeric_limits<double>::infinity());

    /// `choices` nodes to decide about; the i-th is `choice(i)`.
    explicit CutNetwork(std::size_t choices);
    [[nodiscard]] static Node choice(std::size_t index) { return static_cast<Node>(index) + 2; }

    /// The price of either side. One of them may be kNever.
    void pay_for_side(Node node, Time on_source, Time on_sink);
    /// Paid if `from` is on the source's side and `to` on the sink's.
    void pay_if_cut(Node from, Node to, Time cost);
    /// Paid once if `from` is on the source's side and any of `others` on the sink's.
    void pay_once_if_cut_forward(Node from, std::span<const Node> others, Time cost);
    /// Paid once if `to` is on the sink's side and any of `others` on the source's.
    void pay_once_if_cut_backward(Node to, std::span<const Node> others, Time cost);

    struct Cut {
        std::vector<bool> on_source;  ///< per choice; undecided ones are on the sink's side
        Time value;                   ///< no choice costs less
    };
    /// The cheapest choice. `known` is the cost of some choice: costs far beyond it are never paid by the cheapest, so
    /// it sets the resolution (a 2^55th part or finer) of the integers that the maximum flow is computed in.
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
