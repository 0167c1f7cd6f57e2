// Latency of many requests at once, as text, JSON and trace.
#include "berth/traffic_report.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "berth/quantity_text.h"
#include "report/text_layout.h"
#include "report/traffic_json.h"

namespace berth {

namespace {

std::array<std::pair<const char*, const SimulatedTime*>, 4> rows_of(const SimulatedLatency& latency) {
    return {{{"mean", &latency.mean}, {"p50", &latency.p50}, {"p95", &latency.p95}, {"p99", &latency.p99}}};
}

std::string per_second(Frequency rate) { return fmt::format("{:.4g} requests per second", in_hertz(rate)); }

std::string arrivals_text(const Arrivals& arrivals) {
    if (const auto* loop = std::get_if<ClosedLoop>(&arrivals)) {
        const std::string users = loop->users == 1 ? "1 user" : fmt::format("{} users", loop->users);
        return loop->think > Time{}
                   ? fmt::format("{} who think {:.4g} ms between requests", users, in_milliseconds(loop->think))
                   : users + " who send the next request at once";
    }
    if (const auto* poisson = std::get_if<PoissonArrivals>(&arrivals)) {
        return fmt::format("{} at random times (Poisson)", per_second(poisson->rate));
    }
    return fmt::format("{} requests at the times of a trace", std::get<ArrivalTrace>(arrivals).times.size());
}

Json json_time(const SimulatedTime& time) {
    Json object = Json::object();
    object["value_ms"] = json_milliseconds(time.value);
    object["low_ms"] = json_milliseconds(time.low);
    object["high_ms"] = json_milliseconds(time.high);
    return object;
}

// Microseconds, as traces have them, to the nanosecond: six digits would blur an hour.
double nanoseconds_exact(Time time) { return std::round(in_nanoseconds(time)) / 1000; }

std::string busy_text(const SimulationResult& result) {
    TextTable table;
    table.column("resource", Align::kLeft);
    table.column("busy", Align::kRight);
    for (const auto* uses : {&result.pools, &result.bandwidths}) {
        for (const ResourceUse& use : *uses) {
            if (use.utilisation > 1e-6) {
                table.row({use.name, fmt::format("{:.1f}%", 100 * use.utilisation)});
            }
        }
    }
    return table.text(4);
}

}  // namespace

std::string traffic_text(const TrafficResult& traffic, const Scenario& scenario) {
    const SimulationResult& result = traffic.simulation;
    const std::string arrivals = arrivals_text(scenario.traffic->arrivals);
    if (!result.stable) {
        return wrapped(fmt::format("Unstable under {}: requests pile up. Sustainable are {}.", arrivals,
                                   per_second(result.sustainable)),
                       0);
    }
    std::string text = wrapped(fmt::format("Under {}: {} completed; at most {} are sustainable.", arrivals,
                                           per_second(result.throughput), per_second(result.sustainable)),
                               0);
    TextTable table;
    table.column("latency", Align::kLeft);
    table.column("ms", Align::kRight);
    table.column("95 % confidence", Align::kRight);
    for (const auto& [name, time] : rows_of(*result.latency)) {
        const std::string interval =
            fmt::format("{:.5g}-{:.5g}", in_milliseconds(time->low), in_milliseconds(time->high));
        table.row({name, fmt::format("{:.5g}", in_milliseconds(time->value)),
                   result.latency->has_intervals ? interval : "-"});
    }
    return text + "\n" + table.text(4) + "\n" + busy_text(result);
}

Json json_traffic(const TrafficResult& traffic) {
    const SimulationResult& result = traffic.simulation;
    Json object = Json::object();
    object["stable"] = result.stable;
    object["sustainable_per_s"] = json_number(in_hertz(result.sustainable));
    object["throughput_per_s"] = result.stable ? json_number(in_hertz(result.throughput)) : Json(nullptr);
    object["requests"] = result.completed;
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
    return object;
}

std::string chrome_trace(const TrafficResult& traffic) {
    Json events = Json::array();
    for (std::size_t pool = 0; pool < traffic.system.pools.size(); ++pool) {
        Json name = Json::object();
        name["name"] = "process_name";
        name["ph"] = "M";
        name["pid"] = pool;
        name["args"] = Json::object();
        name["args"]["name"] = traffic.system.pools[pool].name;
        events.push_back(std::move(name));
    }
    for (const SimulatedSpan& span : traffic.simulation.spans) {
        const SimulatedTask& task = traffic.system.tasks[span.task];
        if (span.end < span.start || span.end <= Time{}) {
            continue;  // had not ended when the last counted request did
        }
        Json event = Json::object();
        event["name"] = task.name;
        event["ph"] = "X";
        event["pid"] = task.pool;
        event["tid"] = span.request;
        event["ts"] = nanoseconds_exact(span.start);
        event["dur"] = nanoseconds_exact(span.end - span.start);
        event["args"] = Json::object();
        event["args"]["waited_us"] = json_number(in_microseconds(span.start - span.ready));
        events.push_back(std::move(event));
    }
    Json document = Json::object();
    document["displayTimeUnit"] = "ms";
    document["traceEvents"] = std::move(events);
    return json_document(document);
}

}  // namespace berth
