// First-improvement local search in sweeps over the units.
#include "placement/costed/latency_moves.h"

#include <algorithm>
#include <unordered_map>

#include "base/index.h"

namespace berth {

namespace {

constexpr std::size_t kMostWork = 100'000'000;  // limit on visited nodes and edges over all schedules

}  // namespace

LatencyMoves::LatencyMoves(const CostedGraph& graph, const Relations& relations)
    : graph_(graph), relations_(relations), unit_of_(graph.nodes.size()) {
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        const int its = relations.class_of[node];
        const int first = its < 0 ? static_cast<int>(node) : relations.classes[at(its)].front();
        if (first == static_cast<int>(node)) {
            unit_of_[node] = static_cast<int>(members_.size());
            members_.push_back(its < 0 ? std::vector<int>{first} : relations.classes[at(its)]);
        } else {
            unit_of_[node] = unit_of_[at(first)];
        }
    }
}

std::vector<int> LatencyMoves::part_of(const Assignment& assignment, std::size_t unit, Part part) const {
    std::vector<int> nodes = members_[unit];
    const CostedDevice device = assignment[at(nodes.front())];
    if (part == Part::kUnit || !is_accelerator(graph_, device)) {
        return nodes;
    }
    const auto& next = part == Part::kWithProducers ? relations_.producers : relations_.consumers;
    std::unordered_map<int, bool> taken{{static_cast<int>(unit), true}};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        for (const int other : next[at(nodes[i])]) {
            const int its_unit = unit_of_[at(other)];
            if (assignment[at(other)] == device && taken.emplace(its_unit, true).second) {
                nodes.insert(nodes.end(), members_[at(its_unit)].begin(), members_[at(its_unit)].end());
            }
        }
    }
    return nodes;
}

// Target devices in ascending order: those of neighbours, the CPU and the first unused accelerator.
std::vector<CostedDevice> LatencyMoves::targets(const Assignment& assignment, const std::vector<int>& part) const {
    std::vector<CostedDevice> devices;
    for (const int node : part) {
        for (const auto* list : {&relations_.producers[at(node)], &relations_.consumers[at(node)]}) {
            for (const int other : *list) {
                devices.push_back(assignment[at(other)]);
            }
        }
    }
    if (graph_.cpus > 0) {
        devices.push_back(static_cast<CostedDevice>(graph_.accelerators));
    }
    std::vector<bool> busy(graph_.accelerators + 1, false);
    for (const CostedDevice device : assignment) {
        busy[std::min(at(device), graph_.accelerators)] = true;
    }
    const auto free = std::ranges::find(busy, false);
    if (free != busy.end() && at(static_cast<int>(free - busy.begin())) < graph_.accelerators) {
        devices.push_back(static_cast<CostedDevice>(free - busy.begin()));
    }
    std::ranges::sort(devices);
    devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
    std::erase(devices, assignment[at(part.front())]);
    return devices;
}

bool LatencyMoves::holds(const Assignment& assignment, CostedDevice device) const {
    if (!is_accelerator(graph_, device)) {
        return true;
    }
    double size = 0;
    for (std::size_t node = 0; node < assignment.size(); ++node) {
        if (assignment[node] == device) {
            size += graph_.nodes[node].size;
            if (!graph_.nodes[node].on_accelerator) {
                return false;
            }
        }
    }
    return fits(size, graph_.accelerator_memory);
}

// Moves the nodes to the first device that reduces the latency; each schedule counts towards the work limit.
bool LatencyMoves::move(const std::vector<int>& nodes, BlockSchedule& schedule, Search& search) const {
    for (const CostedDevice device : targets(search.assignment, nodes)) {
        Assignment moved = search.assignment;
        for (const int node : nodes) {
            moved[at(node)] = device;
        }
        search.work += graph_.nodes.size() + graph_.edges.size();
        const auto shorter = holds(moved, device) ? schedule.latency(moved) : std::nullopt;
        if (shorter && *shorter < search.latency * (1 - kSumRounding)) {
            search.assignment = std::move(moved);
            search.latency = *shorter;
            return true;
        }
    }
    return false;
}

double LatencyMoves::improve(BlockSchedule& schedule, Assignment& assignment, double latency) const {
    Search search{assignment, latency, 0};
    for (bool improved = true; improved && search.work < kMostWork;) {
        improved = false;
        for (std::size_t unit = 0; unit < members_.size() && search.work < kMostWork; ++unit) {
            for (const Part part : {Part::kUnit, Part::kWithProducers, Part::kWithConsumers}) {
                search.work += graph_.nodes.size() + graph_.edges.size();
                improved = move(part_of(search.assignment, unit, part), schedule, search) || improved;
            }
        }
    }
    return search.latency;
}

}  // namespace berth
