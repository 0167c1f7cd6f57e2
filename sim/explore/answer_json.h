// One answer as JSON for the page: bars, rooflines and a timeline, without the parts that are not needed while a slider
// moves.
#pragma once

#include "berth/evaluation/evaluation.h"
#include "report/json_values.h"

namespace berth {

/// `title`, `headline`, `reasons[]`, `total`, `stages[]` with their candidates and their time by bound, `rooflines[]`
/// and `timeline`. Times are in milliseconds.
[[nodiscard]] Json explored_answer(const Scenario& scenario, const ScenarioResult& result);

/// One roofline per runtime and device that can run a whole stage: `device`, `runtime`, `roofs[]` (`dtypes`,
/// `gmacs_per_s`), the DRAM bandwidth `gb_per_s`, and `points[]`: one point for the equal operators of all blocks, with
/// `macs_per_byte` and `gmacs_per_s`.
[[nodiscard]] Json rooflines_json(const ScenarioResult& result, const Profile& profile);

/// Timeline of a single request: `end_ms`, and `lanes[]`, one per device, each with a `name` and `bars[]` (`from`,
/// `to`, `label`: the stage).
[[nodiscard]] Json timeline_json(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
