// Result columns of a sweep, which follow the columns of its axes, and the cells of a point; used by all row writers.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "berth/sweep.h"

namespace berth {

enum class SweepColumn : std::uint8_t { kNumber, kTruth, kText };

[[nodiscard]] inline std::optional<double> first_token_ms(const TextPace& pace) {
    return pace.first_token ? std::optional(in_milliseconds(*pace.first_token)) : std::nullopt;
}
/// Absent where nothing is generated after the prompt.
[[nodiscard]] inline std::optional<double> tokens_per_second(const TextPace& pace) {
    return pace.token ? std::optional(1 / in_seconds(*pace.token)) : std::nullopt;
}

/// Calls `column(name, kind)` for each result column, in order.
template <class Column>
void each_sweep_column(const Sweep& sweep, const Column& column) {
    column("total_ms", SweepColumn::kNumber);
    column("energy_mj", SweepColumn::kNumber);
    column("meets_budget", SweepColumn::kTruth);
    for (std::size_t s = 0; s < sweep.stages().size(); ++s) {
        const std::string& stage = sweep.stages()[s];
        column(stage + ".chosen", SweepColumn::kText);
        column(stage + ".latency_ms", SweepColumn::kNumber);
        if (sweep.generates(s)) {
            column(stage + ".ttft_ms", SweepColumn::kNumber);
            column(stage + ".tokens_per_s", SweepColumn::kNumber);
        }
        for (const std::string& device : sweep.devices()) {
            column(fmt::format("{}.{}_ms", stage, device), SweepColumn::kNumber);
        }
    }
    column("why_not", SweepColumn::kText);
}

/// Calls `cell.number(optional)`, `cell.truth(optional)` or `cell.text(string)` for each result column; the argument is
/// absent or empty if the point has no value.
template <class Cell>
void each_sweep_cell(const Sweep& sweep, const SweepPoint& point, Cell& cell) {
    const auto time = [&cell](const std::optional<Time>& value) {
        cell.number(value ? std::optional(in_milliseconds(*value)) : std::nullopt);
    };
    time(point.total);
    cell.number(point.energy ? std::optional(in_millijoules(*point.energy)) : std::nullopt);
    cell.truth(point.meets_budget);
    static const std::string nothing;
    for (std::size_t s = 0; s < sweep.stages().size(); ++s) {
        const SweepStage* stage = s < point.stages.size() ? &point.stages[s] : nullptr;
        cell.text(stage != nullptr ? stage->chosen : nothing);
        time(stage != nullptr ? std::optional(stage->latency) : std::nullopt);
        if (sweep.generates(s)) {
            cell.number(stage != nullptr ? first_token_ms(stage->pace) : std::nullopt);
            cell.number(stage != nullptr ? tokens_per_second(stage->pace) : std::nullopt);
        }
        for (std::size_t d = 0; d < sweep.devices().size(); ++d) {
            time(stage != nullptr ? stage->on_device[d] : std::nullopt);
        }
    }
    cell.text(point.why_not);
}

}  // namespace berth
