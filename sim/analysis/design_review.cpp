// The questions of a design review, answered for one scenario.
#include "berth/analysis/design_review.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "berth/analysis/latency_curve.h"

namespace berth {

namespace {

constexpr double kShortestInput = 16;
constexpr double kLongestInput = 512;
constexpr double kMeasurementNoise = 0.05;  // careful measurement on a shared machine

/// The two fastest devices that run a stage's model on their own.
std::optional<std::pair<std::string, std::string>> fastest_two(const StageResult& stage) {
    std::vector<const Candidate*> whole;
    for (const Candidate& candidate : stage.candidates) {
        if (candidate.feasible && candidate.device && candidate.granularity == Granularity::kModel) {
            whole.push_back(&candidate);
        }
    }
    std::ranges::stable_sort(whole, {}, [](const Candidate* one) { return one->latency.median; });
    const auto other =
        std::ranges::find_if(whole, [&whole](const Candidate* one) { return one->device != whole.front()->device; });
    return other == whole.end() ? std::nullopt
                                : std::optional(std::pair(whole.front()->placement, (*other)->placement));
}

/// Range of lengths that the stage is compiled for, or that its model accepts, up to a few hundred.
SweepRange length_range(const std::string& stage, const ModelStage& asked) {
    SweepRange range{fmt::format("stages.{}.tokens", stage), kShortestInput, kLongestInput, "", true};
    if (!asked.buckets.empty()) {
        range.to = static_cast<double>(asked.buckets.back());
    } else if (const auto longest = longest_input(asked.model)) {
        range.to = std::min(range.to, static_cast<double>(*longest));
    }
    return range;
}

std::optional<LengthCrossover> crossover_of(const Stage& stage, const StageResult& result,
                                            const ScenarioSource& source) {
    const auto* asked = std::get_if<ModelStage>(&stage.work);
    const auto between = asked != nullptr ? fastest_two(result) : std::nullopt;
    if (!between || asked->generation || asked->tokens.size() != 1 || source.scenario.empty()) {
        return std::nullopt;
    }
    CrossoverQuestion question{source, length_range(stage.name, *asked), stage.name, *between};
    Diagnostics unanswered;
    auto answer = question.range.from < question.range.to ? find_crossovers(question, unanswered) : std::nullopt;
    return answer ? std::optional(LengthCrossover{std::move(question), std::move(*answer)}) : std::nullopt;
}

// Accuracy of the profile without the scenario's overrides, since the measurements are of the chip as it is.
std::optional<Validation> accuracy_of(const Scenario& scenario) {
    const Library& library = scenario.source.library;
    const std::string& file = scenario.profile.where.file_name();
    Diagnostics unanswered;
    const auto profile = load_hardware(library, file, {}, SourceLocation("hardware"), unanswered);
    const auto sets = profile ? load_measured_sets(library, file, *profile, unanswered) : std::nullopt;
    return sets ? validate(*profile, *sets, unanswered) : std::nullopt;
}

}  // namespace

DesignReview design_review(const Scenario& scenario, const ScenarioResult& result) {
    DesignReview review;
    review.sensitivity = sensitivity_of(scenario, result);
    for (const Stage& stage : scenario.stages) {
        const auto of_stage = std::ranges::find(result.stages, stage.name, &StageResult::name);
        if (of_stage != result.stages.end()) {
            if (auto crossover = crossover_of(stage, *of_stage, scenario.source)) {
                review.crossovers.push_back(std::move(*crossover));
            }
        }
    }
    review.measurements = next_measurements(scenario, result, kMeasurementNoise);
    review.accuracy = accuracy_of(scenario);
    return review;
}

}  // namespace berth
