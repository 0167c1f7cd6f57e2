// Maximum flow of the network by Boost's search-tree algorithm (Boykov and Kolmogorov, IEEE TPAMI 2004).
#include "placement/cut_network.h"

#include <algorithm>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/property_map/property_map.hpp>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace berth {

namespace {

using FlowUnits = std::int64_t;
constexpr int kResolutionBits = 56;  // resolution relative to the known cost; costs up to twice that are finite
// Exceeds every relevant cut; doubling it does not overflow.
constexpr FlowUnits kUnbounded = FlowUnits{1} << 58;

using Index = std::uint32_t;
using Topology = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                                    boost::no_property, Index, Index>;
using Arc = Topology::edge_descriptor;

/// Network with edges stored by node; an edge and its reverse have separate indices.
class FlowNetwork {
  public:
    struct Edge {
        Index from, to;
        FlowUnits capacity;
    };
    FlowNetwork(Index nodes, const std::vector<Edge>& edges) : color_(nodes) {
        std::vector<Index> next(nodes + 1, 0);  // place of the next arc of each node
        for (const Edge& edge : edges) {
            ++next[edge.from + 1];
            ++next[edge.to + 1];
        }
        for (Index node = 0; node < nodes; ++node) {
            next[node + 1] += next[node];
        }
        const std::size_t arcs = 2 * edges.size();
        std::vector<std::pair<Index, Index>> ends(arcs);
        capacity_.resize(arcs);
        residual_.resize(arcs);
        reverse_.resize(arcs);
        for (const Edge& edge : edges) {
            const Arc forward(edge.from, next[edge.from]++);
            const Arc backward(edge.to, next[edge.to]++);
            ends[forward.idx] = {edge.from, edge.to};
            ends[backward.idx] = {edge.to, edge.from};
            capacity_[forward.idx] = edge.capacity;
            reverse_[forward.idx] = backward;
            reverse_[backward.idx] = forward;
        }
        topology_ = Topology(boost::edges_are_sorted, ends.begin(), ends.end(), nodes);
    }

    [[nodiscard]] FlowUnits maximum_flow(Index source, Index sink) {
        const std::size_t nodes = color_.size();
        std::vector<Arc> predecessor(nodes);
        std::vector<Index> distance(nodes);
        const auto edge = boost::get(boost::edge_index, topology_);
        const auto vertex = boost::get(boost::vertex_index, topology_);
        const auto map = [](auto& values, auto index) {
            return boost::make_iterator_property_map(values.begin(), index);
        };
        return boost::boykov_kolmogorov_max_flow(topology_, map(capacity_, edge), map(residual_, edge),
                                                 map(reverse_, edge), map(predecessor, vertex), map(color_, vertex),
                                                 map(distance, vertex), vertex, source, sink);
    }

    /// After maximum_flow(): whether the node is on the source side, that is, still reachable from the source.
    [[nodiscard]] bool on_source(Index node) const { return color_[node] == boost::black_color; }

  private:
    Topology topology_;
    std::vector<FlowUnits> capacity_, residual_;
    std::vector<Arc> reverse_;
    std::vector<boost::default_color_type> color_;
};

/// Merges edges at the terminals to one per node, and removes the flow that passes straight from source to sink.
/// Boost's search trees consider only one edge per node and terminal.
class TerminalEdges {
  public:
    explicit TerminalEdges(std::size_t nodes) : from_source_(nodes, 0), to_sink_(nodes, 0) {}
    [[nodiscard]] std::size_t size() const { return from_source_.size(); }

    void add(CutNetwork::Node from, CutNetwork::Node to, FlowUnits capacity) {
        const bool inwards = from == CutNetwork::kSource;
        FlowUnits& sum =
            inwards ? from_source_[static_cast<std::size_t>(to)] : to_sink_[static_cast<std::size_t>(from)];
        sum = std::min(sum + capacity, kUnbounded);
    }

    /// Appends the edges and returns the removed flow.
    [[nodiscard]] FlowUnits append_to(std::vector<FlowNetwork::Edge>& edges) const {
        FlowUnits taken = from_source_[CutNetwork::kSink];
        for (std::size_t node = CutNetwork::kSink + 1; node < size(); ++node) {
            const FlowUnits straight = std::min(from_source_[node], to_sink_[node]);
            taken += straight;
            if (from_source_[node] > straight) {
                edges.push_back({CutNetwork::kSource, static_cast<Index>(node), from_source_[node] - straight});
            } else if (to_sink_[node] > straight) {
                edges.push_back({static_cast<Index>(node), CutNetwork::kSink, to_sink_[node] - straight});
            }
        }
        return taken;
    }

  private:
    std::vector<FlowUnits> from_source_, to_sink_;
};

}  // namespace

CutNetwork::CutNetwork(std::size_t choices) : choices_(choices), nodes_(choice(choices)) {}

void CutNetwork::pay_for_side(Node node, Time on_source, Time on_sink) {
    const Time either = std::min(on_source, on_sink);
    if (either == kNever) {
        throw std::logic_error("a node that may be on neither side");
    }
    constant_ += either;
    pay_if_cut(node, kSink, on_source - either);
    pay_if_cut(kSource, node, on_sink - either);
}

void CutNetwork::pay_if_cut(Node from, Node to, Time cost) {
    if (cost < Time{} || !(cost <= kNever)) {
        throw std::logic_error("a minimum cut cannot hold a negative cost");
    }
    if (from != to && cost > Time{}) {
        edges_.push_back({from, to, cost});
    }
}

void CutNetwork::pay_once_if_cut_forward(Node from, std::span<const Node> others, Time cost) {
    if (others.size() == 1) {
        pay_if_cut(from, others.front(), cost);
    } else if (!others.empty() && cost > Time{}) {
        const Node any = add_node();  // on the sink side as soon as one of the others is
        pay_if_cut(from, any, cost);
        for (const Node other : others) {
            pay_if_cut(any, other, kNever);
        }
    }
}

void CutNetwork::pay_once_if_cut_backward(Node to, std::span<const Node> others, Time cost) {
    if (others.size() == 1) {
        pay_if_cut(others.front(), to, cost);
    } else if (!others.empty() && cost > Time{}) {
        const Node any = add_node();  // on the source side as soon as one of the others is
        pay_if_cut(any, to, cost);
        for (const Node other : others) {
            pay_if_cut(other, any, kNever);
        }
    }
}

CutNetwork::Cut CutNetwork::minimum(Time known) const {
    // Twice the known cost leaves room for rounding of sums. Capacities are rounded down, so the flow is a lower bound.
    const double limit = 2.0 * std::max(known - constant_, 1e-9 * known).si();
    const double scale = limit > 0 ? std::ldexp(1.0, kResolutionBits - std::ilogb(limit)) : 1.0;  // exact
    const auto units = [&](Time cost) {
        return cost.si() > limit ? kUnbounded : static_cast<FlowUnits>(std::floor(cost.si() * scale));
    };
    TerminalEdges terminal(static_cast<std::size_t>(nodes_));
    std::vector<FlowNetwork::Edge> edges;
    edges.reserve(edges_.size() + terminal.size());
    for (const Edge& edge : edges_) {
        if (edge.from == kSink || edge.to == kSource) {
            continue;  // never cut
        }
        if (edge.from == kSource || edge.to == kSink) {
            terminal.add(edge.from, edge.to, units(edge.capacity));
        } else {
            edges.push_back({static_cast<Index>(edge.from), static_cast<Index>(edge.to), units(edge.capacity)});
        }
    }
    const FlowUnits direct = terminal.append_to(edges);
    FlowNetwork network(static_cast<Index>(nodes_), edges);
    const FlowUnits flow = direct + network.maximum_flow(static_cast<Index>(kSource), static_cast<Index>(kSink));
    Cut cut{std::vector<bool>(choices_), constant_ + seconds(static_cast<double>(flow) / scale)};
    for (std::size_t i = 0; i < choices_; ++i) {
        cut.on_source[i] = network.on_source(static_cast<Index>(choice(i)));
    }
    return cut;
}

}  // namespace berth
