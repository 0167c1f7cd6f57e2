// Evaluation of a changed copy of the scenario, from which the gain of every finding is computed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/analysis/findings.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// The scenario, its result, and the stage that a finding is about.
struct StageView {
    const Scenario& scenario;
    const ScenarioResult& result;
    std::size_t index = 0;

    [[nodiscard]] const Stage& stage() const { return scenario.stages[index]; }
    [[nodiscard]] const ModelStage& model_stage() const { return std::get<ModelStage>(stage().work); }
    /// Profile of the stage's runtime.
    [[nodiscard]] const Profile& profile() const { return profile_of(scenario, model_stage()); }
    [[nodiscard]] const StageResult& stage_result() const { return result.stages[index]; }
    [[nodiscard]] const Candidate& chosen() const { return stage_result().candidates[*stage_result().chosen]; }
    /// Candidate of the whole model on a device; null if it does not fit there.
    [[nodiscard]] const Candidate* on(DeviceId device) const;
};

/// The stage after a change, and the resulting total of the scenario: a number of the chip changes every stage that
/// runs on it.
struct Variation {
    StageResult stage;
    Time total;
    std::vector<StageEffect> others{};  ///< other stages whose time it moves visibly
    [[nodiscard]] const Candidate& chosen() const { return stage.candidates[*stage.chosen]; }
};
using StageChange = std::function<void(ModelStage&)>;
using ProfileChange = std::function<void(Profile&)>;
using Settings = std::vector<std::pair<std::string, std::string>>;  ///< as in Finding::change
/// Absent if a stage of the changed scenario cannot run. The changed profile is that of the stage's runtime; `settings`
/// say the same change to a reader. Where files decide what else a setting changes (numbers that several runtimes
/// share, input lengths that are merged per bucket), the scenario is loaded again with them.
[[nodiscard]] std::optional<Variation> vary_stage(const StageView& view, const StageChange& change,
                                                  const Settings& settings = {});
[[nodiscard]] std::optional<Variation> vary_profile(const StageView& view, const ProfileChange& change,
                                                    const Settings& settings = {});

/// The setting that gives the stage's device so many cores, and its other devices theirs as before.
[[nodiscard]] std::pair<std::string, std::string> cores_setting(const Scenario& scenario, std::string_view stage,
                                                                DeviceId device, int cores);

/// Options for the latencies of a what-if: no intervals, no operators, and splits only if one may be chosen.
[[nodiscard]] EvaluationOptions totals_only(const Scenario& scenario);

/// The pass whose operators a candidate lists: its time, and how a sentence names it where a request has other passes.
struct ListedPass {
    Time time;
    std::string_view name;  ///< " in a step"; empty where it is the only one
};
[[nodiscard]] ListedPass listed_pass(const StageView& view);

/// Placement of a candidate as the start of a sentence: "On npu", or "Placed by operator".
[[nodiscard]] std::string placed(const Candidate& candidate);

/// A finding with the totals and choices before and after filled in.
[[nodiscard]] Finding finding_of(FindingKind kind, const StageView& view, const Variation& after, std::string text);

// One file per kind of finding; each appends its findings for one stage.
void find_padding(const StageView& view, std::vector<Finding>& found);
void find_fallbacks(const StageView& view, std::vector<Finding>& found);
void find_dispatch(const StageView& view, std::vector<Finding>& found);
void find_fusion(const StageView& view, std::vector<Finding>& found);
void find_precision(const StageView& view, std::vector<Finding>& found);
void find_cores(const StageView& view, std::vector<Finding>& found);
void find_context(const StageView& view, std::vector<Finding>& found);
/// Across all stages, which share the memories: each finding with the stage it is about.
[[nodiscard]] std::vector<std::pair<const StageView*, Finding>> find_spills(const std::vector<StageView>& views);
/// Across all stages: core counts per request that serve a stream better, if they were compared (see core_splits).
void find_core_splits(const Scenario& scenario, const ScenarioResult& result, std::vector<Finding>& found);

}  // namespace berth
