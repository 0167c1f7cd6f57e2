// Units of placement: nodes of a costed graph that go to one device together, and what is left of the graph then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "berth/costed_graph.h"
#include "placement/costed/relations.h"
#include "placement/tolerances.h"

namespace berth {

inline constexpr double kNowhere = std::numeric_limits<double>::infinity();

/// Where a node may go.
enum class Allowed : std::uint8_t { kAnywhere, kCpu, kAccelerator };

/// Label of the unit that each node belongs to; any numbers.
using Labels = std::vector<int>;

/// Units are numbered so that producers stand before consumers.
struct Units {
    struct Producer {
        int unit = 0;
        double transfer = 0;
        std::vector<int> readers;  ///< other units, each once, ascending
    };
    std::size_t accelerators = 0, cpus = 0;
    double memory = 0;
    std::vector<double> fast, slow, size;      ///< time on an accelerator, on a CPU (kNowhere: not there); memory
    std::vector<Producer> producers;           ///< nodes that other units read
    std::vector<std::vector<int>> makes;       ///< producers inside each unit
    std::vector<std::vector<int>> reads;       ///< producers outside that it reads, each once
    std::vector<std::vector<int>> successors;  ///< units that read it, each once
    std::vector<std::vector<int>> predecessors;
    std::vector<int> unit_of;  ///< by node

    [[nodiscard]] std::size_t count() const { return fast.size(); }
};

/// The units that `labels` make, which must not read each other in a cycle. `order`: a preference among the orders that
/// are possible, by node; smaller comes earlier.
[[nodiscard]] Units units_of(const CostedGraph& graph, const Labels& labels, const std::vector<Allowed>& allowed,
                             const std::vector<double>& order = {});

/// Joins what reads each other in a cycle (Tarjan 1972), which a block holding one of them has to hold whole.
[[nodiscard]] Labels without_cycles(const CostedGraph& graph, const Labels& labels);

/// Colour classes as units. A class is *closed* if every way into it leads to every way out of it inside: joining it
/// then forbids nothing. An *open* class could be spread over time on a CPU, which a unit cannot.
struct ColorClasses {
    Labels closed;                       ///< closed classes joined, all else on its own
    std::vector<std::vector<int>> open;  ///< nodes of each open class
};
[[nodiscard]] ColorClasses color_classes(const Relations& relations);

/// Joins units wherever that makes no placement worse than `limit` or than it was: a unit whose output moves for more
/// than it costs to compute it at its only reader, or its input at its only producer.
[[nodiscard]] Labels contracted(const CostedGraph& graph, Labels labels, const std::vector<Allowed>& allowed,
                                double limit);

/// Joins neighbours in the units' order into at most about `most` units of similar weight.
[[nodiscard]] Labels coarsened(const CostedGraph& graph, const Units& units, std::size_t most);

/// Preferences for `units_of`: as the file lists the nodes, depth first from the results, depth first from the inputs.
[[nodiscard]] std::vector<std::vector<double>> order_preferences(const Relations& relations);

}  // namespace berth
