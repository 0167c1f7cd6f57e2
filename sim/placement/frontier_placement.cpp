// Layers of states, one per operator; equal states keep the cheaper way to them.
#include "placement/frontier_placement.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "placement/contraction.h"
#include "placement/optimality.h"

namespace berth {

namespace {

constexpr std::size_t kMostDevices = 8;  // a set of them fits a byte

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// How one state was reached.
struct Way {
    Time cost;
    std::uint32_t before = 0;  ///< state of the layer before
    std::uint8_t device = 0;   ///< of the operator between them
};

class Frontier {
  public:
    Frontier(const PlacementProblem& problem, std::optional<int> most_segments, std::size_t most_states)
        : problem_(problem),
          most_segments_(most_segments),
          most_states_(most_states),
          operators_(problem.cost.size()),
          live_(operators_ + 1),
          open_(operators_ + 1),
          closing_(operators_),
          losses_(operators_),
          device_of_(operators_),
          reached_(problem.flows.size()) {
        find_open_flows();
        find_live_operators();
    }

    std::optional<Assignment> best() {
        std::vector<std::string> layer{std::string(3 + live_[0].size() + open_[0].size(), '\0')};
        ways_.assign(1, {Way{}});
        for (std::size_t op = 0; op < operators_; ++op) {
            layer = next_layer(layer, op);
            if (layer.empty() || layer.size() > most_states_) {
                return std::nullopt;
            }
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
        return assignment;
    }

  private:
    // A flow is open from the first to the last operator that makes or reads it, and charged at the last.
    void find_open_flows() {
        for (std::size_t f = 0; f < problem_.flows.size(); ++f) {
            const auto& flow = problem_.flows[f];
            std::vector<OperatorId> ends = flow.consumers;
            if (flow.producer != kNoOperator) {
                ends.push_back(flow.producer);
            }
            if (ends.empty()) {
                continue;
            }
            const auto [first, last] = std::ranges::minmax(ends);
            for (auto op = at(first) + 1; op <= at(last); ++op) {
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

    // A state before operator `op` as text: segments, latest device, devices used, then operators and flows.
    void decode(const std::string& state, std::size_t op) {
        std::size_t byte = 3;
        for (const std::size_t live : live_[op]) {
            device_of_[live] = static_cast<std::uint8_t>(state[byte++]);
        }
        for (const std::size_t flow : open_[op]) {
            reached_[flow] = static_cast<std::uint8_t>(state[byte++]);
        }
    }

    [[nodiscard]] std::string encode(std::size_t op, int segments, int latest, unsigned used) const {
        std::string state{static_cast<char>(segments), static_cast<char>(latest), static_cast<char>(used)};
        for (const std::size_t live : live_[op]) {
            state.push_back(static_cast<char>(device_of_[live]));
        }
        for (const std::size_t flow : open_[op]) {
            state.push_back(static_cast<char>(reached_[flow]));
        }
        return state;
    }

    std::vector<std::string> next_layer(const std::vector<std::string>& layer, std::size_t op) {
        std::unordered_map<std::string, std::size_t> known;
        std::vector<std::string> next;
        std::vector<Way> ways;
        for (std::size_t state = 0; state < layer.size() && next.size() <= most_states_; ++state) {
            for (std::size_t device = 0; device < problem_.devices; ++device) {
                const int segments = segments_with(layer[state], op, device);
                if (!problem_.cost[op][device] || (most_segments_ && segments > *most_segments_)) {
                    continue;
                }
                decode(layer[state], op);
                const auto used = static_cast<unsigned>(static_cast<unsigned char>(layer[state][2]));
                const Time cost = ways_[op][state].cost + step(op, device, used);
                std::string reached =
                    encode(op + 1, segments, most_segments_ ? static_cast<int>(device) : 0, used | 1U << device);
                const auto [found, is_new] = known.emplace(std::move(reached), next.size());
                const Way way{cost, static_cast<std::uint32_t>(state), static_cast<std::uint8_t>(device)};
                if (is_new) {
                    next.push_back(found->first);
                    ways.push_back(way);
                } else if (cost < ways[found->second].cost) {
                    ways[found->second] = way;
                }
            }
        }
        ways_.push_back(std::move(ways));
        return next;
    }

    [[nodiscard]] int segments_with(const std::string& state, std::size_t op, std::size_t device) const {
        if (!most_segments_) {
            return 0;
        }
        const bool changes = op == 0 || static_cast<std::size_t>(state[1]) != device;
        return std::min(static_cast<int>(state[0]) + (changes ? 1 : 0), *most_segments_ + 1);
    }

    // What running `op` on `device` adds, with everything of the state decoded; updates it.
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
            const bool torn = device_of_[at(loss.after)] == loss.device && device_of_[at(loss.before)] != loss.device;
            cost += torn ? loss.loss : Time{};
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

    // Flows that `op` makes or reads: those open behind it, and those that it closes.
    [[nodiscard]] std::vector<std::size_t> flows_at(std::size_t op) const {
        std::vector<std::size_t> flows = closing_[op];
        flows.insert(flows.end(), open_[op + 1].begin(), open_[op + 1].end());
        return flows;
    }

    const PlacementProblem& problem_;
    std::optional<int> most_segments_;
    std::size_t most_states_, operators_;
    std::unordered_map<std::size_t, std::size_t> kept_until_;
    std::vector<std::vector<std::size_t>> live_, open_;       ///< operators and flows that matter before each position
    std::vector<std::vector<std::size_t>> closing_, losses_;  ///< flows and fusion losses charged at each operator
    std::vector<std::uint8_t> device_of_, reached_;           ///< of the state at hand
    std::vector<std::vector<Way>> ways_;
};

}  // namespace

std::optional<PlacementResult> frontier_placement(const PlacementProblem& problem, std::optional<int> most_segments,
                                                  std::size_t most_states) {
    constexpr int kMostCounted = 100;
    const Contraction contraction = contract(problem);
    if (contraction.problem.devices > kMostDevices || contraction.problem.cost.empty()) {
        return std::nullopt;
    }
    if (most_segments && *most_segments > kMostCounted) {
        most_segments.reset();
    }
    const auto assignment = Frontier(contraction.problem, most_segments, most_states).best();
    const auto latency = assignment ? objective(contraction.problem, *assignment) : std::nullopt;
    return latency ? std::optional(with_bound(problem, contraction, *assignment, *latency)) : std::nullopt;
}

}  // namespace berth
