// Collects the answers of a result besides its total.
#include "analysis/other_answers.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "berth/evaluation/simulated_scenario.h"

namespace berth {

namespace {

constexpr double kAnswerRounding = 1e-9;

class AnswerList {
  public:
    void add(std::string key, std::string words, AnswerForm form, const std::optional<double>& value) {
        if (value) {
            answers_.push_back({{std::move(key), std::move(words), form}, *value});
        }
    }
    void add(std::string key, std::string words, Time time) {
        add(std::move(key), std::move(words), AnswerForm::kMilliseconds, in_milliseconds(time));
    }
    void add(std::string key, std::string words, Frequency rate) {
        add(std::move(key), std::move(words), AnswerForm::kPerSecond, in_hertz(rate));
    }
    std::vector<Answer> take() { return std::move(answers_); }

  private:
    std::vector<Answer> answers_;
};

/// A stream of requests, or with `chats` one of chats. Without a throughput it piles up, and has no latency.
void add_stream(AnswerList& list, bool stable, Frequency sustainable, const std::optional<Frequency>& throughput,
                const std::optional<SimulatedLatency>& latency, const std::optional<SimulatedShare>& within_budget,
                const ChatTraffic* chats = nullptr) {
    list.add("stable", "stream is stable", AnswerForm::kTruth, stable ? 1 : 0);
    list.add("sustainable_per_s", "sustainable requests per second", sustainable);
    if (!throughput) {
        return;
    }
    list.add("throughput_per_s", "completed requests per second", *throughput);
    if (chats != nullptr) {
        list.add("first_token_p50_ms", "median time to the first token", chats->first_token->p50.value);
        list.add("first_token_p95_ms", "p95 of the time to the first token", chats->first_token->p95.value);
        list.add("tokens_p50_per_s", "median of the tokens per second", 1 / chats->token->p50.value);
        list.add("tokens_p95_per_s", "tokens per second of 95 % of the answers", 1 / chats->token->p95.value);
    } else if (latency) {
        list.add("mean_ms", "mean latency", latency->mean.value);
    }
    if (latency) {
        list.add("p50_ms", "median latency", latency->p50.value);
        list.add("p95_ms", "p95", latency->p95.value);
    }
    if (latency && chats == nullptr) {
        list.add("p99_ms", "p99", latency->p99.value);
    }
    list.add("within_budget", "share of requests within the budget", AnswerForm::kShare,
             within_budget ? std::optional(within_budget->value) : std::nullopt);
}

void add_traffic(AnswerList& list, const TrafficResult& traffic) {
    const SimulationResult& result = traffic.simulation;
    add_stream(list, result.stable, result.sustainable, result.stable ? std::optional(result.throughput) : std::nullopt,
               result.latency, result.within_deadline);
    for (std::size_t i = 0; result.stable && i < result.phases.size(); ++i) {
        const std::string& stage = traffic.system.phases[i].name;
        list.add(stage + ".within_budget", "share within the budget of " + stage, AnswerForm::kShare,
                 result.phases[i].within_budget);
    }
}

void add_chats(AnswerList& list, const ChatTraffic& chats) {
    add_stream(list, chats.stable, chats.sustainable,
               chats.first_token ? std::optional(chats.throughput) : std::nullopt, chats.answer, chats.within_budget,
               &chats);
}

}  // namespace

const Answer* answer_named(const std::vector<Answer>& answers, const std::string& key) {
    const auto found = std::ranges::find(answers, key, [](const Answer& one) { return one.name.key; });
    return found == answers.end() ? nullptr : &*found;
}

EvaluationOptions options_for_answers(const Scenario& scenario) {
    EvaluationOptions options;
    options.operators = scenario.traffic.has_value();
    return options;
}

std::vector<Answer> other_answers(const Scenario& scenario, const ScenarioResult& result) {
    AnswerList list;
    const ScenarioTotal& total = result.total;
    list.add("low_ms", "5 % end of the total", total.latency.low);
    list.add("high_ms", "95 % end of the total", total.latency.high);
    list.add("energy_mj", "energy", AnswerForm::kMillijoules,
             total.energy ? std::optional(in_millijoules(*total.energy)) : std::nullopt);
    if (total.budget) {
        list.add("meets_budget", "budget met by the median", AnswerForm::kTruth,
                 total.latency.median <= *total.budget ? 1 : 0);
    }
    list.add("budget_probability", "probability of meeting the budget", AnswerForm::kShare, total.budget_probability);
    if (result.rate) {
        list.add("simulated_per_s", "requests per second", result.rate->simulated);
        list.add("upper_bound_per_s", "bound of the requests per second", result.rate->upper_bound);
    }
    if (const auto traffic = simulate_traffic(scenario, result, {.outlook = false})) {
        add_traffic(list, *traffic);
    } else if (const auto chats = simulate_chats(scenario, result, {.outlook = false}); !chats.empty()) {
        add_chats(list, chats.front().traffic);
    }
    return list.take();
}

std::vector<AnswerChange> answer_changes(const std::vector<Answer>& before, const std::vector<Answer>& after) {
    std::vector<AnswerChange> changes;
    for (const Answer& old : before) {
        const Answer* now = answer_named(after, old.name.key);
        if (now == nullptr) {
            changes.push_back({old.name, old.value, std::nullopt});
        } else if (std::abs(now->value - old.value) >
                   kAnswerRounding * std::max(std::abs(now->value), std::abs(old.value))) {
            changes.push_back({old.name, old.value, now->value});
        }
    }
    for (const Answer& now : after) {
        if (answer_named(before, now.name.key) == nullptr) {
            changes.push_back({now.name, std::nullopt, now.value});
        }
    }
    return changes;
}

}  // namespace berth
