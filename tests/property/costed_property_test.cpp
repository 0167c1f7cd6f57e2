// Laws of placement on costed graphs: exact answers equal exhaustive search, bounds hold, answers obey the definitions.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "costed_fixtures.h"
#include "random_fixtures.h"

namespace berth {
namespace {

// Any graph of a few nodes: some cannot run on accelerators, some share a colour, memory is sometimes short.
CostedGraph any_graph(int most_nodes, std::size_t cpus) {
    CostedGraph graph;
    graph.accelerators = static_cast<std::size_t>(any_number(0, 4) == 0 ? 1 : 2);
    graph.cpus = cpus;
    graph.accelerator_memory = any_number(2, 40);
    const int nodes = any_number(1, most_nodes + 1);
    const int most_transfer = one_in(3) ? 60 : 15;
    for (int node = 0; node < nodes; ++node) {
        add_node(graph, one_in(4) ? 0 : any_number(0, 90), one_in(4) ? 0 : any_number(0, 40), any_number(0, 9),
                 any_number(0, most_transfer));
        CostedNode& costs = graph.nodes.back();
        costs.on_accelerator = !one_in(9);
        if (one_in(4)) {
            costs.color = any_number(0, 3);
        }
        for (int producer = 0; producer < node; ++producer) {
            if (one_in(3)) {
                connect(graph, producer, node);
            }
        }
    }
    return graph;
}

struct Optimum {
    double load = std::numeric_limits<double>::infinity();
    double latency = std::numeric_limits<double>::infinity();
};

// Exhaustive search over all assignments by the definitions. For latency the CPU is one device, the first core.
Optimum by_trying_everything(const CostedGraph& graph) {
    Optimum best;
    const int devices = static_cast<int>(graph.accelerators + graph.cpus);
    Assignment assignment(graph.nodes.size(), 0);
    for (std::size_t digit = 0; digit < assignment.size();) {
        DefinitionCheck check(graph, assignment);
        if (check.is_allowed()) {
            best.load = std::min(best.load, check.largest_load());
            best.latency = std::min(best.latency, check.sample_time());
        }
        for (digit = 0; digit < assignment.size() && ++assignment[digit] == devices; ++digit) {
            assignment[digit] = 0;
        }
    }
    return best;
}

bool about_equal(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(a)); }
bool at_most(double a, double b) { return a <= b + 1e-9 * std::max(1.0, std::abs(b)); }

RC_GTEST_PROP(CostedPlacement, ThroughputIsTheOptimum, ()) {
    const CostedGraph graph = any_graph(7, static_cast<std::size_t>(any_number(0, 2)));
    const Optimum optimum = by_trying_everything(graph);
    Diagnostics diagnostics;
    const auto placement = throughput_placement(graph, diagnostics);
    RC_ASSERT(placement.has_value() == std::isfinite(optimum.load));
    RC_ASSERT(placement.has_value() != diagnostics.has_errors());
    if (!placement) {
        return;
    }
    const DefinitionCheck check(graph, placement->assignment);
    RC_ASSERT(check.is_allowed());
    RC_ASSERT(check.is_convex());
    RC_ASSERT(about_equal(check.largest_load(), placement->objective));
    RC_ASSERT(about_equal(placement->objective, optimum.load));
    RC_ASSERT(placement->proved_optimal);
    RC_ASSERT(placement->gap() == 0.0);
}

RC_GTEST_PROP(CostedPlacement, BoundsHoldWhereTheSearchIsCutShort, ()) {
    const CostedGraph graph = any_graph(7, static_cast<std::size_t>(any_number(1, 3)));
    const Optimum optimum = by_trying_everything(graph);
    Diagnostics diagnostics;
    const SearchEffort effort{static_cast<std::size_t>(any_number(2, 20)), static_cast<std::size_t>(any_number(1, 60))};
    const auto placement = throughput_placement(graph, diagnostics, effort);
    RC_ASSERT((placement.has_value() || diagnostics.has_errors()));
    if (!placement) {
        return;
    }
    RC_ASSERT(DefinitionCheck(graph, placement->assignment).is_allowed());
    RC_ASSERT(about_equal(DefinitionCheck(graph, placement->assignment).largest_load(), placement->objective));
    RC_ASSERT(at_most(placement->lower_bound, optimum.load));
    RC_ASSERT(at_most(optimum.load, placement->objective));
    RC_ASSERT((!placement->proved_optimal || about_equal(placement->objective, optimum.load)));
    RC_CLASSIFY(placement->proved_optimal, "proved");
}

RC_GTEST_PROP(CostedPlacement, LatencyAndItsBoundEncloseTheOptimum, ()) {
    const CostedGraph graph = any_graph(7, 1);
    const Optimum optimum = by_trying_everything(graph);
    Diagnostics diagnostics;
    const auto placement = latency_placement(graph, diagnostics);
    RC_ASSERT(placement.has_value());
    DefinitionCheck check(graph, placement->assignment);
    RC_ASSERT(check.is_allowed());
    RC_ASSERT(about_equal(check.sample_time(), placement->objective));
    RC_ASSERT(at_most(placement->lower_bound, optimum.latency));
    RC_ASSERT(at_most(optimum.latency, placement->objective));
    RC_ASSERT((!placement->proved_optimal || about_equal(placement->objective, optimum.latency)));
    RC_CLASSIFY(placement->proved_optimal, "proved");
    RC_CLASSIFY(about_equal(placement->objective, optimum.latency), "optimal");
}

RC_GTEST_PROP(CostedPlacement, LatencyWithoutCpuIsAllowedOrRefused, ()) {
    const CostedGraph graph = any_graph(6, 0);
    const Optimum optimum = by_trying_everything(graph);
    Diagnostics diagnostics;
    const auto placement = latency_placement(graph, diagnostics);
    RC_ASSERT((std::isfinite(optimum.latency) || !placement));
    RC_ASSERT(placement.has_value() != diagnostics.has_errors());
    if (placement) {
        RC_ASSERT(DefinitionCheck(graph, placement->assignment).is_allowed());
        RC_ASSERT(at_most(placement->lower_bound, optimum.latency));
        RC_ASSERT(at_most(optimum.latency, placement->objective));
    }
}

RC_GTEST_PROP(CostedPlacement, LibraryAndDefinitionsJudgeAssignmentsAlike, ()) {
    const CostedGraph graph = any_graph(7, static_cast<std::size_t>(any_number(1, 3)));
    Assignment assignment;
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        assignment.push_back(any_number(0, static_cast<int>(graph.accelerators) + 1));
    }
    DefinitionCheck check(graph, assignment);
    RC_ASSERT(violation(graph, assignment).empty() == check.is_allowed());
    const auto load = throughput_load(graph, assignment);
    const auto latency = sample_latency(graph, assignment);
    RC_ASSERT(load.has_value() == check.is_allowed());
    RC_ASSERT(latency.has_value() == check.is_allowed());
    if (load) {
        RC_ASSERT(about_equal(*load, check.largest_load()));
        RC_ASSERT(about_equal(*latency, check.sample_time()));
    }
}

RC_GTEST_PROP(CostedPlacement, MoreDevicesAreNeverWorse, ()) {
    CostedGraph graph = any_graph(8, 1);
    Diagnostics diagnostics;
    const auto before = throughput_placement(graph, diagnostics);
    ++graph.accelerators;
    graph.accelerator_memory *= 2;
    const auto after = throughput_placement(graph, diagnostics);
    RC_ASSERT(at_most(after->objective, before->objective));
}

}  // namespace
}  // namespace berth
