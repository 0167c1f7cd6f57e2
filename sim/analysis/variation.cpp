// Re-evaluates one stage of a scenario with a change.
#include "analysis/variation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "berth/runtimes.h"

namespace berth {

namespace {

std::optional<Variation> evaluated(const StageView& view, const Scenario& changed) {
    Diagnostics ignored;  // a what-if that does not fit is no finding
    auto result = evaluate(changed, ignored, totals_only(changed));
    if (!result) {
        return std::nullopt;
    }
    Variation variation;
    variation.stage = std::move(result->stages.front());
    variation.total =
        view.result.total.latency.median - view.stage_result().latency.median + variation.stage.latency.median;
    return variation;
}

// Each stage is evaluated on its own, under the throughput objective too: sharing affects the rate, not the latency.
Scenario only_this_stage(const StageView& view) {
    Scenario one;
    one.name = view.scenario.name;
    one.profile = view.scenario.profile;
    one.stages = {view.stage()};
    one.objective = view.scenario.objective;
    return one;
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
    for (const Candidate& candidate : stage_result().candidates) {
        if (candidate.feasible && candidate.granularity == Granularity::kModel &&
            candidate.placement == scenario.profile.devices[static_cast<std::size_t>(device)].name) {
            return &candidate;
        }
    }
    return nullptr;
}

std::optional<Variation> vary_stage(const StageView& view, const StageChange& change) {
    Scenario changed = only_this_stage(view);
    change(std::get<ModelStage>(changed.stages.front().work));
    return evaluated(view, changed);
}

std::optional<Variation> vary_profile(const StageView& view, const ProfileChange& change) {
    Scenario changed = only_this_stage(view);
    change(under(changed.profile, view.model_stage().runtime));
    return evaluated(view, changed);
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
    finding.chosen_before = view.chosen().placement;
    finding.chosen_after = after.chosen().placement;
    return finding;
}

}  // namespace berth
