// Result columns of a sweep, which follow the columns of its axes: names and cells of a point, for all writers.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "berth/analysis/sweep.h"

namespace berth {

[[nodiscard]] inline std::optional<double> first_token_ms(const TextPace& pace) {
    return pace.first_token ? std::optional(in_milliseconds(*pace.first_token)) : std::nullopt;
}
/// Absent where nothing is generated after the prompt.
[[nodiscard]] inline std::optional<double> tokens_per_second(const TextPace& pace) {
    return pace.token ? std::optional(1 / in_seconds(*pace.token)) : std::nullopt;
}

/// Calls `cell.number(name, optional)`, `cell.truth(name, optional)` or `cell.text(name, string)` for each result
/// column in order; `name()` is its name, and the value absent or empty if the point has none. A point that does not
/// run has no stages, whose columns it leaves out unless `Cell::kEveryColumn`.
template <class Cell>
void each_sweep_cell(const Sweep& sweep, const SweepPoint& point, Cell&& cell) {
    const auto named = [](const char* name) { return [name] { return std::string(name); }; };
    const auto time = [&cell](const auto& name, const std::optional<Time>& value) {
        cell.number(name, value ? std::optional(in_milliseconds(*value)) : std::nullopt);
    };
    time(named("total_ms"), point.total);
    cell.number(named("energy_mj"), point.energy ? std::optional(in_millijoules(*point.energy)) : std::nullopt);
    cell.truth(named("meets_budget"), point.meets_budget);
    static const std::string nothing;
    const std::size_t stages = cell.kEveryColumn ? sweep.stages().size() : point.stages.size();
    for (std::size_t s = 0; s < stages; ++s) {
        const SweepStage* stage = s < point.stages.size() ? &point.stages[s] : nullptr;
        const auto of_stage = [&sweep, s](const char* name) {
            return [&sweep, s, name] { return sweep.stages()[s] + name; };
        };
        cell.text(of_stage(".chosen"), stage != nullptr ? stage->chosen : nothing);
        time(of_stage(".latency_ms"), stage != nullptr ? std::optional(stage->latency) : std::nullopt);
        if (sweep.generates(s)) {
            cell.number(of_stage(".ttft_ms"), stage != nullptr ? first_token_ms(stage->pace) : std::nullopt);
            cell.number(of_stage(".tokens_per_s"), stage != nullptr ? tokens_per_second(stage->pace) : std::nullopt);
        }
        for (std::size_t d = 0; d < sweep.devices().size(); ++d) {
            time([&] { return fmt::format("{}.{}_ms", sweep.stages()[s], sweep.devices()[d]); },
                 stage != nullptr ? stage->on_device[d] : std::nullopt);
        }
    }
    cell.text(named("why_not"), point.why_not);
}

}  // namespace berth
