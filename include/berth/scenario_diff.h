// Two scenarios side by side: what differs in what they are given, and what each difference did to the latency.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// One input in both, as `--set` takes it where it can be set alone.
struct InputDifference {
    std::string path, before, after;
    bool origin = false;  ///< a number with the same value, but another spread, kind or source
};

/// A stage that runs elsewhere than before.
struct DecisionChange {
    std::string stage, before, after;
};

/// Stages of both results that are recommended elsewhere.
[[nodiscard]] std::vector<DecisionChange> decisions_between(const ScenarioResult& before, const ScenarioResult& after);

/// Another answer than the total: `budget_probability`, `p95_ms` and the like, named as in JSON and in the unit of the
/// name. Absent where the scenario does not have it.
struct AnswerChange {
    std::string answer;
    std::optional<double> before, after;
};

/// Inputs that were changed together: alone the scenario would not have run with the first of them.
struct DiffStep {
    std::vector<InputDifference> inputs;
    Time before, after;  ///< the total
    std::vector<DecisionChange> decisions;
    std::vector<AnswerChange> answers{};  ///< of a step that leaves the total as it is
    /// Neither the total nor a decision nor another answer is different.
    [[nodiscard]] bool without_effect() const;
};

/// Time of one class of operators over all stages, repeats included.
struct ClassDifference {
    std::string name;
    Time before, after;
};

struct ScenarioDiff {
    ScenarioResult before, after;
    std::vector<DiffStep> steps;           ///< in the order they were made; their changes add up to the whole
    std::vector<ClassDifference> classes;  ///< theirs do too
    std::vector<DecisionChange> decisions;
    std::vector<AnswerChange> answers;  ///< of the whole difference
    std::vector<Warning> warnings{};    ///< of steps without effect: why, and what decides instead
};

/// Changes the first scenario into the second, one input after the other: whatever stands otherwise in the files of the
/// hardware, then stage by stage the model's file and the stage, in the order of the first; models that differ only in
/// themselves; stages that come or go; everything else, such as arrivals, budget and objective. Where more than a dozen
/// inputs of the hardware differ, all of a device are one. Files that inputs name (tables of lengths, ONNX models) and
/// that differ themselves are the last step. Errors: what keeps either scenario from running, one that was not loaded.
[[nodiscard]] std::optional<ScenarioDiff> diff_scenarios(const Scenario& before, const Scenario& after,
                                                         Diagnostics& diagnostics);

}  // namespace berth
