// Costed graphs for tests, and an independent computation of both placement objectives from their definitions.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "berth/placement/costed_placement.h"
#include "placement/costed/block_schedule.h"

namespace berth {

inline int add_node(CostedGraph& graph, double cpu_time, double accelerator_time, double size = 0,
                    double transfer = 0) {
    CostedNode node;
    node.id = static_cast<std::int64_t>(100 + graph.nodes.size());
    node.cpu_time = cpu_time;
    node.accelerator_time = accelerator_time;
    node.size = size;
    node.transfer = transfer;
    graph.nodes.push_back(node);
    return static_cast<int>(graph.nodes.size()) - 1;
}

inline void connect(CostedGraph& graph, int producer, int consumer) {
    graph.edges.emplace_back(producer, consumer);
    std::ranges::sort(graph.edges);
}

/// Latency of one sample as the search computes it; absent for an assignment that is not allowed.
inline std::optional<double> sample_latency(const CostedGraph& graph, const Assignment& assignment) {
    return violation(graph, assignment).empty() ? BlockSchedule(graph).latency(assignment) : std::nullopt;
}

/// Encoder layers with three parallel chains, a core, residuals and a feed-forward part, each matmul with its weights;
/// tables shared between embedding and a large head. The proportions are those of published encoders.
inline CostedGraph encoder_like(int layers, std::size_t accelerators, double memory) {
    CostedGraph graph;
    graph.accelerators = accelerators;
    graph.cpus = 1;
    graph.accelerator_memory = memory;
    const auto op = [&](const std::vector<int>& inputs, double time, double transfer, double weight = 0) {
        const int node = add_node(graph, 23 * time, time, 1 + transfer, transfer);
        for (const int input : inputs) {
            connect(graph, input, node);
        }
        if (weight > 0) {
            const int weights = add_node(graph, 0, 0, weight, weight / 20);
            connect(graph, weights, node);
            graph.nodes[static_cast<std::size_t>(node)].color = node;
            graph.nodes[static_cast<std::size_t>(weights)].color = node;
        }
        return node;
    };
    const int mask = op({}, 0.001, 0.006);
    const int table = add_node(graph, 0, 0, 30, 7.3);
    int stream = op({table}, 0.05, 0.73);
    graph.nodes[static_cast<std::size_t>(table)].color = graph.nodes[static_cast<std::size_t>(stream)].color = stream;
    for (int layer = 0; layer < layers; ++layer) {
        std::vector<int> parts;
        for (int chain = 0; chain < 3; ++chain) {
            const int projected = op({op({stream}, 0.034, 0.73, 1.5)}, 0.049, 0.73, 0.1);
            parts.push_back(op({op({projected}, 0.024, 0.73)}, 0.049, 0.73));
        }
        const int scores = op({op({parts[0], parts[1]}, 0.26, 5.9), mask}, 0.39, 5.9);
        const int context = op({op({scores}, 0.59, 5.9), parts[2]}, 0.51, 0.73);
        const int added = op({op({context}, 0.034, 0.73, 1.5), stream}, 0.049, 0.73);
        const int normed = op({added}, 0.2, 0.73);
        const int wide = op({op({normed}, 1.1, 23.4, 2.4)}, 2.35, 23.4);
        stream = op({op({op({wide}, 0.35, 0.73, 2.4), normed}, 0.049, 0.73)}, 0.2, 0.73);
    }
    op({op({stream, table}, 8.2, 174, 375)}, 11.7, 0, 1);
    return graph;
}

/// A shipped graph.
inline CostedGraph shipped_graph(const std::string& name) {
    Diagnostics diagnostics;
    auto graph = load_costed_graph(std::string(BERTH_SOURCE_DIR) + "/scenarios/placement-graphs/" + name, diagnostics);
    EXPECT_TRUE(graph) << diagnostics.text();
    return graph.value_or(CostedGraph{});
}

/// The definitions by other means than the library's: sets of nodes, reachability as a matrix, times by recursion.
class DefinitionCheck {
  public:
    DefinitionCheck(const CostedGraph& graph, const Assignment& assignment)
        : graph_(graph), device_(assignment), producers_(graph.nodes.size()) {
        for (const auto& [producer, consumer] : graph.edges) {
            producers_[index(consumer)].push_back(index(producer));
        }
    }

    [[nodiscard]] bool is_allowed() const {
        std::map<std::int64_t, int> device_of_class;
        std::vector<double> held(graph_.accelerators);
        for (std::size_t node = 0; node < device_.size(); ++node) {
            const CostedNode& costs = graph_.nodes[node];
            if (on_accelerator(node)) {
                held[index(device_[node])] += costs.size;
                if (!costs.on_accelerator || held[index(device_[node])] > graph_.accelerator_memory) {
                    return false;
                }
            }
            if (costs.color && device_of_class.emplace(*costs.color, device_[node]).first->second != device_[node]) {
                return false;
            }
        }
        return blocks_are_ordered();
    }

    [[nodiscard]] double largest_load() const {
        double largest = 0;
        for (int device = 0; index(device) < graph_.accelerators + graph_.cpus; ++device) {
            largest = std::max(largest, load(device));
        }
        return largest;
    }

    [[nodiscard]] double sample_time() {
        visible_.assign(device_.size(), -1);
        double last = 0;
        for (std::size_t node = 0; node < device_.size(); ++node) {
            last = std::max(last, visible(node));
        }
        return last;
    }

    /// Whether each accelerator's node set is convex: no path leaves and re-enters it.
    [[nodiscard]] bool is_convex() const {
        const auto reaches = reachability([](std::size_t node) { return node; });
        for (std::size_t a = 0; a < device_.size(); ++a) {
            for (std::size_t b = 0; b < device_.size(); ++b) {
                for (std::size_t c = 0; c < device_.size() && on_accelerator(a) && device_[a] == device_[c]; ++c) {
                    if (device_[b] != device_[a] && reaches[a][b] && reaches[b][c]) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

  private:
    [[nodiscard]] static std::size_t index(int value) { return static_cast<std::size_t>(value); }
    [[nodiscard]] bool on_accelerator(std::size_t node) const { return index(device_[node]) < graph_.accelerators; }

    // Reachability between places, to which nodes are mapped.
    template <class Place>
    [[nodiscard]] std::vector<std::vector<bool>> reachability(const Place& place) const {
        const std::size_t places = device_.size() + graph_.accelerators;
        std::vector<std::vector<bool>> reaches(places, std::vector<bool>(places, false));
        for (const auto& [producer, consumer] : graph_.edges) {
            if (place(index(producer)) != place(index(consumer))) {
                reaches[place(index(producer))][place(index(consumer))] = true;
            }
        }
        for (std::size_t via = 0; via < places; ++via) {
            for (std::size_t from = 0; from < places; ++from) {
                for (std::size_t to = 0; to < places && reaches[from][via]; ++to) {
                    reaches[from][to] = reaches[from][to] || reaches[via][to];
                }
            }
        }
        return reaches;
    }

    [[nodiscard]] bool blocks_are_ordered() const {
        const auto place = [&](std::size_t node) {
            return on_accelerator(node) ? device_.size() + index(device_[node]) : node;
        };
        const auto reaches = reachability(place);
        for (std::size_t i = 0; i < reaches.size(); ++i) {
            if (reaches[i][i]) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] double load(int device) const {
        double sum = 0;
        std::set<std::size_t> received, sent;
        for (std::size_t node = 0; node < device_.size(); ++node) {
            if (device_[node] == device) {
                sum += on_accelerator(node) ? graph_.nodes[node].accelerator_time : graph_.nodes[node].cpu_time;
            }
            for (const std::size_t producer : producers_[node]) {
                if (device_[node] == device && device_[producer] != device) {
                    received.insert(producer);
                }
                if (device_[node] != device && device_[producer] == device) {
                    sent.insert(producer);
                }
            }
        }
        for (const auto* moved : {&received, &sent}) {
            for (const std::size_t producer : *moved) {
                sum += index(device) < graph_.accelerators ? graph_.nodes[producer].transfer : 0;
            }
        }
        return sum;
    }

    double visible(std::size_t node) {
        if (visible_[node] >= 0) {
            return visible_[node];
        }
        double start = 0;
        for (std::size_t other = 0; other < device_.size(); ++other) {
            const bool together = other == node || (on_accelerator(node) && device_[other] == device_[node]);
            for (const std::size_t producer : together ? producers_[other] : std::vector<std::size_t>{}) {
                const bool outside = !on_accelerator(node) || device_[producer] != device_[node];
                start = outside ? std::max(start, visible(producer)) : start;
            }
        }
        visible_[node] = start + (on_accelerator(node) ? load(device_[node]) : graph_.nodes[node].cpu_time);
        return visible_[node];
    }

    const CostedGraph& graph_;
    const Assignment& device_;
    std::vector<std::vector<std::size_t>> producers_;
    std::vector<double> visible_;
};

}  // namespace berth
