// One answer as JSON for the page.
#include "explore/answer_json.h"

#include <algorithm>
#include <map>

#include "report/names.h"
#include "report/sections.h"

namespace berth {

namespace {

/// Time of all passes by the bounds of their operators.
Json bounds_json(const Candidate& candidate) {
    Json object = Json::object();
    for (const auto& [bound, time] : candidate.by_bound) {
        object[std::string(choice_name(kBoundNames, bound))] = json_milliseconds(time);
    }
    return object;
}

Json bar_json(const Candidate& candidate, bool chosen) {
    Json object = Json::object();
    object["placement"] = placement_name(candidate);
    object["chosen"] = chosen;
    object["feasible"] = candidate.feasible;
    object["reason"] = json_text(candidate.reason);
    if (candidate.feasible) {
        add_estimate(object, candidate.latency);
        object["padded_tokens"] = candidate.padded_tokens;
        object["actual_tokens"] = candidate.actual_tokens;
        object["by_category"] = json_categories(candidate.by_category);
        object["by_bound"] = bounds_json(candidate);
        object["main_bound"] = main_bound(candidate);
    }
    return object;
}

Json explored_stage(const StageResult& stage) {
    Json object = Json::object();
    object["name"] = stage.name;
    object["model"] = json_text(stage.model);
    object["repeat"] = stage.repeat;
    object["chosen"] = stage.chosen ? Json(placement_name(stage.candidates[*stage.chosen])) : Json(nullptr);
    object["confidence"] = stage.chosen ? json_number(stage.confidence) : Json(nullptr);
    add_estimate(object, stage.latency);
    object["candidates"] = Json::array();
    for (std::size_t i = 0; i < stage.candidates.size(); ++i) {
        object["candidates"].push_back(bar_json(stage.candidates[i], stage.chosen == i));
    }
    return object;
}

Json explored_total(const ScenarioTotal& total) {
    Json object = Json::object();
    add_estimate(object, total.latency);
    object["budget_ms"] = json_milliseconds(total.budget);
    object["budget_probability"] = json_number(total.budget_probability);
    object["energy_mj"] = json_millijoules(total.energy);
    return object;
}

}  // namespace

Json explored_answer(const Scenario& scenario, const ScenarioResult& result) {
    return Json{{"headline", headline(result)},
                {"reasons", stage_reasons(result, scenario)},
                {"total", explored_total(result.total)},
                {"stages", json_array(result.stages, explored_stage)},
                {"rooflines", rooflines_json(result, scenario.profile)},
                {"timeline", timeline_json(scenario, result)}};
}

}  // namespace berth
