// What a layer table says of the clock that its layers ran at.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "calibration/measured_rows.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

// Clock at which the runtime counted the use of its arrays: MACs / (time x use x MACs per cycle x cores), with the
// cores that the graph was compiled for, however many a layer uses; the median of the products that use at least a
// twentieth of the arrays. Absent where the table has none.
std::optional<Frequency> counted_clock(const MeasuredTable& table, const Device& device) {
    constexpr double kLeastUse = 5;
    std::vector<double> clocks;
    if (!table.has("mac_usage_pct") || !table.has("m") || !table.has("k") || !table.has("n")) {
        return std::nullopt;
    }
    std::int64_t cores = 1;
    for (const CsvRow& row : table.rows()) {
        cores = std::max(cores, table.count(row, "cores"));
    }
    for (const CsvRow& row : table.rows()) {
        const auto dtype = layer_dtype(table, row);
        const auto use = parse_number(table.text(row, "mac_usage_pct"));
        const auto m = parse_number(table.text(row, "m")), k = parse_number(table.text(row, "k")),
                   n = parse_number(table.text(row, "n"));
        const auto rate = dtype ? device.clusters.front().macs_per_cycle[static_cast<std::size_t>(*dtype)]
                                : std::optional<Parameter<Operations>>();
        if (use.value_or(0) < kLeastUse || !m || !k || !n || !rate) {
            continue;
        }
        const double time = in_seconds(table.microseconds_in(row, "measured_us"));
        clocks.push_back(*m * *k * *n / (time * *use / 100 * rate->value.si() * static_cast<double>(cores)));
    }
    if (clocks.empty()) {
        return std::nullopt;
    }
    const auto middle = clocks.begin() + static_cast<std::ptrdiff_t>(clocks.size() / 2);
    std::ranges::nth_element(clocks, middle);
    return hertz(std::round(*middle / 1e7) * 1e7);
}

}  // namespace

// Unsigned bytes (images) cost the same as signed ones.
std::optional<DType> layer_dtype(const MeasuredTable& table, const CsvRow& row) {
    const std::string text = lower_case(table.text(row, "dtype"));
    return text == "uint8" ? std::optional(DType::kInt8) : choice_named(kDTypeNames, text);
}

// Without a stated clock the rows are judged at the profile's, whatever that was set to.
void warn_of_clock(const MeasuredTable& table, const Device& device) {
    if (table.rows().empty() || !table.text(table.rows().front(), "npu_mhz").empty()) {
        return;
    }
    const Frequency taken = device.clusters.front().clock.value;
    const auto counted = counted_clock(table, device);
    if (!counted || std::abs(*counted / taken - 1) > 0.01) {
        table.diagnostics().warning(
            table.where(table.rows().front(), "npu_mhz"),
            fmt::format("the table does not state the clock of {0}, and is judged at {1}{2}", device.name,
                        to_text(taken),
                        counted ? fmt::format(", while its MacUsage was counted at {}", to_text(*counted)) : ""),
            counted ? fmt::format("{} if that is the board's",
                                  setting(fmt::format("devices.{}.clock", device.name), *counted))
                    : fmt::format("--set hardware.devices.{}.clock=VALUE, where it is another", device.name));
    }
}

}  // namespace berth
