// Latency under concurrent requests, as text, JSON and trace.
#include "berth/report/traffic_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "base/mapped.h"
#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"
#include "report/names.h"
#include "report/text_layout.h"
#include "report/traffic_json.h"

namespace berth {

namespace {

std::array<std::pair<const char*, const SimulatedTime*>, 4> rows_of(const SimulatedLatency& latency) {
    return {{{"mean", &latency.mean}, {"p50", &latency.p50}, {"p95", &latency.p95}, {"p99", &latency.p99}}};
}

}  // namespace

std::string arrivals_text(const Arrivals& arrivals) {
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals)) {
        const std::string users = loop->users == 1 ? "1 user" : fmt::format("{} users", loop->users);
        return loop->think > Time{} ? fmt::format("{} who think {} between requests", users, brief(loop->think))
                                    : users + " who send the next request immediately";
    }
    if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals)) {
        return fmt::format("{} at random times (Poisson)", requests_text(poisson->rate));
    }
    return fmt::format("{} requests at the times of a trace", std::get<ArrivalTrace>(arrivals).times.size());
}

Json json_time(const SimulatedTime& time) {
    return Json{{"value_ms", json_milliseconds(time.value)},
                {"low_ms", json_milliseconds(time.low)},
                {"high_ms", json_milliseconds(time.high)}};
}

namespace {

constexpr Time kNoDelay = nanoseconds(1);  ///< delays up to it are rounding of the simulated clock

Time total(const TaskContention& delay) { return delay.waited + delay.slowed; }

// Tasks or operators in descending order of their contention delay, without negligible ones.
template <class One, class Delay>
std::vector<const One*> by_contention(const std::vector<One>& all, Delay delay_of) {
    const auto delay = [&delay_of](const One* one) { return total(std::invoke(delay_of, *one)); };
    auto order = mapped(all, [](const One& one) { return &one; });
    const Time sum = sum_of<Time>(order, delay);
    std::ranges::stable_sort(order, std::ranges::greater(), delay);
    std::erase_if(order, [&](const One* one) { return delay(one) <= std::max(1e-3 * sum, kNoDelay); });
    return order;
}

std::string contention_text(const TrafficResult& traffic, TextWidth width) {
    constexpr std::size_t kShown = 6;
    TextTable table{left(Fit::kShorten, "delay by contention"), right("per request", "waiting", "slowed")};
    const auto order = by_contention(traffic.operators, &OperatorContention::delay);
    const TimeUnit unit(order.empty() ? Time{} : total(order.front()->delay));
    for (std::size_t i = 0; i < std::min(kShown, order.size()); ++i) {
        const TaskContention& delay = order[i]->delay;
        table.row({order[i]->stage + " " + order[i]->name, unit.text(total(delay)), unit.text(delay.waited),
                   unit.text(delay.slowed)});
    }
    const std::string more =
        order.size() > kShown ? wrapped(fmt::format("and {} more", order.size() - kShown), 4, width) : "";
    return order.empty() ? "" : "\n" + table.text(4, width) + more;
}

std::string phases_text(const TrafficResult& traffic, TextWidth width) {
    TextTable table{left(Fit::kShorten, "stage"), right("mean", "budget", "met")};
    for (std::size_t i = 0; i < traffic.simulation.phases.size(); ++i) {
        const PhaseTime& phase = traffic.simulation.phases[i];
        const auto& budget = traffic.system.phases[i].budget;
        table.row({traffic.system.phases[i].name, brief(phase.mean), budget ? brief(*budget) : "",
                   phase.within_budget ? share_text(*phase.within_budget) : ""});
    }
    return traffic.simulation.phases.empty() ? "" : "\n" + table.text(4, width);
}

// "75%-77%", or "98% to >99.9%".
std::string shares_text(double low, double high) {
    const std::string from = share_text(low);
    const std::string to = share_text(high);
    const bool beyond = from.front() == '<' || to.front() == '>';
    return fmt::format("{}{}{}", from, beyond ? " to " : "-", to);
}

// A share, with its simulated interval if that exceeds the printed precision.
std::string known_share(const SimulatedShare& share) {
    constexpr double kPrinted = 0.005;
    const std::string value = share_text(share.value);
    return share.high - share.low <= 2 * kPrinted ? value
                                                  : fmt::format("{} ({})", value, shares_text(share.low, share.high));
}

// The arrivals, as opposed to the profile's uncertainty; only some are random.
std::string_view alone_text(const Arrivals& arrivals) {
    return std::holds_alternative<PoissonArrivals>(arrivals) ? "Under random arrivals alone"
           : std::holds_alternative<ClosedLoop>(arrivals)    ? "With the profile's numbers as they are"
                                                             : "At the times of the trace";
}

std::string outlook_text(const TrafficResult& traffic, const Scenario& scenario, TextWidth width) {
    const bool stable = traffic.simulation.stable;
    std::string text;
    if (traffic.stability && traffic.stability->unstable > 0) {
        text += fmt::format("Given the profile's uncertainty, requests pile up with a probability of {}. ",
                            share_text(traffic.stability->unstable));
    }
    if (traffic.budget) {
        if (stable) {
            text += fmt::format("{}, {} of the requests meet the {} budget. ", alone_text(scenario.traffic->arrivals),
                                known_share(traffic.budget->by_chance), brief(*scenario.budget));
        }
        if (stable && traffic.budget->draws == 0) {
            return wrapped(text + "Nothing else is uncertain.", 0, width);
        }
        text += fmt::format("With the profile's uncertainty included, the probability of meeting {} is {}.",
                            stable ? "it" : fmt::format("the {} budget", brief(*scenario.budget)),
                            known_share(traffic.budget->probability));
    }
    return text.empty() ? "" : wrapped(text, 0, width);
}

// Length of the simulation, and the precision of its results.
std::string length_text(const SimulationResult& result, const Arrivals& arrivals, TextWidth width) {
    if (!result.latency || !result.latency->has_intervals) {
        const auto* loop = std::get_if<ClosedLoop>(&arrivals);
        const std::string each =
            loop != nullptr && loop->users > 1
                ? fmt::format(", {} of each user: too few for the queue to settle, and for intervals.",
                              number_text(static_cast<double>(result.counted) / loop->users, 2))
                : ", too few for intervals.";
        return wrapped(fmt::format("{} requests simulated{}", result.counted, each), 0, width);
    }
    std::string text = fmt::format("{} requests simulated after a warm-up of {}: mean and p95 are known to within {}",
                                   result.counted, result.warm_up, precision_text(result.latency->precision()));
    if (!result.converged) {
        text +=
            std::holds_alternative<ArrivalTrace>(arrivals)
                ? fmt::format(", short of the target of {}: the trace ends there", percent_text(kStreamPrecision, 2))
                : fmt::format(", short of the target of {}: the limit on requests was reached",
                              percent_text(kStreamPrecision, 2));
    }
    return wrapped(text + ".", 0, width);
}

std::string load_text(const TrafficResult& traffic, TextWidth width) {
    const auto& load = traffic.simulation.load;
    if (!load) {
        return "";
    }
    std::string text = fmt::format("The load is {} of the sustainable rate", percent_text(load->value, 3));
    if (traffic.stability && traffic.stability->high > traffic.stability->low) {
        text += fmt::format(" (5-95 %: {}-{})", percent_text(traffic.stability->low, 2),
                            percent_text(traffic.stability->high, 2));
    }
    text += fmt::format("; the bottleneck is {}.", load->bottleneck);
    if (!traffic.simulation.stable && load->value < 1) {
        text += " The simulated requests pile up nevertheless.";
    }
    return wrapped(text, 0, width);
}

std::string busy_text(const SimulationResult& result, TextWidth width) {
    TextTable table{left("resource"), right("busy")};
    for (const auto* uses : {&result.pools, &result.bandwidths}) {
        for (const ResourceUse& use : *uses) {
            if (use.utilisation > 1e-6) {
                table.row({use.name, fmt::format("{:.1f}%", 100 * use.utilisation)});
            }
        }
    }
    return table.text(4, width);
}

std::string mean_lengths_text(const Scenario& scenario, TextWidth width) {
    const std::vector<std::string> names = stages_of_mean_length(scenario);
    return names.empty() ? ""
                         : wrapped(fmt::format("Each request takes the mean time of the input lengths of {}: the "
                                               "percentiles and shares leave out that inputs differ in length.",
                                               fmt::join(names, " and ")),
                                   0, width);
}

}  // namespace

std::vector<std::string> stages_of_mean_length(const Scenario& scenario) {
    std::vector<std::string> names;
    for (const Stage& stage : scenario.stages) {
        const auto* work = std::get_if<ModelStage>(&stage.work);
        if (work != nullptr && !work->generation && work->tokens.size() > 1) {
            names.push_back(stage.name);
        }
    }
    return names;
}

std::string traffic_text(const TrafficResult& traffic, const Scenario& scenario, TextWidth width) {
    const SimulationResult& result = traffic.simulation;
    const std::string arrivals = arrivals_text(scenario.traffic->arrivals);
    if (!result.stable) {
        return wrapped(fmt::format("Unstable under {}: requests pile up. The sustainable rate is {}.", arrivals,
                                   requests_text(result.sustainable)),
                       0, width) +
               load_text(traffic, width) + outlook_text(traffic, scenario, width);
    }
    // Users wait instead of piling up, and their equal calls may follow each other.
    const bool loop = std::holds_alternative<ClosedLoop>(scenario.traffic->arrivals);
    std::string text =
        wrapped(fmt::format("Under {}: {} are completed; at most {} {}.", arrivals, requests_text(result.throughput),
                            requests_text(result.sustainable),
                            loop ? "can be, in whatever order calls follow each other" : "are sustainable"),
                0, width);
    TextTable table{left("latency"), right("time", "95 % confidence")};
    for (const auto& [name, time] : rows_of(*result.latency)) {
        table.row({name, brief(time->value),
                   result.latency->has_intervals ? range_text({time->value, time->low, time->high}) : "-"});
    }
    text += load_text(traffic, width) + outlook_text(traffic, scenario, width) +
            length_text(result, scenario.traffic->arrivals, width) + mean_lengths_text(scenario, width);
    return text + "\n" + table.text(4, width) + phases_text(traffic, width) + contention_text(traffic, width) + "\n" +
           busy_text(result, width);
}

std::string slowdowns_text(const ScenarioResult& result, TextWidth width) {
    std::string text;
    for (const StageSlowdown& one : result.slowdowns) {
        text += wrapped(fmt::format("{} slows {} by {}; {} is allowed.", one.by, one.of,
                                    percent_text(one.share.value_or(0), 3), percent_text(one.allowed, 3)),
                        0, width);
    }
    return text;
}

Json json_slowdowns(const ScenarioResult& result) {
    return json_array(result.slowdowns, [](const StageSlowdown& one) {
        return Json{{"by", json_text(one.by)},
                    {"of", json_text(one.of)},
                    {"share", json_number(one.share)},
                    {"allowed", json_number(one.allowed)}};
    });
}

namespace {

Json json_load(const TrafficResult& traffic) {
    const auto& load = traffic.simulation.load;
    if (!load) {
        return nullptr;
    }
    return Json{{"value", json_number(load->value)},
                {"low", traffic.stability ? json_number(traffic.stability->low) : Json(nullptr)},
                {"high", traffic.stability ? json_number(traffic.stability->high) : Json(nullptr)},
                {"bottleneck", json_text(load->bottleneck)},
                {"unstable_probability", traffic.stability ? json_number(traffic.stability->unstable) : Json(nullptr)}};
}

Json json_budget(const TrafficResult& traffic) {
    if (!traffic.budget) {
        return nullptr;
    }
    const BudgetOutlook& outlook = *traffic.budget;
    const bool stable = traffic.simulation.stable;
    return Json{{"within", stable ? json_number(outlook.by_chance.value) : Json(nullptr)},
                {"within_low", stable ? json_number(outlook.by_chance.low) : Json(nullptr)},
                {"within_high", stable ? json_number(outlook.by_chance.high) : Json(nullptr)},
                {"probability", json_number(outlook.probability.value)},
                {"probability_low", json_number(outlook.probability.low)},
                {"probability_high", json_number(outlook.probability.high)},
                {"unstable_probability", json_number(traffic.stability ? traffic.stability->unstable : 0)},
                {"draws", outlook.draws},
                {"converged", outlook.converged}};
}

}  // namespace

Json json_traffic(const TrafficResult& traffic) {
    const SimulationResult& result = traffic.simulation;
    Json object = Json::object();
    object["stable"] = result.stable;
    object["sustainable_per_s"] = json_number(in_hertz(result.sustainable));
    object["throughput_per_s"] = result.stable ? json_number(in_hertz(result.throughput)) : Json(nullptr);
    object["requests"] = result.completed;
    object["counted"] = result.counted;
    object["warm_up"] = result.warm_up;
    const bool known = result.latency && result.latency->has_intervals;
    object["precision"] = known ? json_number(result.latency->precision()) : Json(nullptr);
    object["converged"] = result.converged;
    for (const char* key : {"mean", "p50", "p95", "p99"}) {
        object[key] = nullptr;
    }
    if (result.latency) {
        for (const auto& [name, time] : rows_of(*result.latency)) {
            object[name] = json_time(*time);
        }
    }
    object["utilisation"] = Json::object();
    for (const auto* uses : {&result.pools, &result.bandwidths}) {
        for (const ResourceUse& use : *uses) {
            object["utilisation"][use.name] = json_number(use.utilisation);
        }
    }
    object["load"] = json_load(traffic);
    object["budget"] = json_budget(traffic);
    object["stages"] = Json::array();
    for (std::size_t i = 0; i < result.phases.size(); ++i) {
        object["stages"].push_back({{"name", json_text(traffic.system.phases[i].name)},
                                    {"mean_ms", json_milliseconds(result.phases[i].mean)},
                                    {"within_budget", json_number(result.phases[i].within_budget)}});
    }
    object["contention"] =
        json_array(by_contention(result.contention, std::identity()), [&](const TaskContention* delay) {
            const auto task = static_cast<std::size_t>(delay - result.contention.data());
            return Json{{"task", json_text(traffic.system.tasks[task].name)},
                        {"waited_ms", json_milliseconds(delay->waited)},
                        {"slowed_ms", json_milliseconds(delay->slowed)}};
        });
    object["operators"] =
        json_array(by_contention(traffic.operators, &OperatorContention::delay), [](const OperatorContention* one) {
            return Json{{"stage", json_text(one->stage)},
                        {"name", json_text(one->name)},
                        {"waited_ms", json_milliseconds(one->delay.waited)},
                        {"slowed_ms", json_milliseconds(one->delay.slowed)}};
        });
    return object;
}

}  // namespace berth
