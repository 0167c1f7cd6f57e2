// Beam search for starting points, then local search with units and parts of blocks.
#include <algorithm>
#include <numeric>

#include "base/index.h"
#include "berth/placement/costed_placement.h"
#include "placement/costed/block_schedule.h"
#include "placement/costed/feasibility.h"
#include "placement/costed/latency_beam.h"
#include "placement/costed/latency_moves.h"
#include "placement/costed/path_bound.h"
#include "placement/costed/placement_units.h"
#include "placement/optimality.h"

namespace berth {

namespace {

constexpr std::size_t kMostLaidInOrder = 400;  // number of units up to which blocks are placed without coarsening first
constexpr std::size_t kMostLabels = 20'000;
constexpr std::size_t kWidest = 8;

class LatencySearch {
  public:
    explicit LatencySearch(const CostedGraph& graph)
        : graph_(graph), relations_(relations_of(graph)), schedule_(graph) {}

    std::optional<CostedPlacement> best() {
        const ColorClasses classes = color_classes(relations_);
        along_orders(classes, Allowed::kAccelerator);
        if (!classes.open.empty() && graph_.cpus > 0) {
            along_orders(classes, Allowed::kCpu);
        }
        if (graph_.cpus > 0) {
            keep_if_better(Assignment(graph_.nodes.size(), static_cast<CostedDevice>(graph_.accelerators)));
        }
        if (!best_) {
            return std::nullopt;
        }
        const LatencyMoves moves(graph_, relations_);
        const double latency = moves.improve(schedule_, best_->assignment, best_->objective);
        return with_bound(std::move(best_->assignment), latency, latency_bound(graph_, relations_));
    }

  private:
    // Open classes are placed as a whole in one block, or entirely on the CPU.
    void along_orders(const ColorClasses& classes, Allowed open) {
        std::vector<Allowed> allowed(graph_.nodes.size(), Allowed::kAnywhere);
        Labels labels = classes.closed;
        for (const auto& members : classes.open) {
            for (const int node : members) {
                allowed[at(node)] = open == Allowed::kCpu ? Allowed::kCpu : Allowed::kAnywhere;
                labels[at(node)] = open == Allowed::kCpu ? labels[at(node)] : members.front();
            }
        }
        labels = without_cycles(graph_, labels);
        for (const auto& order : order_preferences(relations_)) {
            Units units = units_of(graph_, labels, allowed, order);
            if (units.count() > kMostLaidInOrder) {
                units = units_of(graph_, coarsened(graph_, units, kMostLaidInOrder), allowed, order);
            }
            const std::size_t cells = (units.count() + 1) * (std::min(units.accelerators, units.count()) + 1);
            const std::size_t width = std::clamp<std::size_t>(kMostLabels / cells, 1, kWidest);
            for (const UnitDevices& devices : latency_beam(units, width)) {
                keep_if_better(assignment_of(units, devices));
            }
        }
    }

    [[nodiscard]] Assignment assignment_of(const Units& units, const UnitDevices& devices) const {
        Assignment assignment;
        for (const int unit : units.unit_of) {
            const int device = devices[at(unit)];
            assignment.push_back(device == kOnCpu ? static_cast<CostedDevice>(graph_.accelerators) : device);
        }
        return assignment;
    }

    void keep_if_better(Assignment assignment) {
        const auto latency = schedule_.latency(assignment);
        if (latency && (!best_ || *latency < best_->objective) && violation(graph_, assignment).empty()) {
            best_ = CostedPlacement{std::move(assignment), *latency, 0, false};
        }
    }

    const CostedGraph& graph_;
    const Relations relations_;
    BlockSchedule schedule_;
    std::optional<CostedPlacement> best_;
};

}  // namespace

std::optional<CostedPlacement> latency_placement(const CostedGraph& graph, Diagnostics& diagnostics) {
    if (!is_placeable(graph, diagnostics)) {
        return std::nullopt;
    }
    auto placement = LatencySearch(graph).best();
    if (!placement) {
        diagnostics.error(graph.nodes.front().where,
                          "no placement was found in which whole blocks fit the accelerators",
                          "more memory (maxSizePerFPGA), more accelerators (maxFPGAs) or a CPU (maxCPUs)");
    }
    return placement;
}

}  // namespace berth
