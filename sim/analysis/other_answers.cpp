// Collects the answers of a result besides its total.
#include "analysis/other_answers.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "berth/simulated_scenario.h"

namespace berth {

namespace {

constexpr double kAnswerRounding = 1e-9;

class AnswerList {
  public:
    void add(std::string name, double value) { answers_.push_back({std::move(name), value}); }
    void add(std::string name, const std::optional<double>& value) {
        if (value) {
            add(std::move(name), *value);
        }
    }
    std::vector<Answer> take() { return std::move(answers_); }

  private:
    std::vector<Answer> answers_;
};

void add_traffic(AnswerList& list, const TrafficResult& traffic) {
    const SimulationResult& result = traffic.simulation;
    list.add("stable", result.stable ? 1 : 0);
    list.add("sustainable_per_s", in_hertz(result.sustainable));
    if (!result.stable) {
        return;
    }
    list.add("throughput_per_s", in_hertz(result.throughput));
    if (result.latency) {
        list.add("mean_ms", in_milliseconds(result.latency->mean.value));
        list.add("p50_ms", in_milliseconds(result.latency->p50.value));
        list.add("p95_ms", in_milliseconds(result.latency->p95.value));
        list.add("p99_ms", in_milliseconds(result.latency->p99.value));
    }
    if (result.within_deadline) {
        list.add("within_budget", result.within_deadline->value);
    }
    for (std::size_t i = 0; i < result.phases.size(); ++i) {
        list.add(traffic.system.phases[i].name + ".within_budget", result.phases[i].within_budget);
    }
}

void add_chats(AnswerList& list, const ChatTraffic& chats) {
    list.add("stable", chats.stable ? 1 : 0);
    list.add("sustainable_per_s", in_hertz(chats.sustainable));
    if (!chats.first_token) {
        return;
    }
    list.add("throughput_per_s", in_hertz(chats.throughput));
    list.add("first_token_p50_ms", in_milliseconds(chats.first_token->p50.value));
    list.add("first_token_p95_ms", in_milliseconds(chats.first_token->p95.value));
    list.add("tokens_p50_per_s", 1 / in_seconds(chats.token->p50.value));
    list.add("tokens_p95_per_s", 1 / in_seconds(chats.token->p95.value));
    list.add("p50_ms", in_milliseconds(chats.answer->p50.value));
    list.add("p95_ms", in_milliseconds(chats.answer->p95.value));
    if (chats.within_budget) {
        list.add("within_budget", chats.within_budget->value);
    }
}

const Answer* named(const std::vector<Answer>& answers, const std::string& name) {
    const auto found = std::ranges::find(answers, name, &Answer::name);
    return found == answers.end() ? nullptr : &*found;
}

}  // namespace

EvaluationOptions options_for_answers(const Scenario& scenario) {
    EvaluationOptions options;
    options.operators = scenario.traffic.has_value();
    return options;
}

std::vector<Answer> other_answers(const Scenario& scenario, const ScenarioResult& result) {
    AnswerList list;
    const ScenarioTotal& total = result.total;
    list.add("low_ms", in_milliseconds(total.latency.low));
    list.add("high_ms", in_milliseconds(total.latency.high));
    if (total.energy) {
        list.add("energy_mj", in_millijoules(*total.energy));
    }
    if (total.budget) {
        list.add("meets_budget", total.latency.median <= *total.budget ? 1 : 0);
    }
    list.add("budget_probability", total.budget_probability);
    if (result.rate) {
        list.add("simulated_per_s", in_hertz(result.rate->simulated));
        list.add("upper_bound_per_s", in_hertz(result.rate->upper_bound));
    }
    if (const auto traffic = simulate_traffic(scenario, result, {.outlook = false})) {
        add_traffic(list, *traffic);
    } else if (const auto chats = simulate_chats(scenario, result, {.outlook = false}); !chats.empty()) {
        add_chats(list, chats.front().traffic);
    }
    return list.take();
}

std::vector<Answer> answers_of(const Scenario& scenario) {
    Diagnostics ignored;
    const auto result = evaluate(scenario, ignored, options_for_answers(scenario));
    return result ? other_answers(scenario, *result) : std::vector<Answer>();
}

std::vector<AnswerChange> answer_changes(const std::vector<Answer>& before, const std::vector<Answer>& after) {
    std::vector<AnswerChange> changes;
    for (const Answer& old : before) {
        const Answer* now = named(after, old.name);
        if (now == nullptr) {
            changes.push_back({old.name, old.value, std::nullopt});
        } else if (std::abs(now->value - old.value) >
                   kAnswerRounding * std::max(std::abs(now->value), std::abs(old.value))) {
            changes.push_back({old.name, old.value, now->value});
        }
    }
    for (const Answer& now : after) {
        if (named(before, now.name) == nullptr) {
            changes.push_back({now.name, std::nullopt, now.value});
        }
    }
    return changes;
}

}  // namespace berth
