// Topological traversal of activities: single CPU operators and whole blocks.
#include "placement/costed/block_schedule.h"

#include <algorithm>

namespace berth {

BlockSchedule::BlockSchedule(const CostedGraph& graph)
    : graph_(graph),
      first_(graph.nodes.size() + 1),
      activity_(graph.nodes.size()),
      visible_(graph.nodes.size()),
      members_(graph.accelerators) {
    for (const auto& edge : graph.edges) {
        ++first_[static_cast<std::size_t>(edge.first) + 1];
    }
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        first_[node + 1] += first_[node];
    }
}

// Activities are the nodes, then the blocks. A block takes the time of its input transfers, nodes and output transfers.
void BlockSchedule::start(const Assignment& assignment) {
    const std::size_t nodes = graph_.nodes.size();
    const std::size_t activities = nodes + graph_.accelerators;
    duration_.assign(activities, 0.0);
    begin_.assign(activities, 0.0);
    waiting_.assign(activities, 0);
    read_by_.assign(graph_.accelerators, -1);
    ready_.clear();
    for (auto& members : members_) {
        members.clear();
    }
    for (std::size_t node = 0; node < nodes; ++node) {
        const bool in_block = is_accelerator(graph_, assignment[node]);
        activity_[node] = in_block ? nodes + static_cast<std::size_t>(assignment[node]) : node;
        if (in_block) {
            members_[static_cast<std::size_t>(assignment[node])].push_back(static_cast<int>(node));
        }
        duration_[activity_[node]] += in_block ? graph_.nodes[node].accelerator_time : graph_.nodes[node].cpu_time;
    }
    for (std::size_t producer = 0; producer < nodes; ++producer) {
        const std::size_t from = activity_[producer];
        bool leaves = false;
        for (std::size_t edge = first_[producer]; edge < first_[producer + 1]; ++edge) {
            const std::size_t to = activity_[static_cast<std::size_t>(graph_.edges[edge].second)];
            if (to == from) {
                continue;
            }
            leaves = true;
            ++waiting_[to];
            if (to >= nodes && read_by_[to - nodes] != static_cast<int>(producer)) {
                read_by_[to - nodes] = static_cast<int>(producer);
                duration_[to] += graph_.nodes[producer].transfer;
            }
        }
        if (leaves && from >= nodes) {
            duration_[from] += graph_.nodes[producer].transfer;
        }
    }
}

void BlockSchedule::take(std::size_t activity) {
    const std::size_t nodes = graph_.nodes.size();
    const double end = begin_[activity] + duration_[activity];
    const auto release = [&](std::size_t node) {
        visible_[node] = end;
        for (std::size_t edge = first_[node]; edge < first_[node + 1]; ++edge) {
            const std::size_t to = activity_[static_cast<std::size_t>(graph_.edges[edge].second)];
            if (to != activity) {
                begin_[to] = std::max(begin_[to], end);
                if (--waiting_[to] == 0) {
                    ready_.push_back(to);
                }
            }
        }
    };
    if (activity < nodes) {
        release(activity);
        return;
    }
    for (const int node : members_[activity - nodes]) {
        release(static_cast<std::size_t>(node));
    }
}

std::optional<double> BlockSchedule::latency(const Assignment& assignment) {
    start(assignment);
    const std::size_t nodes = graph_.nodes.size();
    std::size_t activities = 0;
    for (std::size_t activity = 0; activity < nodes + graph_.accelerators; ++activity) {
        const bool exists = activity < nodes ? activity_[activity] == activity : !members_[activity - nodes].empty();
        activities += exists ? 1 : 0;
        if (exists && waiting_[activity] == 0) {
            ready_.push_back(activity);
        }
    }
    double last = 0;
    std::size_t next = 0;
    while (next < ready_.size()) {  // the list grows inside the loop
        const std::size_t activity = ready_[next++];
        take(activity);
        last = std::max(last, begin_[activity] + duration_[activity]);
    }
    return ready_.size() == activities ? std::optional(last) : std::nullopt;
}

}  // namespace berth
