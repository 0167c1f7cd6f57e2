// Precision findings: memory-bound operators that a narrower dtype would speed up, and narrower dtypes without a gain.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/base/brief_text.h"

namespace berth {

namespace {

bool offers(const Device& device, DType dtype) {
    return std::all_of(device.clusters.begin(), device.clusters.end(), [dtype](const CoreCluster& cluster) {
        return cluster.macs_per_cycle[static_cast<std::size_t>(dtype)].has_value();
    });
}

OperationRate peak(const Device& device, DType dtype) { return core_rates(device, Execution{}, dtype).macs; }

// Runs all operators at a dtype, on devices without a dtype of their own.
void run_at(ModelStage& stage, DType dtype) {
    stage.precision.dtype = dtype;
    stage.precision.rules.clear();
}

// The stage with all operators at a dtype, evaluated once for all devices.
using StageAt = std::map<DType, std::optional<Variation>>;

// Null if the model cannot run there at this dtype.
const Candidate* candidate_at(const StageView& view, DeviceId device, DType dtype, StageAt& known) {
    const auto [at, is_new] = known.try_emplace(dtype);
    if (is_new) {
        at->second = vary_stage(view, [dtype](ModelStage& changed) { run_at(changed, dtype); });
    }
    if (!at->second) {
        return nullptr;
    }
    const Candidate& candidate = at->second->stage.candidates[static_cast<std::size_t>(device)];
    return candidate.feasible ? &candidate : nullptr;
}

Time memory_bound_time(const Candidate& candidate) {
    Time time;
    for (const OperatorResult& op : candidate.operators) {
        if (op.cost && (op.bound == Bound::kDram || op.bound == Bound::kSram) && op.macs > Operations{}) {
            time += op.latency;
        }
    }
    return time;
}

/// Time of a class of operators at two dtypes.
struct ClassTimes {
    Category category{};
    Time narrow, wide;
};

// The class that loses most against what the rates promise: its time beyond that at the wider dtype over their ratio.
ClassTimes scales_least(const Candidate& narrow, const Candidate& wide, double promised) {
    ClassTimes most;
    Time most_lost;
    for (const auto& [category, time] : narrow.by_category) {
        const auto before = wide.by_category.find(category);
        const Time at_wide = before == wide.by_category.end() ? Time{} : before->second;
        const Time lost = time - at_wide / promised;
        if (lost > most_lost) {
            most_lost = lost;
            most = {category, time, at_wide};
        }
    }
    return most;
}

void find_cheaper_precision(const StageView& view, std::vector<Finding>& found) {
    const Scheme now = view.model_stage().precision.dtype;
    const Candidate& chosen = view.chosen();
    const Time bound = memory_bound_time(chosen);
    const ListedPass pass = listed_pass(view);
    if (is_quantized(now.weights) || bound < pass.time * threshold(FindingLimit::kMemoryBound)) {
        return;
    }
    const auto after = vary_stage(view, [](ModelStage& changed) { run_at(changed, DType::kInt8); });
    if (!after ||
        view.stage_result().latency.median / after->stage.latency.median < threshold(FindingLimit::kFasterPrecision)) {
        return;
    }
    const bool moves = after->chosen().placement != chosen.placement;
    Finding finding = finding_of(
        FindingKind::kMemoryBound, view, *after,
        fmt::format("{}, memory-bound matrix operators take {} of {}{}. At int8 instead of {} the model takes {}{}.",
                    placed(chosen), brief(bound), brief(pass.time), pass.name, choice_name(kSchemeNames, now),
                    brief(after->chosen().latency.median),
                    moves ? ", on " + after->chosen().placement : std::string()));
    finding.change = {{fmt::format("stages.{}.dtype", view.stage().name), "int8"}};
    if (!view.model_stage().precision.rules.empty()) {
        finding.change.emplace_back(fmt::format("stages.{}.precision", view.stage().name), "[]");
    }
    found.push_back(std::move(finding));
}

// Compares int8 with fp16 (or fp32) where the device multiplies both.
void find_useless_precision(const StageView& view, DeviceId id, StageAt& known, std::vector<Finding>& found) {
    const Device& device = view.profile().devices[static_cast<std::size_t>(id)];
    const Candidate* candidate = view.on(id);
    const DType wide = offers(device, DType::kFp16) ? DType::kFp16 : DType::kFp32;
    if (candidate == nullptr || view.model_stage().dtypes.contains(id) ||
        view.model_stage().precision.dtype != DType::kInt8 || !offers(device, DType::kInt8) || !offers(device, wide)) {
        return;
    }
    const Candidate* before = candidate_at(view, id, wide, known);
    if (before == nullptr) {
        return;
    }
    const double speed_up = before->latency.median / candidate->latency.median;
    const double promised = peak(device, DType::kInt8) / peak(device, wide);
    if (speed_up - 1 >= (promised - 1) * threshold(FindingLimit::kPromisedPrecision)) {
        return;
    }
    const ClassTimes least = scales_least(*candidate, *before, promised);
    const std::string ratio = number_text(promised, 2);
    const std::string promised_text = ratio == "2" ? "twice" : ratio + " times";
    Finding finding;
    finding.kind = FindingKind::kPrecision;
    finding.stage = view.stage().name;
    finding.text = fmt::format(
        "On {} int8 is only {} times as fast as {} ({} against {}), although its multiply rate is {} as high: most of "
        "what is missing is {}, which takes {} instead of {}.",
        device.name, number_text(speed_up, 3), choice_name(kDTypeNames, wide), brief(candidate->latency.median),
        brief(before->latency.median), promised_text, choice_name(kCategoryNames, least.category), brief(least.narrow),
        brief(least.wide));
    found.push_back(std::move(finding));
}

}  // namespace

void find_precision(const StageView& view, std::vector<Finding>& found) {
    find_cheaper_precision(view, found);
    StageAt known;
    for (std::size_t d = 0; d < view.profile().devices.size(); ++d) {
        find_useless_precision(view, static_cast<DeviceId>(d), known, found);
    }
}

}  // namespace berth
