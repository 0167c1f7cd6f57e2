// The complete result as JSON.
#include <map>
#include <string>

#include "berth/report/report.h"
#include "report/fusions.h"
#include "report/json_values.h"
#include "report/names.h"
#include "report/sections.h"
#include "report/traffic_json.h"

namespace berth {

namespace {

Json segments_json(const Candidate& candidate, std::span<const std::string> devices) {
    std::map<OperatorId, std::string> names;
    for (const OperatorResult& op : candidate.operators) {
        names[op.id] = op.name;
    }
    return json_array(candidate.segments, [&](const Segment& segment) {
        return Json{{"device", device_name(devices, segment.device)},
                    {"first", json_text(names[segment.first])},
                    {"last", json_text(names[segment.last])}};
    });
}

Json json_draft(const DraftResult& draft) {
    Json object = Json::object();
    object["model"] = json_text(draft.model);
    object["device"] = draft.device;
    object["length"] = draft.length;
    object["acceptance"] = json_number(draft.acceptance);
    object["tokens_per_round"] = json_number(draft.tokens_per_round);
    object["drafting_ms"] = json_milliseconds(draft.drafting);
    object["checking_ms"] = json_milliseconds(draft.checking);
    object["step_without_ms"] = json_milliseconds(draft.step);
    object["pays_from"] = json_number(draft.pays_from);
    object["best_length"] = draft.best_length;
    object["checker_energy_mj"] = json_millijoules(draft.checker_energy);
    object["drafter_energy_mj"] = json_millijoules(draft.drafter_energy);
    object["lower_bound_ms"] = json_milliseconds(draft.lower_bound);
    return object;
}

/// An infeasible candidate has a reason instead of numbers.
Json candidate_json(const Candidate& candidate, std::span<const std::string> devices) {
    Json object = Json::object();
    object["placement"] = candidate.placement;
    object["feasible"] = candidate.feasible;
    if (!candidate.feasible) {
        for (const char* key : {"latency_ms", "low_ms", "high_ms", "energy_mj"}) {
            object[key] = nullptr;
        }
        object["by_category"] = Json::object();
        object["granularity"] = choice_name(kGranularityNames, candidate.granularity);
        object["reason"] = json_text(candidate.reason);
        return object;
    }
    add_estimate(object, candidate.latency);
    add_evidence(object, candidate.uncertainty.evidence);
    object["energy_mj"] = json_millijoules(candidate.energy);
    object["by_category"] = json_categories(candidate.by_category);
    object["granularity"] = choice_name(kGranularityNames, candidate.granularity);
    object["reason"] = nullptr;
    object["handover_ms"] = json_milliseconds(candidate.handover);
    add_tokens_and_cores(object, candidate);
    object["optimality_gap"] = json_number(candidate.optimality_gap);
    object["proved_optimal"] = candidate.proved_optimal;
    object["regret_ms"] = json_milliseconds(candidate.regret);
    add_sizes(object, candidate);
    add_generation(object, candidate);
    if (candidate.draft) {
        object["draft"] = json_draft(*candidate.draft);
    }
    object["weights"] = json_weights(candidate);
    object["fusion"] = json_fusion(candidate, devices);
    object["segments"] = segments_json(candidate, devices);
    return object;
}

Json stage_json(const StageResult& stage, const Stage* asked, std::span<const std::string> devices) {
    const Candidate* chosen = stage.chosen ? &stage.candidates[*stage.chosen] : nullptr;
    const auto* fixed = asked != nullptr ? std::get_if<FixedStage>(&asked->work) : nullptr;
    Json object = Json::object();
    object["name"] = stage.name;
    object["model"] = json_text(stage.model);
    object["repeat"] = stage.repeat;
    object["chosen"] = chosen != nullptr ? Json(chosen->placement) : Json(nullptr);
    object["passes"] = json_array(stage.passes, [&](const PassShare& share) {
        return Json{{"placement", stage.candidates[share.candidate].placement}, {"count", share.passes}};
    });
    object["candidates"] =
        json_array(stage.candidates, [&](const Candidate& candidate) { return candidate_json(candidate, devices); });
    add_estimate(object, stage.latency);
    object["optimality_gap"] = chosen != nullptr ? json_number(chosen->optimality_gap) : Json(nullptr);
    object["optimum_ms"] = json_milliseconds(stage.optimum ? std::optional(stage.optimum->latency) : std::nullopt);
    object["lower_bound_ms"] =
        json_milliseconds(stage.optimum ? std::optional(stage.optimum->lower_bound) : std::nullopt);
    object["start_ms"] = json_milliseconds(stage.start);
    object["budget_ms"] = json_milliseconds(stage.budget);
    object["confidence"] = chosen != nullptr ? json_number(stage.confidence) : Json(nullptr);
    object["device"] = fixed != nullptr && fixed->on ? Json(device_name(devices, *fixed->on)) : Json(nullptr);
    object["operators_of"] = chosen != nullptr ? Json(listed_pass(*chosen)) : Json(nullptr);
    object["operators"] = chosen != nullptr ? json_operators(chosen->operators, devices) : Json::array();
    return object;
}

Json total_json(const ScenarioTotal& total) {
    Json object = Json::object();
    add_estimate(object, total.latency);
    object["budget_ms"] = json_milliseconds(total.budget);
    object["meets_budget"] = total.budget ? Json(total.latency.median <= *total.budget) : Json(nullptr);
    object["budget_probability"] = json_number(total.budget_probability);
    object["energy_mj"] = json_millijoules(total.energy);
    return object;
}

Json rate_json(const SustainedRate& rate) {
    return Json{{"simulated_per_s", json_number(in_hertz(rate.simulated))},
                {"capacity_per_s", json_number(in_hertz(rate.capacity))},
                {"busiest", rate.busiest},
                {"upper_bound_per_s", json_number(in_hertz(rate.upper_bound))},
                {"gap", json_number(rate.gap())}};
}

Json finding_json(const Finding& finding) {
    Json object = Json::object();
    object["kind"] = choice_name(kFindingKindNames, finding.kind);
    object["stage"] = json_text(finding.stage);
    object["also_in"] = finding.also_in;
    object["text"] = finding.text;
    object["change"] = Json::object();
    for (const auto& [path, value] : finding.change) {
        object["change"][path] = json_of_yaml(value);
    }
    object["latency_before_ms"] = json_milliseconds(finding.before);
    object["latency_after_ms"] = json_milliseconds(finding.after);
    object["chosen_before"] = json_text(finding.chosen_before);
    object["chosen_after"] = json_text(finding.chosen_after);
    return object;
}

}  // namespace

std::string json_report(const ScenarioResult& result, const Scenario& scenario, std::span<const Finding> findings) {
    Json object = Json::object();
    object["scenario"] = result.scenario;
    object["hardware"] = result.hardware;
    object["objective"] = row_of(result.objective).name;
    object["stages"] = Json::array();
    for (const StageResult& stage : result.stages) {
        object["stages"].push_back(stage_json(stage, stage_named(scenario, stage.name), result.devices));
        if (!scenario.profile.runtimes.empty()) {
            object["stages"].back()["runtime"] = json_text(stage.runtime);
        }
    }
    object["total"] = total_json(result.total);
    if (has_stream(result)) {
        object["total"]["alone"] = true;
        object["total"]["piles_up"] = pile_up_sentence(result).has_value();
    }
    if (result.memory_decided) {
        object["memory_decided"] = true;
    }
    if (result.rate) {
        object["rate"] = rate_json(*result.rate);
    }
    object["findings"] = json_array(findings, finding_json);
    object["warnings"] = json_warnings(result.warnings);
    object["disabled"] = scenario.disabled;
    if (result.traffic) {
        object["traffic"] = json_traffic(*result.traffic);
        object["traffic"]["slowdowns"] = json_slowdowns(result);
        object["traffic"]["mean_lengths"] = json_array(stages_of_mean_length(scenario), json_text);
    }
    if (!result.chats.empty()) {
        object["chats"] = json_chats(result);
    }
    if (!result.core_splits.empty()) {
        object["core_splits"] = json_core_splits(result);
    }
    if (!result.batch_sizes.empty()) {
        object["batch_sizes"] = json_batch_sizes(result);
    }
    return json_document(object);
}

}  // namespace berth
