// Placement of ready-costed graphs on identical accelerators and CPU cores, for throughput or for latency.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/placement/costed_graph.h"
#include "berth/placement/placement_result.h"

namespace berth {

/// Device index: accelerators are 0, 1, ...; CPU core c is `graph.accelerators + c`. For latency all cores are one
/// device, the first.
using CostedDevice = std::int32_t;

[[nodiscard]] bool is_accelerator(const CostedGraph& graph, CostedDevice device);
/// "accelerator0", "cpu", or "cpu1" where there are several.
[[nodiscard]] std::string device_name(const CostedGraph& graph, CostedDevice device);

/// Load of one device per sample. A CPU pays no transfers.
struct DeviceLoad {
    std::size_t nodes = 0;
    double computing = 0, receiving = 0, sending = 0;
    double size = 0;
    [[nodiscard]] double total() const { return computing + receiving + sending; }
};

/// Loads of all accelerators, then of all CPU cores. An accelerator pays the transfer of each outside producer that it
/// reads once, and the transfer of each of its own producers that is read outside once.
[[nodiscard]] std::vector<DeviceLoad> device_loads(const CostedGraph& graph, const Assignment& assignment);

/// Reason why an assignment is not allowed; empty if it is. Every accelerator runs only operators that it can run and
/// that fit its memory, colour classes stay together, and each accelerator's part is a convex block: no path leaves a
/// block and comes back to it, not even through other blocks.
[[nodiscard]] std::string violation(const CostedGraph& graph, const Assignment& assignment);

/// Largest load of a device, the inverse of throughput; absent for an assignment that is not allowed.
[[nodiscard]] std::optional<double> throughput_load(const CostedGraph& graph, const Assignment& assignment);

/// The objective is in the unit of the file.
using CostedPlacement = Placement<double>;

/// Search effort in steps rather than seconds, so that the same input gives the same answer everywhere.
struct SearchEffort {
    std::size_t ideals = 60'000;     ///< most downward-closed sets that the exact search keeps
    std::size_t steps = 40'000'000;  ///< most extensions of a block tried
};

/// Placement that minimises the largest load. Exact by a dynamic programme over downward-closed sets of the contracted
/// graph (Tarnawski et al. 2020, section 5.1); beyond `effort` the best placement along topological orders, against a
/// lower bound. Without an answer, the reason is an error in `diagnostics`.
[[nodiscard]] std::optional<CostedPlacement> throughput_placement(const CostedGraph& graph, Diagnostics& diagnostics,
                                                                  const SearchEffort& effort = {});

/// Placement with a short latency of one sample. The CPU has a core for every operator. An accelerator's block starts
/// when all its inputs have arrived, processes inputs, operators and outputs serially, and publishes its results at its
/// end. Found by beam search over blocks along topological orders, then local search.
/// The lower bound is the least time of the operators along one path, wherever the others run.
[[nodiscard]] std::optional<CostedPlacement> latency_placement(const CostedGraph& graph, Diagnostics& diagnostics);

}  // namespace berth
