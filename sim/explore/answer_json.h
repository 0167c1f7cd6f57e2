// What the page draws of one answer, as JSON: bars, rooflines and a timeline, without the parts that nobody looks at
// while a slider moves.
#pragma once

#include "berth/evaluation.h"
#include "report/json_values.h"

namespace berth {

/// `title`, `headline`, `reasons[]`, `total`, `stages[]` with their candidates and what binds them, `rooflines[]`,
/// `timeline`. Times in milliseconds.
[[nodiscard]] Json explored_answer(const Scenario& scenario, const ScenarioResult& result);

/// One per device that runs a stage by itself, and runtime: `device`, `runtime`, `roofs[]` (`dtypes`, `gmacs_per_s`),
/// `gb_per_s` of its DRAM, and `points[]`: operators alike in all blocks, with `macs_per_byte` and `gmacs_per_s`.
[[nodiscard]] Json rooflines_json(const ScenarioResult& result, const Profile& profile);

/// One request alone: `end_ms` and `lanes[]`, the devices, with a `name` and `bars[]` (`from`, `to`, `label`: the
/// stage).
[[nodiscard]] Json timeline_json(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
