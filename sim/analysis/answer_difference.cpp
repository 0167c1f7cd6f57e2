// Compares results number by number.
#include "analysis/answer_difference.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace berth {

namespace {

constexpr int kShownDigits = 6;  // digits of every number in JSON

bool differ(Time a, Time b) { return numbers_differ(a.si(), b.si()); }
bool differ(Bytes a, Bytes b) { return numbers_differ(a.si(), b.si()); }
bool differ(Energy a, Energy b) { return numbers_differ(a.si(), b.si()); }
bool differ(Frequency a, Frequency b) { return numbers_differ(a.si(), b.si()); }
bool differ(double a, double b) { return numbers_differ(a, b); }
bool differ(const Estimate<Time>& a, const Estimate<Time>& b) {
    return differ(a.median, b.median) || differ(a.low, b.low) || differ(a.high, b.high);
}
template <class Value>
bool differ(const std::optional<Value>& a, const std::optional<Value>& b) {
    return a.has_value() != b.has_value() || (a && differ(*a, *b));
}

bool categories_differ(const Candidate& a, const Candidate& b) {
    return !std::ranges::equal(a.by_category, b.by_category, [](const auto& x, const auto& y) {
        return x.first == y.first && !differ(x.second, y.second);
    });
}

bool memories_differ(const Candidate& a, const Candidate& b) {
    return differ(a.weight_bytes, b.weight_bytes) || differ(a.peak_activation_bytes, b.peak_activation_bytes) ||
           differ(a.spilled_bytes, b.spilled_bytes) || differ(a.kept_in_dram, b.kept_in_dram);
}

bool generations_differ(const Candidate& a, const Candidate& b) {
    if (!a.generation || !b.generation) {
        return a.generation.has_value() != b.generation.has_value();
    }
    return differ(a.generation->first_token, b.generation->first_token) ||
           differ(a.generation->step, b.generation->step) || differ(a.generation->kv_cache, b.generation->kv_cache);
}

bool candidates_differ(const Candidate& a, const Candidate& b) {
    const auto exact = [](const Candidate& one) {
        return std::tie(one.placement, one.feasible, one.padded_tokens, one.actual_tokens, one.assignment);
    };
    return exact(a) != exact(b) || differ(a.latency, b.latency) || differ(a.energy, b.energy) ||
           differ(a.handover, b.handover) || categories_differ(a, b) || generations_differ(a, b) ||
           memories_differ(a, b);
}

std::string chosen_of(const StageResult& stage) {
    return stage.chosen ? stage.candidates[*stage.chosen].placement : "";
}

bool chosen_differ(const StageResult& a, const StageResult& b) {
    if (chosen_of(a) != chosen_of(b) || a.passes.size() != b.passes.size()) {
        return true;
    }
    for (std::size_t i = 0; i < a.passes.size(); ++i) {
        const Candidate& old = a.candidates[a.passes[i].candidate];
        const Candidate& now = b.candidates[b.passes[i].candidate];
        if (a.passes[i].passes != b.passes[i].passes || candidates_differ(old, now)) {
            return true;
        }
    }
    return a.chosen && candidates_differ(a.candidates[*a.chosen], b.candidates[*b.chosen]);
}

bool stages_differ(const StageResult& a, const StageResult& b) {
    return std::tie(a.name, a.model, a.repeat) != std::tie(b.name, b.model, b.repeat) || differ(a.latency, b.latency) ||
           differ(a.budget, b.budget) || chosen_differ(a, b);
}

bool totals_differ(const ScenarioResult& a, const ScenarioResult& b) {
    const auto exact = [](const ScenarioResult& one) {
        return std::tie(one.scenario, one.hardware, one.devices, one.objective);
    };
    if (exact(a) != exact(b) || differ(a.total.latency, b.total.latency) || differ(a.total.energy, b.total.energy) ||
        differ(a.total.budget_probability, b.total.budget_probability)) {
        return true;
    }
    return a.rate.has_value() != b.rate.has_value() ||
           (a.rate && (differ(a.rate->simulated, b.rate->simulated) || differ(a.rate->capacity, b.rate->capacity) ||
                       a.rate->busiest != b.rate->busiest));
}

// Latency of a placement; absent if this result does not have it or it is infeasible.
std::optional<Time> latency_of(const Candidate* candidate) {
    return candidate != nullptr && candidate->feasible ? std::optional(candidate->latency.median) : std::nullopt;
}

void compare_others(const StageResult& before, const StageResult& after, std::vector<MovedCandidate>& others) {
    const auto named = [](const StageResult& stage, const std::string& name) {
        const auto found = std::ranges::find(stage.candidates, name, placement_name);
        return found == stage.candidates.end() ? nullptr : &*found;
    };
    const auto add = [&](const std::string& name, const Candidate* old, const Candidate* now) {
        others.push_back({after.name, name, chosen_of(after), latency_of(old), latency_of(now)});
    };
    for (const Candidate& now : after.candidates) {
        const Candidate* old = named(before, placement_name(now));
        const bool runs = now.feasible || (old != nullptr && old->feasible);
        if (runs && (old == nullptr || candidates_differ(*old, now))) {
            add(placement_name(now), old, &now);
        }
    }
    for (const Candidate& old : before.candidates) {
        if (old.feasible && named(after, placement_name(old)) == nullptr) {
            add(placement_name(old), &old, nullptr);
        }
    }
}

}  // namespace

bool numbers_differ(double a, double b) {
    if (a == b) {
        return false;
    }
    const double most = std::max(std::abs(a), std::abs(b));
    const double scale = std::pow(10.0, kShownDigits - 1 - std::floor(std::log10(most)));
    return std::round(a * scale) != std::round(b * scale);
}

AnswerDifference difference_of(const ScenarioResult& before, const ScenarioResult& after) {
    AnswerDifference difference;
    difference.chosen = totals_differ(before, after) ||
                        !std::ranges::equal(before.stages, after.stages,
                                            [](const auto& a, const auto& b) { return !stages_differ(a, b); });
    for (std::size_t i = 0; !difference.chosen && i < after.stages.size(); ++i) {
        compare_others(before.stages[i], after.stages[i], difference.others);
    }
    return difference;
}

bool times_differ(const Estimate<Time>& a, const Estimate<Time>& b) { return differ(a, b); }

bool rows_differ(const ScenarioResult& before, const ScenarioResult& after) {
    const auto meets = [](const ScenarioTotal& total) { return total.budget && total.latency.median <= *total.budget; };
    const auto same_times = [](const Candidate& a, const Candidate& b) {
        return a.placement == b.placement && a.feasible == b.feasible && !differ(a.latency.median, b.latency.median) &&
               !generations_differ(a, b);
    };
    const auto same_stages = [&](const StageResult& a, const StageResult& b) {
        return a.name == b.name && chosen_of(a) == chosen_of(b) && !differ(a.latency.median, b.latency.median) &&
               std::ranges::equal(a.candidates, b.candidates, same_times);
    };
    const ScenarioTotal& old = before.total;
    const ScenarioTotal& now = after.total;
    return differ(old.latency.median, now.latency.median) || differ(old.energy, now.energy) ||
           old.budget.has_value() != now.budget.has_value() || meets(old) != meets(now) ||
           !std::ranges::equal(before.stages, after.stages, same_stages);
}

std::optional<MovedMemory> moved_in_memory_alone(const ScenarioResult& before, const ScenarioResult& after) {
    if (differ(before.total.latency.median, after.total.latency.median) ||
        !std::ranges::equal(before.stages, after.stages, [](const StageResult& a, const StageResult& b) {
            return a.candidates.size() == b.candidates.size() && a.chosen == b.chosen;
        })) {
        return std::nullopt;
    }
    std::optional<MovedMemory> moved;
    ScenarioResult same_memory = after;
    for (std::size_t s = 0; s < after.stages.size(); ++s) {
        for (std::size_t c = 0; c < after.stages[s].candidates.size(); ++c) {
            const Candidate& old = before.stages[s].candidates[c];
            Candidate& now = same_memory.stages[s].candidates[c];
            const bool weights = differ(old.weight_bytes, now.weight_bytes);
            if (!moved && after.stages[s].chosen == c && memories_differ(old, now)) {
                moved = MovedMemory{after.stages[s].name, now.placement,
                                    weights ? old.weight_bytes : old.peak_activation_bytes,
                                    weights ? now.weight_bytes : now.peak_activation_bytes};
            }
            now.weight_bytes = old.weight_bytes;
            now.peak_activation_bytes = old.peak_activation_bytes;
            now.spilled_bytes = old.spilled_bytes;
            now.kept_in_dram = old.kept_in_dram;
        }
    }
    return difference_of(before, same_memory).none() ? moved : std::nullopt;
}

std::vector<std::string> parts_that_differ(const ScenarioResult& before, const ScenarioResult& after) {
    std::vector<std::string> parts;
    const auto add_if = [&](bool moved, const char* part) {
        if (moved) {
            parts.emplace_back(part);
        }
    };
    const auto any_chosen = [&](const auto& moved) {
        for (std::size_t i = 0; i < std::min(before.stages.size(), after.stages.size()); ++i) {
            const StageResult& old = before.stages[i];
            const StageResult& now = after.stages[i];
            if (old.chosen && now.chosen && moved(old.candidates[*old.chosen], now.candidates[*now.chosen])) {
                return true;
            }
        }
        return false;
    };
    add_if(differ(before.total.latency, after.total.latency), "intervals");
    add_if(differ(before.total.budget_probability, after.total.budget_probability), "the probability of the budget");
    add_if(any_chosen([](const Candidate& a, const Candidate& b) { return differ(a.energy, b.energy); }), "energy");
    add_if(any_chosen(memories_differ), "memory");
    add_if(!std::ranges::equal(before.stages, after.stages,
                               [](const StageResult& a, const StageResult& b) { return !differ(a.budget, b.budget); }),
           "the budget of a stage");
    add_if(before.rate && after.rate && differ(before.rate->simulated, after.rate->simulated), "requests per second");
    return parts;
}

bool same_traffic(const TrafficResult& before, const TrafficResult& after) {
    const SimulationResult& a = before.simulation;
    const SimulationResult& b = after.simulation;
    const auto times = [](const SimulationResult& one) {
        return one.latency ? std::vector{one.latency->mean.value, one.latency->p50.value, one.latency->p95.value,
                                         one.latency->p99.value}
                           : std::vector<Time>{};
    };
    const auto same = [](const auto& x, const auto& y) { return !differ(x, y); };
    const auto met = [](const SimulationResult& one) {
        return one.within_deadline ? std::optional(one.within_deadline->value) : std::nullopt;
    };
    const auto load = [](const SimulationResult& one) {
        return one.load ? std::optional(one.load->value) : std::nullopt;
    };
    const auto same_use = [](const ResourceUse& x, const ResourceUse& y) {
        return x.name == y.name && !differ(x.utilisation, y.utilisation);
    };
    return a.stable == b.stable && same(a.throughput, b.throughput) && same(a.sustainable, b.sustainable) &&
           std::ranges::equal(times(a), times(b), same) && std::ranges::equal(a.pools, b.pools, same_use) &&
           std::ranges::equal(a.bandwidths, b.bandwidths, same_use) && same(met(a), met(b)) && same(load(a), load(b));
}

}  // namespace berth
