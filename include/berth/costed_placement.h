// Placement of ready-costed graphs on identical accelerators and CPU cores, for throughput or for latency.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "berth/costed_graph.h"
#include "berth/diagnostics.h"
#include "berth/placement_result.h"

namespace berth {

/// Accelerators are 0, 1, ...; CPU core c is `graph.accelerators + c`. For latency all cores are one device, the first.
using CostedDevice = std::int32_t;

[[nodiscard]] bool is_accelerator(const CostedGraph& graph, CostedDevice device);
/// "accelerator0", "cpu", or "cpu1" where there are several.
[[nodiscard]] std::string device_name(const CostedGraph& graph, CostedDevice device);

/// What one device has to do for each sample. A CPU pays no transfers.
struct DeviceLoad {
    std::size_t nodes = 0;
    double computing = 0, receiving = 0, sending = 0;
    double size = 0;
    [[nodiscard]] double total() const { return computing + receiving + sending; }
};

/// Loads of all accelerators, then of all CPU cores. A producer outside an accelerator that it reads costs its transfer
/// once, and so does each of its own producers that is read outside.
[[nodiscard]] std::vector<DeviceLoad> device_loads(const CostedGraph& graph, const Assignment& assignment);

/// Why an assignment is not allowed; empty if it is. Every accelerator runs what it can and holds what fits, colour
/// classes stay together, and accelerators run their parts as blocks: no path leaves a block and comes back to it, also
/// not by way of other blocks.
[[nodiscard]] std::string violation(const CostedGraph& graph, const Assignment& assignment);

/// Largest load of a device; absent for an assignment that is not allowed.
[[nodiscard]] std::optional<double> throughput_load(const CostedGraph& graph, const Assignment& assignment);

/// Time of one sample; absent for an assignment that is not allowed. The CPU has a core for every operator; an
/// accelerator's block starts when all its inputs are there, takes inputs, operators and outputs one after another, and
/// shows its results at its end.
[[nodiscard]] std::optional<double> sample_latency(const CostedGraph& graph, const Assignment& assignment);

/// In the unit of the file.
using CostedPlacement = Placement<double>;

/// How far a search goes, in steps rather than seconds, so that the same input gives the same answer everywhere.
struct SearchEffort {
    std::size_t ideals = 60'000;     ///< most downward-closed sets that the exact search keeps
    std::size_t steps = 40'000'000;  ///< most extensions of a block that it tries
};

/// The least largest load. Exact by a dynamic programme over downward-closed sets of the contracted graph (Tarnawski et
/// al. 2020, section 5.1); beyond `effort` the best placement along topological orders, against a lower bound. Without
/// an answer, the reason is an error in `diagnostics`.
[[nodiscard]] std::optional<CostedPlacement> throughput_placement(const CostedGraph& graph, Diagnostics& diagnostics,
                                                                  const SearchEffort& effort = {});

/// A short time for one sample: beam search over blocks along topological orders, then local search. The bound is what
/// the operators of one path need at least, whatever is done with the others.
[[nodiscard]] std::optional<CostedPlacement> latency_placement(const CostedGraph& graph, Diagnostics& diagnostics);

}  // namespace berth
