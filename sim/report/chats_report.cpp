// Percentiles of chats as text, JSON and CSV: the wait for the first token, the rate of tokens, whole answers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"
#include "berth/report/traffic_report.h"
#include "report/names.h"
#include "report/text_layout.h"
#include "report/traffic_json.h"

namespace berth {

namespace {

const Candidate& placed(const PlacedChats& chats, const ScenarioResult& result) {
    return result.stages[chats.stage].candidates[chats.candidate];
}

bool is_chosen(const PlacedChats& chats, const ScenarioResult& result) {
    return chats.candidate == result.stages[chats.stage].chosen;
}

const Generation& generation_of(const PlacedChats& chats, const ScenarioResult& result, const Scenario& scenario) {
    return *model_stage_of(scenario, result.stages[chats.stage].name)->generation;
}

// Name of a row: the placement, preceded by the stage if there are others, since the placement does not name the model.
std::string chats_name(const PlacedChats& chats, const ScenarioResult& result) {
    const std::string placement = placement_name(placed(chats, result));
    return result.stages.size() == 1 ? placement : result.stages[chats.stage].name + " on " + placement;
}

// "16 to 1024 tokens (mean 300)".
std::string lengths_text(const LengthRange& lengths, std::int64_t mean) {
    return lengths.shortest == lengths.longest
               ? fmt::format("{} tokens", mean)
               : fmt::format("{} to {} tokens (mean {})", lengths.shortest, lengths.longest, mean);
}

// A percentile of a token rate is a rate that this share of the answers at least reaches: the inverse of the same
// percentile of the time.
std::vector<std::string> row_of_chats(const PlacedChats& chats, const std::string& name) {
    const ChatTraffic& traffic = chats.traffic;
    std::vector<std::string> cells{name, fmt::format("{}", chats.slots)};
    if (traffic.first_token) {
        for (const SimulatedTime* time :
             {&traffic.first_token->p50, &traffic.first_token->p95, &traffic.first_token->p99}) {
            cells.push_back(brief(time->value));
        }
        for (const SimulatedTime* time : {&traffic.token->p50, &traffic.token->p95, &traffic.token->p99}) {
            cells.push_back(token_rate_text(time->value));
        }
    } else {
        cells.insert(cells.end(), 6, "-");
    }
    cells.push_back(per_second_text(traffic.sustainable));
    cells.push_back(traffic.load ? percent_text(*traffic.load, 2) : "-");
    return cells;
}

std::string budget_text(const ChatTraffic& traffic, const Scenario& scenario) {
    return traffic.within_budget && scenario.budget
               ? fmt::format(" {} of the answers are complete within the {} budget.",
                             share_text(traffic.within_budget->value), brief(*scenario.budget))
               : "";
}

std::string probability_text(const ChatTraffic& traffic) {
    std::string text;
    if (traffic.piling_up && *traffic.piling_up > 0) {
        text += fmt::format(" Given the profile's uncertainty, chats pile up with a probability of {}.",
                            share_text(*traffic.piling_up));
    }
    if (traffic.within_budget && traffic.budget_probability) {
        text += fmt::format(
            " With the profile's uncertainty included, an answer is complete within the budget with a probability of "
            "{}.",
            share_text(traffic.budget_probability->value));
    }
    return text;
}

std::string length_text(const ChatTraffic& traffic) {
    return fmt::format(" {} chats simulated after a warm-up of {}", traffic.counted, traffic.warm_up) +
           (traffic.first_token && traffic.first_token->has_intervals
                ? fmt::format(": mean and p95 of the first token are known to within {}.",
                              precision_text(traffic.first_token->precision()))
                : ", too few for intervals.");
}

std::string busy_slots_text(const ChatTraffic& traffic) {
    return fmt::format(
        "{} tokens/s of all answers together, first tokens included; it is busy {} of the time, with a mean of {} in "
        "its slots.",
        number_text(in_hertz(traffic.tokens), 3), percent_text(traffic.busy, 2), number_text(traffic.at_once, 3));
}

std::string chosen_text(const PlacedChats& chats, const std::string& name, const Scenario& scenario) {
    const ChatTraffic& traffic = chats.traffic;
    if (!traffic.stable) {
        return fmt::format("On {} chats pile up: {} are sustainable.{}", name, requests_text(traffic.sustainable),
                           budget_text(traffic, scenario) + probability_text(traffic));
    }
    return fmt::format("On {} {} are completed, {}{}{}{}", name, requests_text(traffic.throughput),
                       busy_slots_text(traffic), budget_text(traffic, scenario), probability_text(traffic),
                       length_text(traffic));
}

// One of several stages: the request count and the budget are reported for all stages together.
std::string stage_text(const PlacedChats& chats, const std::string& name) {
    return chats.traffic.stable ? fmt::format("{}: {}", name, busy_slots_text(chats.traffic)) : "";
}

constexpr std::array<const char*, 4> kStatistics{"mean", "p50", "p95", "p99"};

std::array<SimulatedTime, 4> statistics(const SimulatedLatency& latency) {
    return {latency.mean, latency.p50, latency.p95, latency.p99};
}
std::array<SpreadTime, 4> statistics(const LatencySpread& spread) {
    return {spread.mean, spread.p50, spread.p95, spread.p99};
}

/// A reported quantity of chats: its simulated times, and their spread under the profile's uncertainty.
struct ChatColumn {
    const char* name;  ///< name of rows and columns
    const char* key;   ///< key in JSON
    const char* csv;   ///< start of its columns in CSV
    bool rate;         ///< reported as the inverse of the times
    std::optional<SimulatedLatency> ChatTraffic::*simulated;
    LatencySpread ChatSpreads::*spread;
};
constexpr std::array<ChatColumn, 3> kChatColumns{{
    {"first token", "first_token", "first_token", false, &ChatTraffic::first_token, &ChatSpreads::first_token},
    {"tokens/s", "token_rate", "tokens", true, &ChatTraffic::token, &ChatSpreads::token},
    {"answer", "answer", "answer", false, &ChatTraffic::answer, &ChatSpreads::answer},
}};

std::string ends_text(const ChatColumn& column, Time low, std::optional<Time> high) {
    if (!column.rate) {
        return high ? range_text({(low + *high) / 2, low, *high}) : brief(low) + " and more";
    }
    return high ? token_rate_range({(low + *high) / 2, low, *high}) : fmt::format("up to {}", token_rate_text(low));
}

// Simulation error and profile uncertainty are stated separately: more chats reduce the first, better numbers the
// second.
std::string known_text(const ChatTraffic& traffic, TextWidth width) {
    if (!traffic.spreads || !traffic.first_token || !traffic.first_token->has_intervals) {
        return "";
    }
    TextTable table{left("how well it is known"), right("value", "simulation, 95 %", "profile, 5-95 %")};
    for (const ChatColumn& column : kChatColumns) {
        const auto times = statistics(*(traffic.*column.simulated));
        const auto spreads = statistics((*traffic.spreads).*column.spread);
        for (std::size_t i = 1; i < kStatistics.size(); ++i) {
            if (times[i].value > Time{}) {
                table.row({fmt::format("{} {}", column.name, kStatistics[i]),
                           column.rate ? token_rate_text(times[i].value) : brief(times[i].value),
                           ends_text(column, times[i].low, times[i].high),
                           ends_text(column, spreads[i].low, spreads[i].high)});
            }
        }
    }
    return "\n" + table.text(4, width);
}

Json json_chat_column(const ChatTraffic& traffic, const ChatColumn& column) {
    const auto& latency = traffic.*column.simulated;
    if (!latency || !(latency->mean.value > Time{})) {
        return nullptr;
    }
    const auto value = [&column](std::optional<Time> time) {
        const bool known = time && *time > Time{};
        return json_number(known ? std::optional(column.rate ? 1 / in_seconds(*time) : in_milliseconds(*time))
                                 : std::nullopt);
    };
    const std::string unit = column.rate ? "per_s" : "ms";
    Json object = Json::object();
    for (std::size_t i = 0; i < kStatistics.size(); ++i) {
        const SimulatedTime time = statistics(*latency)[i];
        Json& one = object[kStatistics[i]] = Json::object();
        // The inverse swaps the ends of an interval.
        one["value_" + unit] = value(time.value);
        one["low_" + unit] = value(column.rate ? time.high : time.low);
        one["high_" + unit] = value(column.rate ? time.low : time.high);
        std::optional<Time> low, high;
        if (traffic.spreads) {
            const SpreadTime spread = statistics((*traffic.spreads).*column.spread)[i];
            low = spread.low;
            high = spread.high;
        }
        one["profile_low_" + unit] = value(column.rate ? high : low);
        one["profile_high_" + unit] = value(column.rate ? low : high);
    }
    return object;
}

}  // namespace

std::string chats_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width) {
    if (result.chats.empty()) {
        return "";
    }
    std::string text;
    for (const PlacedChats& chats : result.chats) {
        if (!is_chosen(chats, result)) {
            continue;
        }
        const Generation& generation = generation_of(chats, result, scenario);
        text += fmt::format("{}prompts of {}, answers of {}. ",
                            result.stages.size() == 1 ? "" : result.stages[chats.stage].name + ": ",
                            lengths_text(generation.prompt_range, generation.prompt),
                            lengths_text(generation.answer_range, generation.new_tokens));
    }
    text =
        wrapped(fmt::format("Under {}: {}The rate of an answer is that of its tokens behind the first; p95 is what "
                            "95 % of the answers have at least.{}",
                            arrivals_text(scenario.traffic->arrivals), text,
                            result.stages.size() == 1
                                ? ""
                                : " First tokens are counted from when the request came, the stages before included."),
                0, width);
    TextTable table{left("  placement"),
                    right("slots", "first token p50", "p95", "p99", "tokens/s p50", "p95", "p99", "at most", "load")};
    for (const PlacedChats& chats : result.chats) {
        table.row(row_of_chats(chats, (is_chosen(chats, result) ? "* " : "  ") + chats_name(chats, result)));
    }
    text += "\n" + table.text(kIndent, width);
    for (const PlacedChats& chats : result.chats) {
        if (is_chosen(chats, result)) {
            const std::string name = chats_name(chats, result);
            const std::string told =
                result.stages.size() == 1 ? chosen_text(chats, name, scenario) : stage_text(chats, name);
            text += (told.empty() ? "" : "\n" + wrapped(told, 0, width)) + known_text(chats.traffic, width);
        }
    }
    return text;
}

Json json_chats(const ScenarioResult& result) {
    Json array = Json::array();
    for (const PlacedChats& chats : result.chats) {
        const ChatTraffic& traffic = chats.traffic;
        Json object = Json::object();
        object["stage"] = json_text(result.stages[chats.stage].name);
        object["placement"] = placement_name(placed(chats, result));
        object["chosen"] = is_chosen(chats, result);
        object["slots"] = chats.slots;
        object["stable"] = traffic.stable;
        object["load"] = json_number(traffic.load);
        object["piling_up_probability"] = json_number(traffic.piling_up);
        object["sustainable_per_s"] = json_number(in_hertz(traffic.sustainable));
        object["throughput_per_s"] =
            json_number(traffic.stable ? std::optional(in_hertz(traffic.throughput)) : std::nullopt);
        object["tokens_per_s"] = json_number(traffic.stable ? std::optional(in_hertz(traffic.tokens)) : std::nullopt);
        object["busy"] = json_number(traffic.stable ? std::optional(traffic.busy) : std::nullopt);
        object["at_once"] = json_number(traffic.stable ? std::optional(traffic.at_once) : std::nullopt);
        for (const ChatColumn& column : kChatColumns) {
            object[column.key] = json_chat_column(traffic, column);
        }
        object["profile_draws"] = traffic.spreads ? Json(traffic.spreads->draws) : Json(nullptr);
        object["within_budget"] =
            json_number(traffic.within_budget ? std::optional(traffic.within_budget->value) : std::nullopt);
        object["budget_probability"] =
            json_number(traffic.budget_probability ? std::optional(traffic.budget_probability->value) : std::nullopt);
        object["counted"] = traffic.counted;
        object["warm_up"] = traffic.warm_up;
        object["converged"] = traffic.converged;
        array.push_back(std::move(object));
    }
    return array;
}

std::string chats_csv(const ScenarioResult& result) {
    std::vector<CsvColumn> columns{"placement",         "chosen",           "slots",        "stable", "load",
                                   "sustainable_per_s", "throughput_per_s", "tokens_per_s", "busy",   "at_once",
                                   "within_budget",     "counted"};
    const auto add = [&columns](const ChatColumn& column, const char* statistic, const std::string& end) {
        const std::string unit = column.rate ? "per_s" : "ms";
        columns.emplace_back(fmt::format("{}_{}_{}{}", column.csv, statistic, end, unit),
                             std::vector<std::string>{column.key, statistic, (end.empty() ? "value_" : end) + unit});
    };
    for (const ChatColumn& column : kChatColumns) {
        for (const char* statistic : kStatistics) {
            add(column, statistic, "");
        }
    }
    columns.emplace_back("stage");
    for (const ChatColumn& column : kChatColumns) {
        for (const char* statistic : kStatistics) {
            add(column, statistic, "profile_low_");
            add(column, statistic, "profile_high_");
        }
    }
    return csv_of(columns, json_chats(result));
}

}  // namespace berth
