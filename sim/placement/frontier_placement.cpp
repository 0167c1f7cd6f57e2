// Layers of states, one per operator; among equal states, those on the Pareto front of cost and memory.
#include "placement/frontier_placement.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <unordered_map>

#include "base/index.h"
#include "placement/contraction.h"
#include "placement/open_parts.h"
#include "placement/optimality.h"

namespace berth {

namespace {

constexpr std::size_t kMostInSet = 8;         // device sets are stored in one byte
constexpr std::size_t kMostCounted = 65'000;  // segment counts are stored in two bytes

/// Predecessor of a state and the cost to reach it.
struct Way {
    Time cost;
    std::uint32_t before = 0;  ///< state in the previous layer
    std::uint8_t device = 0;   ///< device of the operator in between
};

/// States after one operator, encoded as strings: number of segments (two bytes), latest device, devices in use, then
/// operators and flows with later readers.
struct Layer {
    std::vector<std::string> states;
    std::vector<Way> ways;
    std::vector<Bytes> held;  ///< [way][memory] bytes kept resident, and largest working memory
};
constexpr std::size_t kLatest = 2, kUsed = 3, kHead = 4;

int segments_in(const std::string& state) {
    return static_cast<unsigned char>(state[0]) + 256 * static_cast<unsigned char>(state[1]);
}

class Frontier {
  public:
    Frontier(const PlacementProblem& problem, std::size_t most_states, bool may_cut)
        : problem_(problem),
          limits_(problem.limits),
          most_states_(most_states),
          may_cut_(may_cut),
          held_by_each_(2 * limits_.memories.size()),
          operators_(problem.cost.size()),
          parts_(problem),
          shared_(operators_) {
        for (std::size_t i = 0; i < limits_.shared.size(); ++i) {
            shared_[at(limits_.shared[i].after)].push_back(i);
        }
    }

    SearchedPlacement best() {
        Layer layer;
        layer.states = {std::string(kHead + parts_.bytes(0), '\0')};
        layer.ways = {Way{}};
        layer.held.resize(held_by_each_);
        ways_.assign(1, layer.ways);
        for (std::size_t op = 0; op < operators_; ++op) {
            layer = next_layer(layer, op);
            if (layer.states.empty() || (layer.states.size() > most_states_ && !may_cut_)) {
                return {std::nullopt, complete_ && layer.states.empty()};
            }
            cut(layer);
            ways_.push_back(layer.ways);
        }
        const auto cheaper = [](const Way& a, const Way& b) { return a.cost < b.cost; };
        auto state = static_cast<std::size_t>(std::min_element(ways_.back().begin(), ways_.back().end(), cheaper) -
                                              ways_.back().begin());
        Assignment assignment(operators_);
        for (std::size_t op = operators_; op-- > 0;) {
            const Way& way = ways_[op + 1][state];
            assignment[op] = way.device;
            state = way.before;
        }
        return {std::move(assignment), complete_};
    }

  private:
    [[nodiscard]] std::string encode(std::size_t op, int segments, std::size_t latest, unsigned used) const {
        std::string state{static_cast<char>(segments % 256), static_cast<char>(segments / 256),
                          static_cast<char>(limits_.segments ? latest : 0), static_cast<char>(used)};
        parts_.append_to(state, op);
        return state;
    }

    Layer next_layer(const Layer& layer, std::size_t op) {
        std::unordered_map<std::string, std::vector<std::uint32_t>> known;
        Layer next;
        std::vector<Bytes> held(held_by_each_);
        for (std::size_t state = 0; state < layer.states.size(); ++state) {
            if (next.states.size() > most_states_ && !may_cut_) {
                break;
            }
            for (std::size_t device = 0; device < problem_.devices; ++device) {
                const int segments = segments_with(layer.states[state], op, device);
                const auto used = static_cast<unsigned>(static_cast<unsigned char>(layer.states[state][kUsed]));
                if (!problem_.cost[op][device] || segments < 0) {
                    continue;
                }
                parts_.read(layer.states[state], kHead, op);
                const bool apart = parts_.leader_of(op) != op && parts_.device_of(parts_.leader_of(op)) != device;
                if (apart || !add_size(layer, state, op, device, held)) {
                    continue;
                }
                const Time cost = layer.ways[state].cost + step(op, device, used);
                const Way way{cost, static_cast<std::uint32_t>(state), static_cast<std::uint8_t>(device)};
                std::string reached = encode(op + 1, segments, device, used | 1U << device);
                auto& same = known[reached];
                keep(next, same, std::move(reached), way, held);
            }
        }
        return next;
    }

    // Adds a state unless an equal one dominates it; replaces an equal one that it dominates.
    void keep(Layer& next, std::vector<std::uint32_t>& same, std::string&& reached, const Way& way,
              const std::vector<Bytes>& held) const {
        const auto held_by = [&](std::uint32_t other) {
            return next.held.begin() + static_cast<std::ptrdiff_t>(other * held.size());
        };
        for (const std::uint32_t other : same) {
            const bool no_less = std::equal(held.begin(), held.end(), held_by(other),
                                            [](Bytes mine, Bytes theirs) { return mine >= theirs; });
            if (next.ways[other].cost <= way.cost && no_less) {
                return;
            }
            const bool no_more = std::equal(held.begin(), held.end(), held_by(other),
                                            [](Bytes mine, Bytes theirs) { return mine <= theirs; });
            if (way.cost <= next.ways[other].cost && no_more) {
                next.ways[other] = way;
                std::ranges::copy(held, held_by(other));
                return;
            }
        }
        same.push_back(static_cast<std::uint32_t>(next.states.size()));
        next.states.push_back(std::move(reached));
        next.ways.push_back(way);
        next.held.insert(next.held.end(), held.begin(), held.end());
    }

    // Truncates a layer to the limit: the cheapest states, with a quota for each number of segments, then those that
    // use the least memory.
    void cut(Layer& layer) {
        if (layer.states.size() <= most_states_) {
            return;
        }
        complete_ = false;
        std::vector<std::size_t> order(layer.states.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, [&](auto a, auto b) { return layer.ways[a].cost < layer.ways[b].cost; });
        std::vector<std::size_t> chosen, rest;
        std::unordered_map<int, std::size_t> of_segments;
        const std::size_t share = most_states_ / (2 * (at(limits_.segments.value_or(0)) + 1)) + 1;
        for (const std::size_t state : order) {
            const bool taken = chosen.size() < most_states_ && ++of_segments[segments_in(layer.states[state])] <= share;
            (taken ? chosen : rest).push_back(state);
        }
        const auto held = [&](std::size_t state) {
            const auto first = layer.held.begin() + static_cast<std::ptrdiff_t>(state * held_by_each_);
            return std::accumulate(first, first + static_cast<std::ptrdiff_t>(held_by_each_), Bytes{});
        };
        std::ranges::stable_sort(rest, [&](auto a, auto b) { return held(a) < held(b); });
        rest.resize(std::min(rest.size(), most_states_ - chosen.size()));
        chosen.insert(chosen.end(), rest.begin(), rest.end());
        Layer kept;
        for (const std::size_t state : chosen) {
            kept.states.push_back(std::move(layer.states[state]));
            kept.ways.push_back(layer.ways[state]);
            const auto first = layer.held.begin() + static_cast<std::ptrdiff_t>(state * held_by_each_);
            kept.held.insert(kept.held.end(), first, first + static_cast<std::ptrdiff_t>(held_by_each_));
        }
        layer = std::move(kept);
    }

    // Number of segments with `op` on `device`; negative if it exceeds the limit.
    [[nodiscard]] int segments_with(const std::string& state, std::size_t op, std::size_t device) const {
        if (!limits_.segments) {
            return 0;
        }
        const bool changes = op == 0 || static_cast<std::size_t>(state[kLatest]) != device;
        const int segments = segments_in(state) + (changes ? 1 : 0);
        return segments <= *limits_.segments ? segments : -1;
    }

    // Updates the bytes in each memory for `op` on `device`; false if a capacity is exceeded.
    bool add_size(const Layer& layer, std::size_t state, std::size_t op, std::size_t device,
                  std::vector<Bytes>& held) const {
        for (std::size_t memory = 0; memory < limits_.memories.size(); ++memory) {
            const auto& [name, capacity, holds, of] = limits_.memories[memory];
            Bytes& kept = held[2 * memory];
            Bytes& working = held[2 * memory + 1];
            kept = layer.held[state * held_by_each_ + 2 * memory];
            working = layer.held[state * held_by_each_ + 2 * memory + 1];
            if (holds[device]) {
                kept += limits_.size.empty() ? Bytes{} : limits_.size[op][device];
                for (const std::size_t i : shared_[op]) {
                    const std::size_t before = parts_.device_of(at(limits_.shared[i].before));
                    kept -= holds[before] ? limits_.shared[i].size[before][device] : Bytes{};
                }
                working = limits_.working.empty() ? working : std::max(working, limits_.working[op][device]);
            }
            if (kept + working > capacity) {
                return false;
            }
        }
        return true;
    }

    // Incremental cost of `op` on `device` given the decoded state, which is updated.
    Time step(std::size_t op, std::size_t device, unsigned used) {
        Time cost = *problem_.cost[op][device];
        cost += (used >> device & 1U) == 0 ? problem_.activation[device] : Time{};
        parts_.place(op, device);
        for (const std::size_t f : parts_.closed_by(op)) {
            Time sum;
            parts_.each_crossing(
                f, [&](std::size_t from, std::size_t to) { sum += problem_.flows[f].crossing[from][to]; });
            cost += sum;
        }
        parts_.each_split(op, [&](std::size_t loss) { cost += problem_.fusion[loss].loss; });
        return cost;
    }

    const PlacementProblem& problem_;
    const PlacementLimits& limits_;
    std::size_t most_states_;
    bool may_cut_, complete_ = true;
    std::size_t held_by_each_;  ///< number of sizes per state
    std::size_t operators_;
    OpenParts parts_;
    std::vector<std::vector<std::size_t>> shared_;  ///< [operator] shared bytes of which it is the later one
    std::vector<std::vector<Way>> ways_;
};

SearchedPlacement search(const PlacementProblem& problem, std::size_t most_states, bool may_cut) {
    if (problem.devices > kMostInSet || problem.cost.empty() || problem.cost.size() > kMostCounted) {
        return {};
    }
    return Frontier(problem, most_states, may_cut).best();
}

// Segments are counted over single operators; otherwise a group is placed as one.
SearchedPlacement search_within_limits(const PlacementProblem& problem, Contraction contraction,
                                       std::size_t most_states, bool may_cut) {
    if (problem.limits.segments) {
        return search(problem, most_states, may_cut);
    }
    contraction.problem.limits = contracted_limits(problem.limits, contraction);
    SearchedPlacement found = search(contraction.problem, most_states, may_cut);
    found.best = found.best ? std::optional(contraction.expand(*found.best)) : std::nullopt;
    return found;
}

}  // namespace

std::optional<PlacementResult> frontier_placement(const PlacementProblem& problem, std::size_t most_states) {
    const auto found = search_within_limits(problem, contract(problem), most_states, false).best;
    const auto latency = found ? objective(problem, *found) : std::nullopt;
    return latency ? std::optional(with_bound(problem, *found, *latency)) : std::nullopt;
}

SearchedPlacement frontier_search(const PlacementProblem& problem, std::size_t most_states) {
    return search_within_limits(problem, contract(problem), most_states, true);
}

}  // namespace berth
