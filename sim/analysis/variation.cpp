// Re-evaluates a scenario with a change.
#include "analysis/variation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "analysis/finding_thresholds.h"
#include "base/mapped.h"
#include "berth/hardware/runtimes.h"

namespace berth {

namespace {

std::string placement_in(const StageResult& stage) {
    return stage.chosen ? stage.candidates[*stage.chosen].placement : "";
}

// Stages other than the view's whose time differs by more than a report's digits show of the total.
std::vector<StageEffect> effects_elsewhere(const StageView& view, const ScenarioResult& changed) {
    std::vector<StageEffect> effects;
    for (std::size_t i = 0; i < changed.stages.size(); ++i) {
        const StageResult& before = view.result.stages[i];
        const StageResult& after = changed.stages[i];
        const Time change = after.latency.median - before.latency.median;
        if (i != view.index &&
            std::max(change, Time{} - change) >= threshold(FindingLimit::kTotal) * view.result.total.latency.median) {
            effects.push_back(
                {after.name, before.latency.median, after.latency.median, placement_in(before), placement_in(after)});
        }
    }
    return effects;
}

// The whole scenario is evaluated: stages share the chip, its memory and limits on what one may cost another.
std::optional<Variation> evaluated(const StageView& view, const Scenario& changed) {
    Diagnostics ignored;  // a what-if that does not fit is no finding
    EvaluationOptions options = totals_only(changed);
    options.operators = std::ranges::any_of(changed.stages, [](const Stage& stage) { return !stage.slows.empty(); });
    auto result = evaluate(changed, ignored, options);
    if (!result) {
        return std::nullopt;
    }
    auto others = effects_elsewhere(view, *result);
    return Variation{std::move(result->stages[view.index]), result->total.latency.median, std::move(others)};
}

std::optional<Variation> loaded_with(const StageView& view, const Settings& settings) {
    const ScenarioSource& source = view.scenario.source;
    std::vector<Override> all = source.settings;
    for (const auto& [path, value] : settings) {
        all.push_back({path, value});
    }
    Diagnostics ignored;
    const auto changed = load_scenario(source.library, source.scenario, all, ignored);
    return changed ? evaluated(view, *changed) : std::nullopt;
}

// A change of one stage leaves the others as they are, unless all are placed together or one limits another.
bool are_independent(const Scenario& scenario) {
    return row_of(scenario.objective).search != SearchOver::kScenario &&
           std::ranges::all_of(scenario.stages, [](const Stage& stage) { return stage.slows.empty(); });
}

std::optional<Variation> evaluated_alone(const StageView& view, const StageChange& change) {
    Scenario one;
    one.name = view.scenario.name;
    one.profile = view.scenario.profile;
    one.stages = {view.stage()};
    one.objective = view.scenario.objective;
    change(std::get<ModelStage>(one.stages.front().work));
    auto alone = evaluated({one, view.result, 0}, one);
    if (alone) {
        alone->total += view.result.total.latency.median - view.stage_result().latency.median;
    }
    return alone;
}

bool can_load(const StageView& view, const Settings& settings) {
    return !settings.empty() && !view.scenario.source.scenario.empty();
}

}  // namespace

EvaluationOptions totals_only(const Scenario& scenario) {
    EvaluationOptions options;
    options.uncertainty = false;
    options.operators = false;
    options.splits = std::ranges::any_of(scenario.stages, [](const Stage& stage) {
        const auto* work = std::get_if<ModelStage>(&stage.work);
        return work != nullptr && work->granularity != Granularity::kModel;
    });
    return options;
}

const Candidate* StageView::on(DeviceId device) const {
    const Candidate* whole = stage_result().whole_on(device);
    return whole != nullptr && whole->feasible ? whole : nullptr;
}

std::optional<Variation> vary_stage(const StageView& view, const StageChange& change, const Settings& settings) {
    if (view.model_stage().tokens.size() > 1 && can_load(view, settings)) {
        return loaded_with(view, settings);
    }
    if (are_independent(view.scenario)) {
        return evaluated_alone(view, change);
    }
    Scenario changed = view.scenario;
    change(std::get<ModelStage>(changed.stages[view.index].work));
    return evaluated(view, changed);
}

std::optional<Variation> vary_profile(const StageView& view, const ProfileChange& change, const Settings& settings) {
    if (!view.scenario.profile.runtimes.empty() && can_load(view, settings)) {
        return loaded_with(view, settings);
    }
    Scenario changed = view.scenario;
    change(under(changed.profile, view.model_stage().runtime));
    return evaluated(view, changed);
}

std::pair<std::string, std::string> cores_setting(const Scenario& scenario, std::string_view stage, DeviceId device,
                                                  int cores) {
    const ModelStage& work = *model_stage_of(scenario, stage);
    std::map<DeviceId, int> all = work.cores;
    all[device] = cores;
    std::vector<std::string> entries;
    for (const auto& [id, count] : all) {
        entries.push_back(
            fmt::format("{}: {}", profile_of(scenario, work).devices[static_cast<std::size_t>(id)].name, count));
    }
    return {fmt::format("stages.{}.cores", stage), fmt::format("{{{}}}", fmt::join(entries, ", "))};
}

ListedPass listed_pass(const StageView& view) {
    const Candidate& chosen = view.chosen();
    if (view.stage_result().lengths == 1) {
        return {chosen.latency.median, ""};
    }
    return {sum_of<Time>(chosen.operators, &OperatorResult::latency),
            chosen.generation ? " in a step" : " in a pass of the main length"};
}

std::string placed(const Candidate& candidate) {
    return candidate.granularity == Granularity::kModel
               ? "On " + candidate.placement
               : fmt::format("Placed by {}", choice_name(kGranularityNames, candidate.granularity));
}

Finding finding_of(FindingKind kind, const StageView& view, const Variation& after, std::string text) {
    Finding finding;
    finding.kind = kind;
    finding.stage = view.stage().name;
    finding.text = std::move(text);
    finding.before = view.result.total.latency.median;
    finding.after = after.total;
    finding.others = after.others;
    finding.chosen_before = view.chosen().placement;
    finding.chosen_after = after.chosen().placement;
    return finding;
}

}  // namespace berth
