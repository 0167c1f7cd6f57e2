// Percentiles of chats as text, JSON and CSV: the wait for the first token, the rate of tokens, whole answers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "berth/brief_text.h"
#include "berth/quantity_text.h"
#include "berth/traffic_report.h"
#include "report/csv_values.h"
#include "report/names.h"
#include "report/text_layout.h"
#include "report/traffic_json.h"

namespace berth {

namespace {

const Candidate& placed(const PlacedChats& chats, const ScenarioResult& result) {
    return result.stages.front().candidates[chats.candidate];
}

// "16 to 1024 tokens (mean 300)".
std::string lengths_text(const TokenDistribution& lengths, std::int64_t mean) {
    return lengths.empty()
               ? fmt::format("{} tokens", mean)
               : fmt::format("{} to {} tokens (mean {})", lengths.front().tokens, lengths.back().tokens, mean);
}

std::string rate_text(Time token) { return token > Time{} ? number_text(1 / in_seconds(token), 3) : "-"; }

// A rate that so many answers have at least: that of the slower end of the times.
std::vector<std::string> row_of_chats(const PlacedChats& chats, const std::string& name) {
    const ChatTraffic& traffic = chats.traffic;
    std::vector<std::string> cells{name, fmt::format("{}", chats.slots)};
    if (traffic.first_token) {
        for (const SimulatedTime* time :
             {&traffic.first_token->p50, &traffic.first_token->p95, &traffic.first_token->p99}) {
            cells.push_back(brief(time->value));
        }
        for (const SimulatedTime* time : {&traffic.token->p50, &traffic.token->p95, &traffic.token->p99}) {
            cells.push_back(rate_text(time->value));
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

std::string chosen_text(const PlacedChats& chats, const std::string& name, const Scenario& scenario) {
    const ChatTraffic& traffic = chats.traffic;
    std::string text;
    if (!traffic.stable) {
        text = fmt::format("On {} chats pile up: {} are sustainable.", name, requests_text(traffic.sustainable));
    } else {
        text = fmt::format(
            "On {} {} are completed, {} tokens/s of all answers together; it is busy {} of the time, with "
            "a mean of {} in its slots.",
            name, requests_text(traffic.throughput), number_text(in_hertz(traffic.tokens), 3),
            percent_text(traffic.busy, 2), number_text(traffic.at_once, 3));
    }
    if (traffic.piling_up && *traffic.piling_up > 0) {
        text += fmt::format(" Given the profile's uncertainty, chats pile up with a probability of {}.",
                            share_text(*traffic.piling_up));
    }
    text += budget_text(traffic, scenario);
    if (traffic.stable) {
        text += fmt::format(" {} chats simulated after a warm-up of {}", traffic.counted, traffic.warm_up);
        text += traffic.first_token && traffic.first_token->has_intervals
                    ? fmt::format(": mean and p95 of the first token are known to within {}.",
                                  percent_text(traffic.first_token->precision(), 2))
                    : ", too few for intervals.";
    }
    return text;
}

constexpr std::array<const char*, 4> kStatistics{"mean", "p50", "p95", "p99"};

std::array<SimulatedTime, 4> statistics(const SimulatedLatency& latency) {
    return {latency.mean, latency.p50, latency.p95, latency.p99};
}

// Of rates the ends of an interval change places.
SimulatedTime inverse(const SimulatedTime& time) { return {time.value, time.high, time.low}; }

Json json_times(const std::optional<SimulatedLatency>& latency) {
    if (!latency) {
        return nullptr;
    }
    Json object = Json::object();
    for (std::size_t i = 0; i < kStatistics.size(); ++i) {
        object[kStatistics[i]] = json_time(statistics(*latency)[i]);
    }
    return object;
}

Json json_rates(const std::optional<SimulatedLatency>& token) {
    if (!token || !(token->mean.value > Time{})) {
        return nullptr;
    }
    Json object = Json::object();
    for (std::size_t i = 0; i < kStatistics.size(); ++i) {
        const SimulatedTime time = inverse(statistics(*token)[i]);
        Json& rate = object[kStatistics[i]] = Json::object();
        rate["value_per_s"] = json_number(1 / in_seconds(time.value));
        rate["low_per_s"] = json_number(time.low > Time{} ? std::optional(1 / in_seconds(time.low)) : std::nullopt);
        rate["high_per_s"] = json_number(time.high > Time{} ? std::optional(1 / in_seconds(time.high)) : std::nullopt);
    }
    return object;
}

void add_cells(std::string& row, const std::optional<SimulatedLatency>& latency, bool rate) {
    for (std::size_t i = 0; i < kStatistics.size(); ++i) {
        const Time time = latency ? statistics(*latency)[i].value : Time{};
        const bool known = latency && time > Time{};
        row += "," + (known ? csv_number(rate ? 1 / in_seconds(time) : in_milliseconds(time)) : std::string());
    }
}

}  // namespace

std::string chats_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width) {
    if (result.chats.empty()) {
        return "";
    }
    const Generation& generation = *std::get<ModelStage>(scenario.stages.front().work).generation;
    std::string text = wrapped(
        fmt::format("Under {}: prompts of {}, answers of {}. The rate of an answer is that of its tokens behind the "
                    "first; p95 is what 95 % of the answers have at least.",
                    arrivals_text(scenario.traffic->arrivals), lengths_text(generation.prompts, generation.prompt),
                    lengths_text(generation.answers, generation.new_tokens)),
        0, width);
    TextTable table;
    table.column("  placement", Align::kLeft);
    table.column("slots", Align::kRight);
    table.columns(Align::kRight, {"first token p50", "p95", "p99", "tokens/s p50", "p95", "p99", "at most", "load"});
    for (const PlacedChats& chats : result.chats) {
        const bool chosen = chats.candidate == result.stages.front().chosen;
        table.row(row_of_chats(chats, (chosen ? "* " : "  ") + placement_name(placed(chats, result))));
    }
    const PlacedChats& chosen = result.chats.front();
    return text + "\n" + table.text(kIndent, width) + "\n" +
           wrapped(chosen_text(chosen, placement_name(placed(chosen, result)), scenario), 0, width);
}

std::string chats_csv(const ScenarioResult& result) {
    std::string text =
        "placement,chosen,slots,stable,load,sustainable_per_s,throughput_per_s,tokens_per_s,busy,at_once,"
        "within_budget,counted";
    for (const char* what : {"first_token", "tokens", "answer"}) {
        for (const char* statistic : kStatistics) {
            text += fmt::format(",{}_{}_{}", what, statistic, std::string_view(what) == "tokens" ? "per_s" : "ms");
        }
    }
    text += "\n";
    for (const PlacedChats& chats : result.chats) {
        const ChatTraffic& traffic = chats.traffic;
        std::string row = csv_field(placement_name(placed(chats, result)));
        row +=
            fmt::format(",{},{},{},{},{}", chats.candidate == result.stages.front().chosen, chats.slots, traffic.stable,
                        traffic.load ? csv_number(*traffic.load) : "", csv_number(in_hertz(traffic.sustainable)));
        row += traffic.stable
                   ? fmt::format(",{},{},{},{},{},{}", csv_number(in_hertz(traffic.throughput)),
                                 csv_number(in_hertz(traffic.tokens)), csv_number(traffic.busy),
                                 csv_number(traffic.at_once),
                                 traffic.within_budget ? csv_number(traffic.within_budget->value) : "", traffic.counted)
                   : ",,,,,,0";
        add_cells(row, traffic.first_token, false);
        add_cells(row, traffic.token, true);
        add_cells(row, traffic.answer, false);
        text += row + "\n";
    }
    return text;
}

Json json_chats(const ScenarioResult& result) {
    Json array = Json::array();
    for (const PlacedChats& chats : result.chats) {
        const ChatTraffic& traffic = chats.traffic;
        Json object = Json::object();
        object["placement"] = placement_name(placed(chats, result));
        object["chosen"] = chats.candidate == result.stages.front().chosen;
        object["slots"] = chats.slots;
        object["stable"] = traffic.stable;
        object["load"] = json_number(traffic.load);
        object["piling_up_probability"] = json_number(traffic.piling_up);
        object["sustainable_per_s"] = json_number(in_hertz(traffic.sustainable));
        object["throughput_per_s"] =
            json_number(traffic.stable ? std::optional(in_hertz(traffic.throughput)) : std::nullopt);
        object["tokens_per_s"] = json_number(traffic.stable ? std::optional(in_hertz(traffic.tokens)) : std::nullopt);
        object["busy"] = json_number(traffic.busy);
        object["at_once"] = json_number(traffic.at_once);
        object["first_token"] = json_times(traffic.first_token);
        object["token_rate"] = json_rates(traffic.token);
        object["answer"] = json_times(traffic.answer);
        object["within_budget"] =
            json_number(traffic.within_budget ? std::optional(traffic.within_budget->value) : std::nullopt);
        object["counted"] = traffic.counted;
        object["warm_up"] = traffic.warm_up;
        object["converged"] = traffic.converged;
        array.push_back(std::move(object));
    }
    return array;
}

}  // namespace berth
