// One of three kinds of arrivals, and how many requests to simulate.
#include "scenario/read_arrivals.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "berth/atomic_file.h"
#include "berth/csv.h"
#include "berth/quantity_text.h"
#include "scenario/find_file.h"

namespace berth {

namespace {

constexpr IntegerRange kUsers{1, kMostUsers};
constexpr IntegerRange kRequests{1, kMostRequests};
constexpr IntegerRange kWarmUp{0, kMostWarmUp};
constexpr IntegerRange kSeed{0, kLargestSeed};
constexpr std::string_view kColumn = "arrival_ms";

// A quantity within bounds, or an error that says them.
template <class Q>
std::optional<Q> between(const YamlNode& node, Q least, Q most) {
    const auto value = node.quantity<Q>({.allow_zero = least == Q{}});
    if (value && (*value < least || *value > most)) {
        node.error(fmt::format("{} is out of range", to_text(*value)),
                   fmt::format("{} to {}", to_text(least), to_text(most)));
        return std::nullopt;
    }
    return value;
}

std::optional<ArrivalTrace> read_trace(const YamlNode& node) {
    const auto name = node.text();
    if (!name) {
        return std::nullopt;
    }
    Diagnostics& diagnostics = node.diagnostics();
    std::error_code ignored;
    std::optional<std::string> content;
    for (const std::filesystem::path& base : bases_at(node.where())) {
        if (std::filesystem::is_regular_file(base / *name, ignored)) {
            content = read_file(base / *name, diagnostics);
            break;
        }
    }
    if (!content) {
        node.error(fmt::format("no file '{}'", *name), "a CSV file, relative to this one");
        return std::nullopt;
    }
    const auto table = parse_csv(*content, *name, diagnostics);
    const auto column = table ? table->column(kColumn) : std::nullopt;
    if (!column) {
        node.error(fmt::format("{} has no column '{}'", *name, kColumn), "times of arrival in milliseconds");
        return std::nullopt;
    }
    ArrivalTrace trace;
    for (const CsvRow& row : table->rows) {
        const CsvCell& cell = row.cells[*column];
        const auto time = parse_number(cell.text);
        const Time last = trace.times.empty() ? Time{} : trace.times.back();
        if (!time || *time < 0 || milliseconds(*time) < last || milliseconds(*time) > kLastArrival) {
            diagnostics.error(cell.where, fmt::format("'{}' is no time of arrival", cell.text),
                              "milliseconds, not before the row above and at most 1e12");
            return std::nullopt;
        }
        trace.times.push_back(milliseconds(*time));
    }
    if (trace.times.empty()) {
        node.error(fmt::format("{} has no rows", *name));
        return std::nullopt;
    }
    return trace;
}

std::optional<Arrivals> read_kind(const YamlNode& node) {
    const auto users = node.find("users");
    const auto rate = node.find("rate");
    const auto trace = node.find("trace");
    const auto think = node.find("think");
    if ((users ? 1 : 0) + (rate ? 1 : 0) + (trace ? 1 : 0) != 1) {
        node.error("arrivals are of one kind", "one of users, rate and trace");
        return std::nullopt;
    }
    if (users) {
        ClosedLoop loop;
        const auto count = users->integer(kUsers);
        if (think) {
            loop.think = between<Time>(*think, Time{}, kLongestThink).value_or(Time{});
        }
        loop.users = static_cast<int>(count.value_or(1));
        return count ? std::optional<Arrivals>(loop) : std::nullopt;
    }
    if (think) {
        think->error("only users think", "users");
        return std::nullopt;
    }
    if (rate) {
        const auto frequency = between(*rate, kSlowestArrivals, kFastestArrivals);
        return frequency ? std::optional<Arrivals>(PoissonArrivals{*frequency}) : std::nullopt;
    }
    auto times = read_trace(*trace);
    return times ? std::optional<Arrivals>(std::move(*times)) : std::nullopt;
}

}  // namespace

std::optional<RequestStream> read_arrivals(const YamlNode& node) {
    const std::size_t errors_before = node.diagnostics().error_count();
    if (!node.is_map()) {
        node.error("this is no traffic", "a map, such as {rate: 5 Hz}");
        return std::nullopt;
    }
    RequestStream traffic;
    if (const auto requests = node.find("requests")) {
        traffic.requests = static_cast<std::size_t>(requests->integer(kRequests).value_or(1));
    }
    if (const auto warm_up = node.find("warm_up")) {
        traffic.warm_up = static_cast<std::size_t>(warm_up->integer(kWarmUp).value_or(0));
    }
    if (const auto seed = node.find("seed")) {
        traffic.seed = static_cast<std::uint64_t>(seed->integer(kSeed).value_or(1));
    }
    auto arrivals = read_kind(node);
    node.reject_unknown_keys();
    if (!arrivals || node.diagnostics().error_count() != errors_before) {
        return std::nullopt;
    }
    if (const auto* trace = std::get_if<ArrivalTrace>(&*arrivals)) {
        traffic.warm_up = traffic.warm_up.value_or(0);
        traffic.requests = trace->times.size();
    }
    traffic.arrivals = std::move(*arrivals);
    return traffic;
}

}  // namespace berth
