// Units of placement: nodes of a costed graph that share a device, and the resulting quotient graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "berth/placement/costed_graph.h"
#include "placement/costed/relations.h"
#include "placement/tolerances.h"

namespace berth {

inline constexpr double kNowhere = std::numeric_limits<double>::infinity();

/// Devices that a node may use.
enum class Allowed : std::uint8_t { kAnywhere, kCpu, kAccelerator };

/// [node] Label of its unit; labels are arbitrary numbers.
using Labels = std::vector<int>;

/// Quotient graph of units, numbered topologically.
struct Units {
    struct Producer {
        int unit = 0;
        double transfer = 0;
        std::vector<int> readers;  ///< reading units other than its own, without duplicates, ascending
    };
    std::size_t accelerators = 0, cpus = 0;
    double memory = 0;
    /// time on an accelerator, time on a CPU (kNowhere: not allowed), and memory
    std::vector<double> fast, slow, size;
    std::vector<Producer> producers;           ///< nodes that other units read
    std::vector<std::vector<int>> makes;       ///< [unit] producers inside it
    std::vector<std::vector<int>> reads;       ///< [unit] producers outside that it reads, without duplicates
    std::vector<std::vector<int>> successors;  ///< [unit] units that read from it, without duplicates
    std::vector<std::vector<int>> predecessors;
    std::vector<int> unit_of;  ///< [node] its unit

    [[nodiscard]] std::size_t count() const { return fast.size(); }
};

/// Units defined by `labels`, which must be acyclic. `order` is a preference per node among the topological orders;
/// smaller comes first.
[[nodiscard]] Units units_of(const CostedGraph& graph, const Labels& labels, const std::vector<Allowed>& allowed,
                             const std::vector<double>& order = {});

/// Merges the units of each cycle (Tarjan 1972), since a block that holds one of them must hold them all.
[[nodiscard]] Labels without_cycles(const CostedGraph& graph, const Labels& labels);

/// Colour classes as units. A class is *closed* if every entry leads to every exit inside the class; merging it then
/// excludes no placement. An *open* class could be spread over time on a CPU, which a single unit cannot.
struct ColorClasses {
    Labels closed;                       ///< closed classes merged, all other nodes separate
    std::vector<std::vector<int>> open;  ///< [open class] its nodes
};
[[nodiscard]] ColorClasses color_classes(const Relations& relations);

/// Merges units where this makes no placement worse than `limit` or than it was: a unit whose output transfer costs at
/// least as much as computing it at its only reader, or whose input transfer costs at least as much as computing it at
/// its only producer.
[[nodiscard]] Labels contracted(const CostedGraph& graph, Labels labels, const std::vector<Allowed>& allowed,
                                double limit);

/// Merges neighbours in the units' order into roughly at most `most` units of similar weight.
[[nodiscard]] Labels coarsened(const CostedGraph& graph, const Units& units, std::size_t most);

/// Order preferences for `units_of`: the file's order, depth-first from the results, and depth-first from the inputs.
[[nodiscard]] std::vector<std::vector<double>> order_preferences(const Relations& relations);

}  // namespace berth
