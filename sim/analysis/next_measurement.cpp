// Ranks a scenario's kernels by how much their measurement would improve its decisions and latency.
#include "berth/analysis/next_measurement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "evaluation/stage_choice.h"

namespace berth {

namespace {

using Effects = std::vector<double>;

// Inner product over the common causes; either may have additional causes after them.
double product(const Effects& a, const Effects& b) {
    const auto common = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
    return std::inner_product(a.begin(), a.begin() + common, b.begin(), 0.0);
}

// The two fastest candidates that run the whole model on one device each.
std::vector<const Candidate*> rivals_in(const StageResult& stage) {
    std::vector<const Candidate*> rivals;
    for (const Candidate& candidate : stage.candidates) {
        if (candidate.feasible && candidate.granularity == Granularity::kModel) {
            rivals.push_back(&candidate);
        }
    }
    std::ranges::sort(rivals, {}, [](const Candidate* one) { return one->latency.median; });
    rivals.resize(std::min<std::size_t>(rivals.size(), 2));
    return rivals.size() == 2 ? rivals : std::vector<const Candidate*>{};
}

/// Goal of measurements for a stage: its gradient over the causes of uncertainty, and the candidates whose kernels are
/// informative.
struct Aim {
    MeasurementGoal goal = MeasurementGoal::kDecision;
    Effects gradient;
    std::vector<const Candidate*> candidates;
};

// Absent for a fixed stage, from which nothing can be learnt.
std::optional<Aim> aim_of(const StageResult& stage) {
    constexpr double kSure = 0.99;  // confidence above which a decision needs no further measurement
    const auto rivals = rivals_in(stage);
    if (!rivals.empty() && stage.confidence < kSure) {
        return Aim{MeasurementGoal::kDecision,
                   causes_apart(rivals[0]->uncertainty.independent, rivals[1]->uncertainty.independent), rivals};
    }
    if (!stage.chosen) {
        return std::nullopt;
    }
    const Candidate& chosen = stage.candidates[*stage.chosen];
    return Aim{MeasurementGoal::kLatency, chosen.uncertainty.independent, {&chosen}};
}

bool known(const std::vector<WorthMeasuring>& found, DeviceId device, const Kernel& kernel) {
    return std::ranges::any_of(found,
                               [&](const WorthMeasuring& one) { return one.device == device && one.kernel == kernel; });
}

}  // namespace

std::vector<WorthMeasuring> next_measurements(const Scenario& scenario, const ScenarioResult& result, double noise) {
    std::vector<WorthMeasuring> found;
    for (std::size_t s = 0; s < result.stages.size(); ++s) {
        const StageResult& stage = result.stages[s];
        const auto aim = aim_of(stage);
        const auto* work = std::get_if<ModelStage>(&scenario.stages[s].work);
        if (!aim || work == nullptr) {
            continue;
        }
        const double variance = product(aim->gradient, aim->gradient);
        for (const Candidate* candidate : aim->candidates) {
            for (const OperatorResult& op : candidate->operators) {
                if (!op.kernel || known(found, op.device, *op.kernel) || variance <= 0) {
                    continue;
                }
                const Execution execution = execution_on(*work, scenario.profile, op.device);
                const auto alone = predict_kernel(scenario.profile, op.device, *op.kernel, execution,
                                                  MatrixLayout::kNative, work->runtime);
                const Effects& slope = alone.uncertainty.independent;
                const double told = product(aim->gradient, slope);
                found.push_back({stage.name, op.name, op.device, *op.kernel, execution, alone.latency.median, aim->goal,
                                 told * told / ((product(slope, slope) + noise * noise) * variance)});
            }
        }
    }
    std::ranges::stable_sort(found, std::greater{}, &WorthMeasuring::removes);
    return found;
}

}  // namespace berth
