// Comparison of two scenarios: the differences of their inputs, and the effect of each on the latency.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// An input that differs, as `--set` takes it where it can be set alone.
struct InputDifference {
    std::string path, before, after;
    bool origin = false;  ///< a number with the same value, but another spread, kind or source
};

/// A stage whose placement differs.
struct DecisionChange {
    std::string stage, before, after;
};

/// Stages of both results whose recommended placements differ.
[[nodiscard]] std::vector<DecisionChange> decisions_between(const ScenarioResult& before, const ScenarioResult& after);

/// How the value of an answer reads.
enum class AnswerForm : std::uint8_t { kMilliseconds, kMillijoules, kMebibytes, kPerSecond, kShare, kTruth };

/// An answer other than the total: `budget_probability`, `p95_ms` and the like.
struct AnswerName {
    std::string key;    ///< in JSON
    std::string words;  ///< in reports: "probability of meeting the budget"
    AnswerForm form{};
};
/// Absent where the scenario does not have the answer.
struct AnswerChange {
    AnswerName answer;
    std::optional<double> before, after;
};

/// Inputs changed together in one step, because the scenario would not run with the first of them changed alone.
struct DiffStep {
    std::vector<InputDifference> inputs;
    Time before, after;  ///< the total
    std::vector<DecisionChange> decisions;
    std::vector<AnswerChange> answers{};  ///< of a step that does not change the total
    /// Whether the step changes neither the total nor a decision nor another answer.
    [[nodiscard]] bool without_effect() const;
};

/// Time of one class of operators over all stages, repeats included.
struct ClassDifference {
    std::string name;
    Time before, after;
};

struct ScenarioDiff {
    ScenarioResult before, after;
    std::vector<DiffStep> steps;           ///< in order; their changes add up to the whole difference
    std::vector<ClassDifference> classes;  ///< their changes add up to the whole difference, too
    std::vector<DecisionChange> decisions;
    std::vector<AnswerChange> answers;  ///< of the whole difference
    /// Whether answers other than the total were compared for each step, too. Streams of two scenarios that differ in
    /// many inputs are simulated as a whole only, since each simulation takes a second.
    bool answers_by_step = true;
    std::vector<Warning> warnings{};  ///< for steps without effect: why, and which number is binding instead
};

/// Turns the first scenario into the second, one input after the other: differences in the files of the hardware; then
/// per stage, in the order of the first scenario, the model's file and the stage; models that differ only in
/// themselves; added and removed stages; everything else, such as arrivals, budget and objective. Where more than a
/// dozen inputs of the hardware differ, those of a device are one step. Files named by inputs (tables of lengths, ONNX
/// models) with differing content are the last step. Errors: any that keeps either scenario from running; a scenario
/// that was not loaded.
[[nodiscard]] std::optional<ScenarioDiff> diff_scenarios(const Scenario& before, const Scenario& after,
                                                         Diagnostics& diagnostics);

}  // namespace berth
