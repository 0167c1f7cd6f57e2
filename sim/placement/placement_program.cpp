// The dynamic programme's states as layers of moves, and its evaluation for given term values.
#include "berth/placement/placement_program.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "base/index.h"
#include "placement/open_parts.h"

namespace berth {

namespace {

constexpr std::size_t kMostStates = 512;
constexpr std::size_t kMostOperators = 4096;
constexpr std::size_t kLongestPeriod = 256;
constexpr std::size_t kDevices = 2;

}  // namespace

/// Enumerates states: devices that still matter (of operators with later readers or later fused epilogues), and devices
/// that each live tensor has reached.
class ProgramBuilder {
  public:
    ProgramBuilder(const PlacementProblem& problem, const PlacementSums& sums)
        : problem_(problem), of_(sums), operators_(problem.cost.size()), parts_(problem) {}

    std::optional<PlacementProgram> program() {
        std::vector<std::string> states{""};
        std::map<std::pair<std::size_t, std::vector<PlacementProgram::Move>>, std::uint32_t> known;
        for (std::size_t op = 0; op < operators_; ++op) {
            PlacementProgram::Layer layer;
            states = next_states(states, op, layer);
            if (states.empty() || states.size() > kMostStates) {
                return std::nullopt;
            }
            const auto [found, is_new] = known.emplace(std::pair(layer.states, layer.moves),
                                                       static_cast<std::uint32_t>(program_.layers_.size()));
            if (is_new) {
                program_.layers_.push_back(std::move(layer));
            }
            program_.order_.push_back(found->second);
        }
        program_.find_parts();
        return std::move(program_);
    }

  private:
    std::vector<std::string> next_states(const std::vector<std::string>& states, std::size_t op,
                                         PlacementProgram::Layer& layer) {
        std::map<std::string, std::uint16_t> known;
        std::vector<std::string> next;
        for (std::size_t state = 0; state < states.size(); ++state) {
            for (std::size_t device = 0; device < kDevices; ++device) {
                if (!problem_.cost[op][device]) {
                    continue;
                }
                parts_.read(states[state], 0, op);
                const std::uint32_t sum = step(op, device);
                std::string after;
                parts_.append_to(after, op + 1);
                const auto [found, is_new] = known.emplace(std::move(after), static_cast<std::uint16_t>(next.size()));
                if (is_new) {
                    next.push_back(found->first);
                }
                layer.moves.push_back({static_cast<std::uint16_t>(state), found->second, sum});
            }
        }
        std::ranges::sort(layer.moves, {}, [](const auto& move) { return std::tuple(move.to, move.from, move.sum); });
        layer.states = next.size();
        return next;
    }

    // Incremental cost of `op` on `device` given the decoded state, which is updated.
    std::uint32_t step(std::size_t op, std::size_t device) {
        const auto own = of_.of_operator(op, device);
        CostSum cost(own.begin(), own.end());
        parts_.place(op, device);
        for (const std::size_t f : parts_.closed_by(op)) {
            parts_.each_crossing(f, [&](std::size_t from, std::size_t to) {
                cost.push_back({of_.crossing(f, from, to), 1});
            });
        }
        parts_.each_split(op, [&](std::size_t loss) { cost.push_back({of_.split_fusion(loss), 1}); });
        return sum_of(cost);
    }

    std::uint32_t sum_of(const CostSum& cost) {
        std::string key;
        for (const TermCount& one : cost) {
            key.append(reinterpret_cast<const char*>(&one.term), sizeof one.term);
            key.append(reinterpret_cast<const char*>(&one.count), sizeof one.count);
        }
        const auto [found, is_new] = sums_.emplace(key, static_cast<std::uint32_t>(program_.sums_.size()));
        if (is_new) {
            const auto first = static_cast<std::uint32_t>(program_.terms_.size());
            program_.terms_.insert(program_.terms_.end(), cost.begin(), cost.end());
            program_.sums_.push_back({first, static_cast<std::uint32_t>(program_.terms_.size())});
        }
        return found->second;
    }

    const PlacementProblem& problem_;
    const PlacementSums& of_;
    std::size_t operators_;
    OpenParts parts_;
    std::map<std::string, std::uint32_t> sums_;
    PlacementProgram program_;
};

std::optional<PlacementProgram> PlacementProgram::of(const PlacementProblem& problem, const PlacementSums& sums) {
    if (problem.devices != kDevices || !problem.group.empty() || problem.cost.empty() ||
        problem.cost.size() > kMostOperators) {
        return std::nullopt;
    }
    return ProgramBuilder(problem, sums).program();
}

// Finds the periodic run of layers whose repetition saves the most work; it begins where the fewest states meet.
void PlacementProgram::find_parts() {
    const std::size_t count = order_.size();
    const auto states_before = [this](std::size_t i) { return i == 0 ? 1 : layers_[order_[i - 1]].states; };
    Part best{0, 0, 1};
    double most = 0;
    for (std::size_t period = 1; period <= std::min(count / 2, kLongestPeriod); ++period) {
        for (std::size_t start = 0; start + period < count; ++start) {
            std::size_t same = 0;
            while (start + same + period < count && order_[start + same] == order_[start + same + period]) {
                ++same;
            }
            for (std::size_t cut = start; cut < start + period && cut + period <= start + same; ++cut) {
                const std::size_t times = (start + same + period - cut) / period;
                const double states = static_cast<double>(states_before(cut));
                // Each state at the start of a period is evaluated once for all repetitions.
                const double saved = static_cast<double>(period) * (static_cast<double>(times) - states);
                if (times > 1 && states_before(cut) == states_before(cut + period) && saved > most) {
                    most = saved;
                    best = {cut, cut + period, times};
                }
            }
            start += same;
        }
    }
    if (best.times == 1) {
        parts_ = {{0, count, 1}};
        return;
    }
    const std::size_t behind = best.first + (best.last - best.first) * best.times;
    parts_ = {{0, best.first, 1}, best, {behind, count, 1}};
}

void PlacementProgram::add_up(const TermValues& values, std::vector<Best>& sums) const {
    sums.resize(sums_.size());
    for (std::size_t s = 0; s < sums_.size(); ++s) {
        Best sum{0, 0};
        for (std::size_t t = sums_[s].first; t < sums_[s].last; ++t) {
            sum.time += terms_[t].count * values.times[terms_[t].term];
            sum.energy += terms_[t].count * values.energies[terms_[t].term];
        }
        sums[s] = sum;
    }
}

void PlacementProgram::walk(const Part& part, Scratch& scratch) const {
    for (std::size_t i = part.first; i < part.last; ++i) {
        const Layer& layer = layers_[order_[i]];
        scratch.next.assign(layer.states, Best{});
        for (const Move& move : layer.moves) {
            const Best& from = scratch.now[move.from];
            const Best& sum = scratch.sums[move.sum];
            Best& to = scratch.next[move.to];
            const double time = from.time + sum.time;
            if (time < to.time) {
                to = {time, from.energy + sum.energy};
            }
        }
        std::swap(scratch.now, scratch.next);
    }
}

void PlacementProgram::repeat(const Part& part, Scratch& scratch) const {
    const std::size_t states = scratch.now.size();
    scratch.column = scratch.now;
    scratch.matrix.clear();
    for (std::size_t from = 0; from < states; ++from) {
        scratch.now.assign(states, Best{});
        scratch.now[from] = {0, 0};
        walk({part.first, part.last, 1}, scratch);
        scratch.matrix.insert(scratch.matrix.end(), scratch.now.begin(), scratch.now.end());
    }
    for (std::size_t time = 0; time < part.times; ++time) {
        scratch.next.assign(states, Best{});
        for (std::size_t from = 0; from < states; ++from) {
            for (std::size_t to = 0; to < states; ++to) {
                const Best& way = scratch.matrix[from * states + to];
                const double sum = scratch.column[from].time + way.time;
                if (sum < scratch.next[to].time) {
                    scratch.next[to] = {sum, scratch.column[from].energy + way.energy};
                }
            }
        }
        std::swap(scratch.column, scratch.next);
    }
    std::swap(scratch.now, scratch.column);
}

PlacementProgram::Best PlacementProgram::best(const TermValues& values, Scratch& scratch) const {
    add_up(values, scratch.sums);
    scratch.now.assign(1, {0, 0});
    for (const Part& part : parts_) {
        if (part.times > 1) {
            repeat(part, scratch);
        } else {
            walk(part, scratch);
        }
    }
    return *std::ranges::min_element(scratch.now, {}, &Best::time);
}

}  // namespace berth
