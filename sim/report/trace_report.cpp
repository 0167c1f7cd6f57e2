// Traced requests in Chrome's trace format, which Perfetto reads: a process per pool with a thread per request,
// requests as separate spans, flow arrows where a request moves between pools, and bandwidths as counters.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "berth/report/traffic_report.h"
#include "report/json_values.h"

namespace berth {

namespace {

// Microseconds, the unit of traces, rounded to nanoseconds: six digits would be too coarse for an hour.
double trace_time(Time time) { return std::round(in_nanoseconds(time)) / 1000; }

/// Spans that ended no later than the last counted request.
std::vector<SimulatedSpan> ended_spans(const SimulationResult& result) {
    std::vector<SimulatedSpan> spans;
    std::ranges::copy_if(result.spans, std::back_inserter(spans),
                         [](const SimulatedSpan& span) { return span.end >= span.start && span.end > Time{}; });
    return spans;
}

/// Threads of a pool: one per request, and more if a request has concurrent tasks.
class Threads {
  public:
    struct Thread {
        std::size_t pool = 0, request = 0;
        Time busy_until;
    };
    Threads(const SimulatedSystem& system, const std::vector<SimulatedSpan>& spans) : of_span_(spans.size()) {
        std::vector<std::size_t> order(spans.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        std::ranges::stable_sort(order, {}, [&spans](std::size_t i) { return spans[i].start; });
        for (const std::size_t i : order) {
            of_span_[i] = thread_for(system.tasks[spans[i].task].pool, spans[i]);
        }
    }
    [[nodiscard]] const std::vector<Thread>& threads() const { return threads_; }
    [[nodiscard]] std::size_t of_span(std::size_t span) const { return of_span_[span]; }

  private:
    std::size_t thread_for(std::size_t pool, const SimulatedSpan& span) {
        const auto free = std::ranges::find_if(threads_, [&](const Thread& thread) {
            return thread.pool == pool && thread.request == span.request && thread.busy_until <= span.start;
        });
        const auto at = static_cast<std::size_t>(free - threads_.begin());
        if (free == threads_.end()) {
            threads_.push_back({pool, span.request, Time{}});
        }
        threads_[at].busy_until = span.end;
        return at;
    }

    std::vector<Thread> threads_;
    std::vector<std::size_t> of_span_;
};

/// An event of a kind ("X", "M", ...) on a process and a thread; viewers treat 0 as the kernel, so both start at 1.
Json trace_event(std::string_view kind, const std::string& name, std::size_t process, std::size_t thread) {
    return Json{{"name", json_text(name)}, {"ph", kind}, {"pid", process + 1}, {"tid", thread + 1}};
}

Json name_event(std::string_view what, const std::string& name, std::size_t process, std::size_t thread) {
    Json event = trace_event("M", std::string(what), process, thread);
    event["args"] = Json::object();
    event["args"]["name"] = json_text(name);
    return event;
}

Json timed_event(std::string_view kind, const std::string& name, std::size_t process, std::size_t thread, Time at) {
    Json event = trace_event(kind, name, process, thread);
    event["ts"] = trace_time(at);
    return event;
}

void add_names(const SimulatedSystem& system, const Threads& threads, Json& events) {
    for (std::size_t pool = 0; pool < system.pools.size(); ++pool) {
        events.push_back(name_event("process_name", system.pools[pool].name, pool, 0));
    }
    events.push_back(name_event("process_name", "requests", system.pools.size(), 0));
    events.push_back(name_event("process_name", "bandwidth", system.pools.size() + 1, 0));
    for (std::size_t i = 0; i < threads.threads().size(); ++i) {
        const Threads::Thread& thread = threads.threads()[i];
        events.push_back(name_event("thread_name", fmt::format("request {}", thread.request + 1), thread.pool, i));
    }
}

void add_spans(const SimulatedSystem& system, const std::vector<SimulatedSpan>& spans, const Threads& threads,
               Json& events) {
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const SimulatedSpan& span = spans[i];
        const SimulatedTask& task = system.tasks[span.task];
        Json event = timed_event("X", task.name, task.pool, threads.of_span(i), span.start);
        event["dur"] = trace_time(span.end - span.start);
        event["args"] = Json::object();
        event["args"]["request"] = span.request + 1;
        event["args"]["waited_us"] = json_number(in_microseconds(span.start - span.ready));
        events.push_back(std::move(event));
    }
}

// Adds one span per request, from the readiness of its first task to the end of its last one.
void add_requests(const SimulatedSystem& system, const std::vector<SimulatedSpan>& spans, Json& events) {
    std::map<std::size_t, std::pair<Time, Time>> requests;
    for (const SimulatedSpan& span : spans) {
        const auto [found, added] = requests.try_emplace(span.request, span.ready, span.end);
        found->second = {std::min(found->second.first, span.ready), std::max(found->second.second, span.end)};
    }
    for (const auto& [request, times] : requests) {
        for (const auto& [kind, at] : {std::pair("b", times.first), std::pair("e", times.second)}) {
            Json event = timed_event(kind, fmt::format("request {}", request + 1), system.pools.size(), request, at);
            event["cat"] = "request";
            event["id"] = request + 1;
            events.push_back(std::move(event));
        }
    }
}

// Adds a flow arrow from each task to its dependants on other pools.
void add_flows(const SimulatedSystem& system, const std::vector<SimulatedSpan>& spans, const Threads& threads,
               Json& events) {
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> span_of;  // request and task
    for (std::size_t i = 0; i < spans.size(); ++i) {
        span_of[{spans[i].request, spans[i].task}] = i;
    }
    std::size_t flow = 0;
    for (const auto& [key, to] : span_of) {
        for (const std::size_t earlier : system.tasks[key.second].after) {
            const auto from = span_of.find({key.first, earlier});
            if (from == span_of.end() || system.tasks[earlier].pool == system.tasks[key.second].pool) {
                continue;
            }
            ++flow;
            for (const auto& [kind, span] : {std::pair("s", from->second), std::pair("f", to)}) {
                Json event = timed_event(kind, "waits for", system.tasks[spans[span].task].pool, threads.of_span(span),
                                         spans[span].start);
                event["cat"] = "order";
                event["id"] = flow;
                event["bp"] = "e";  // binding point: the arrow attaches to the enclosing span
                events.push_back(std::move(event));
            }
        }
    }
}

void add_counters(const SimulatedSystem& system, const SimulationResult& result, Json& events) {
    for (const BandwidthUse& use : result.uses) {
        Json event =
            timed_event("C", system.bandwidths[use.bandwidth].name, system.pools.size() + 1, use.bandwidth, use.from);
        event["args"] = Json::object();
        event["args"]["GB/s"] = json_number(in_gigabytes_per_second(use.drawn));
        events.push_back(std::move(event));
    }
}

}  // namespace

std::string chrome_trace(const TrafficResult& traffic) {
    const auto spans = ended_spans(traffic.simulation);
    const Threads threads(traffic.system, spans);
    Json events = Json::array();
    add_names(traffic.system, threads, events);
    add_spans(traffic.system, spans, threads, events);
    add_requests(traffic.system, spans, events);
    add_flows(traffic.system, spans, threads, events);
    add_counters(traffic.system, traffic.simulation, events);
    return json_document({{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}});
}

}  // namespace berth
