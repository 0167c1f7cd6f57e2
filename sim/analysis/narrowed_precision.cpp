// Compares the dtype of each operator of the chosen placements with the one asked for.
#include "analysis/narrowed_precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace berth {

namespace {

// Whether a rule of the stage gives the operator a dtype of its own.
bool has_own_dtype(const ModelStage& work, const OperatorResult& op) {
    return std::ranges::any_of(work.precision.rules,
                               [&op](const PrecisionRule& rule) { return matches_pattern(rule.pattern, op.name); });
}

DType asked_of(const ModelStage& work, DeviceId device) {
    const auto own = work.dtypes.find(device);
    return (own == work.dtypes.end() ? work.precision.dtype : own->second).activations;
}

bool is_narrower(DType ran_at, DType asked) {
    return !is_quantized(asked) && !is_quantized(ran_at) && element_size(ran_at) < element_size(asked);
}

}  // namespace

std::vector<Warning> narrowed_precisions(const Scenario& scenario, const ScenarioResult& result) {
    std::vector<Warning> warnings;
    for (const StageResult& stage : result.stages) {
        const ModelStage* work = stage.chosen ? model_stage_of(scenario, stage.name) : nullptr;
        if (work == nullptr) {
            continue;
        }
        const Candidate& chosen = stage.candidates[*stage.chosen];
        std::map<std::pair<DeviceId, DType>, int> narrowed;
        for (const OperatorResult& op : chosen.operators) {
            if (is_narrower(op.ran_at, asked_of(*work, op.device)) && !has_own_dtype(*work, op)) {
                ++narrowed[{op.device, op.ran_at}];
            }
        }
        for (const auto& [where, count] : narrowed) {
            const auto& [device, dtype] = where;
            warnings.push_back({fmt::format("stages.{}.dtype", stage.name),
                                fmt::format("{} runs {} of the {} operators at {}, since it has no {} for them",
                                            profile_of(scenario, *work).devices[static_cast<std::size_t>(device)].name,
                                            count, chosen.operators.size(), choice_name(kDTypeNames, dtype),
                                            choice_name(kDTypeNames, asked_of(*work, device)))});
        }
    }
    return warnings;
}

}  // namespace berth
