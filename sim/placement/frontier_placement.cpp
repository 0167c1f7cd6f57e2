// Layers of states, one per operator; among equal states, those on the Pareto front of cost and memory.
#include "placement/frontier_placement.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <unordered_map>

#include "base/index.h"
#include "placement/contraction.h"
#include "placement/flow_ends.h"
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
    std::vector<Bytes> held;  ///< [way][memory] bytes in use
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
          operators_(problem.cost.size()),
          live_(operators_ + 1),
          open_(operators_ + 1),
          closing_(operators_),
          losses_(operators_),
          leader_(operators_),
          device_of_(operators_),
          reached_(problem.flows.size()) {
        find_leaders();
        find_open_flows();
        find_live_operators();
    }

    SearchedPlacement best() {
        Layer layer;
        layer.states = {std::string(kHead + live_[0].size() + open_[0].size(), '\0')};
        layer.ways = {Way{}};
        layer.held.resize(limits_.memories.size());
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
    // The first operator of each group decides for the group.
    void find_leaders() {
        std::unordered_map<int, std::size_t> first;
        for (std::size_t op = 0; op < operators_; ++op) {
            leader_[op] = op;
            if (!problem_.group.empty() && problem_.group[op] >= 0) {
                leader_[op] = first.emplace(problem_.group[op], op).first->second;
                keep_until(leader_[op], op);
            }
        }
    }

    // A flow is live from the first to the last operator that produces or reads it, and is charged at the last.
    void find_open_flows() {
        for (std::size_t f = 0; f < problem_.flows.size(); ++f) {
            const auto& flow = problem_.flows[f];
            const auto ends = ends_of(flow);
            if (ends.empty()) {
                continue;
            }
            const OperatorId last = ends.back();
            for (auto op = at(ends.front()) + 1; op <= at(last); ++op) {
                open_[op].push_back(f);
            }
            closing_[at(last)].push_back(f);
            if (flow.producer != kNoOperator) {
                keep_until(at(flow.producer), at(last));
            }
        }
    }

    void find_live_operators() {
        for (std::size_t i = 0; i < problem_.fusion.size(); ++i) {
            const auto& loss = problem_.fusion[i];
            losses_[at(std::max(loss.before, loss.after))].push_back(i);
            keep_until(at(std::min(loss.before, loss.after)), at(std::max(loss.before, loss.after)));
        }
        for (std::size_t op = 0; op < operators_; ++op) {
            const std::size_t until = kept_until_.contains(op) ? kept_until_[op] : op;
            for (std::size_t position = op + 1; position <= until; ++position) {
                live_[position].push_back(op);
            }
        }
    }

    void keep_until(std::size_t op, std::size_t last) {
        auto& until = kept_until_.try_emplace(op, op).first->second;
        until = std::max(until, last);
    }

    void decode(const std::string& state, std::size_t op) {
        std::size_t byte = kHead;
        for (const std::size_t live : live_[op]) {
            device_of_[live] = static_cast<std::uint8_t>(state[byte++]);
        }
        for (const std::size_t flow : open_[op]) {
            reached_[flow] = static_cast<std::uint8_t>(state[byte++]);
        }
    }

    [[nodiscard]] std::string encode(std::size_t op, int segments, std::size_t latest, unsigned used) const {
        std::string state{static_cast<char>(segments % 256), static_cast<char>(segments / 256),
                          static_cast<char>(limits_.segments ? latest : 0), static_cast<char>(used)};
        for (const std::size_t live : live_[op]) {
            state.push_back(static_cast<char>(device_of_[live]));
        }
        for (const std::size_t flow : open_[op]) {
            state.push_back(static_cast<char>(reached_[flow]));
        }
        return state;
    }

    Layer next_layer(const Layer& layer, std::size_t op) {
        std::unordered_map<std::string, std::vector<std::uint32_t>> known;
        Layer next;
        std::vector<Bytes> held(limits_.memories.size());
        for (std::size_t state = 0; state < layer.states.size(); ++state) {
            if (next.states.size() > most_states_ && !may_cut_) {
                break;
            }
            for (std::size_t device = 0; device < problem_.devices; ++device) {
                const int segments = segments_with(layer.states[state], op, device);
                const auto used = static_cast<unsigned>(static_cast<unsigned char>(layer.states[state][kUsed]));
                if (!problem_.cost[op][device] || segments < 0 ||
                    !add_size(layer, state, op, device, used | 1U << device, held)) {
                    continue;
                }
                decode(layer.states[state], op);
                if (leader_[op] != op && device_of_[leader_[op]] != device) {
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
            Bytes sum;
            for (std::size_t memory = 0; memory < limits_.memories.size(); ++memory) {
                sum += layer.held[state * limits_.memories.size() + memory];
            }
            return sum;
        };
        std::ranges::stable_sort(rest, [&](auto a, auto b) { return held(a) < held(b); });
        rest.resize(std::min(rest.size(), most_states_ - chosen.size()));
        chosen.insert(chosen.end(), rest.begin(), rest.end());
        Layer kept;
        for (const std::size_t state : chosen) {
            kept.states.push_back(std::move(layer.states[state]));
            kept.ways.push_back(layer.ways[state]);
            const auto first = layer.held.begin() + static_cast<std::ptrdiff_t>(state * limits_.memories.size());
            kept.held.insert(kept.held.end(), first, first + static_cast<std::ptrdiff_t>(limits_.memories.size()));
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
    bool add_size(const Layer& layer, std::size_t state, std::size_t op, std::size_t device, unsigned used,
                  std::vector<Bytes>& held) const {
        for (std::size_t memory = 0; memory < held.size(); ++memory) {
            const auto& [name, capacity, holds, of] = limits_.memories[memory];
            held[memory] = layer.held[state * held.size() + memory];
            held[memory] += holds[device] && !limits_.size.empty() ? limits_.size[op][device] : Bytes{};
            Bytes working;
            for (std::size_t other = 0; other < limits_.working.size(); ++other) {
                working =
                    holds[other] && (used >> other & 1U) != 0 ? std::max(working, limits_.working[other]) : working;
            }
            if (held[memory] + working > capacity) {
                return false;
            }
        }
        return true;
    }

    // Incremental cost of `op` on `device` given the decoded state, which is updated.
    Time step(std::size_t op, std::size_t device, unsigned used) {
        Time cost = *problem_.cost[op][device];
        cost += (used >> device & 1U) == 0 ? problem_.activation[device] : Time{};
        device_of_[op] = static_cast<std::uint8_t>(device);
        for (const std::size_t f : flows_at(op)) {
            const bool reads = std::ranges::find(problem_.flows[f].consumers, static_cast<OperatorId>(op)) !=
                               problem_.flows[f].consumers.end();
            const auto before = std::ranges::find(open_[op], f) == open_[op].end() ? 0U : reached_[f];
            reached_[f] = static_cast<std::uint8_t>(before | (reads ? 1U << device : 0U));
        }
        for (const std::size_t f : closing_[op]) {
            cost += crossings(problem_.flows[f], reached_[f]);
        }
        for (const std::size_t i : losses_[op]) {
            const auto& loss = problem_.fusion[i];
            const bool split = device_of_[at(loss.after)] == loss.device && device_of_[at(loss.before)] != loss.device;
            cost += split ? loss.loss : Time{};
        }
        return cost;
    }

    [[nodiscard]] Time crossings(const PlacementProblem::TensorFlow& flow, unsigned reached) const {
        const std::size_t from = flow.producer == kNoOperator ? at(problem_.host) : device_of_[at(flow.producer)];
        reached |= flow.to_host ? 1U << at(problem_.host) : 0U;
        Time sum;
        for (std::size_t to = 0; to < problem_.devices; ++to) {
            sum += to != from && (reached >> to & 1U) != 0 ? flow.crossing[from][to] : Time{};
        }
        return sum;
    }

    // Flows that `op` touches: those live after it and those that it closes.
    [[nodiscard]] std::vector<std::size_t> flows_at(std::size_t op) const {
        std::vector<std::size_t> flows = closing_[op];
        flows.insert(flows.end(), open_[op + 1].begin(), open_[op + 1].end());
        return flows;
    }

    const PlacementProblem& problem_;
    const PlacementLimits& limits_;
    std::size_t most_states_;
    bool may_cut_, complete_ = true;
    std::size_t operators_;
    std::unordered_map<std::size_t, std::size_t> kept_until_;
    std::vector<std::vector<std::size_t>> live_, open_;       ///< [position] operators and flows with later readers
    std::vector<std::vector<std::size_t>> closing_, losses_;  ///< [operator] flows and fusion losses charged at it
    std::vector<std::size_t> leader_;                         ///< [operator] first operator of its group
    std::vector<std::uint8_t> device_of_, reached_;           ///< decoded fields of the current state
    std::vector<std::vector<Way>> ways_;
};

SearchedPlacement search(const PlacementProblem& problem, std::size_t most_states, bool may_cut) {
    if (problem.devices > kMostInSet || problem.cost.empty() || problem.cost.size() > kMostCounted) {
        return {};
    }
    return Frontier(problem, most_states, may_cut).best();
}

}  // namespace

std::optional<PlacementResult> frontier_placement(const PlacementProblem& problem, std::size_t most_states) {
    const Contraction contraction = contract(problem);
    if (!problem.limits.any()) {
        const auto found = search(contraction.problem, most_states, false).best;
        const auto latency = found ? objective(contraction.problem, *found) : std::nullopt;
        return latency ? std::optional(with_bound(problem, contraction, *found, *latency)) : std::nullopt;
    }
    const auto found = search(problem, most_states, false).best;  // segments are counted over single operators
    const auto latency = found ? objective(problem, *found) : std::nullopt;
    return latency ? std::optional(with_bound(problem, *found, *latency)) : std::nullopt;
}

SearchedPlacement frontier_search(const PlacementProblem& problem, std::size_t most_states) {
    static_cast<void>(contract(problem));  // throws if the problem is inconsistent
    return search(problem, most_states, true);
}

}  // namespace berth
