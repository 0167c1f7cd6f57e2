// Collects the kernels of all feasible placements.
#include "analysis/scenario_use.h"

#include <algorithm>

#include "evaluation/phases.h"
#include "evaluation/work.h"

namespace berth {

namespace {

bool has_array_work(OperatorKind kind) {
    const DimsForm form = traits(kind).form;
    return form == DimsForm::kMatmul || form == DimsForm::kConv || form == DimsForm::kAttention;
}

void add_kernel(DeviceUse& use, const Kernel& kernel, const KernelCost& cost) {
    if (std::ranges::find(use.kernels, kernel) == use.kernels.end()) {
        use.kernels.push_back(kernel);
        use.costs.push_back(cost);
    }
}

void add_pass(ScenarioUse& use, const std::string& stage, const Assignment& assignment, const LengthPlan& length) {
    const Work work = work_of(length, assignment);
    for (const ScheduledKernel& scheduled : work.kernels) {
        const auto device = static_cast<std::size_t>(scheduled.device);
        const DevicePlan& plan = length.plans[device];
        const auto kernel = static_cast<std::size_t>(scheduled.kernel);
        add_kernel(use.devices[device], plan.kernels[kernel], plan.costs[kernel]);
        use.devices[device].asked_cores = std::max(use.devices[device].asked_cores, plan.execution.cores);
        use.devices[device].used_cores = std::max(use.devices[device].used_cores, plan.costs[kernel].cores);
        use.devices[device].stages.insert(stage);
    }
    for (const Handover& handover : work.handovers) {
        use.handed_over.emplace(handover.from, handover.to);
    }
}

// Adds operators that a device cannot run itself although the model can run there.
void add_fallbacks(ScenarioUse& use, const LengthPlan& length) {
    for (std::size_t d = 0; d < length.plans.size(); ++d) {
        for (std::size_t i = 0; i < length.plans[d].operators.size(); ++i) {
            if (!length.plans[d].operators[i].supported) {
                use.devices[d].fell_back.insert(length.graphs[d].operators[i].kind);
            }
        }
    }
}

}  // namespace

std::set<OperatorKind> DeviceUse::kinds() const {
    std::set<OperatorKind> result;
    for (const Kernel& kernel : kernels) {
        result.insert(kernel.kind);
        for (std::size_t i = 0; i < kernel.epilogue_length; ++i) {
            result.insert(kernel.epilogue.at(i).kind);
        }
    }
    return result;
}

std::set<DType> DeviceUse::multiplied() const {
    std::set<DType> result;
    for (const Kernel& kernel : kernels) {
        if (has_array_work(kernel.kind)) {
            result.insert(multiplied_at(kernel));
        }
    }
    return result;
}

std::set<VectorClass> DeviceUse::vector_classes() const {
    std::set<VectorClass> result;
    for (const OperatorKind kind : kinds()) {
        const DimsForm form = traits(kind).form;
        if (form != DimsForm::kMatmul && form != DimsForm::kConv) {
            result.insert(traits(kind).vector_class);
        }
    }
    return result;
}

ScenarioUse use_of(const Scenario& scenario, const ScenarioResult& result) {
    ScenarioUse use;
    use.devices.resize(scenario.profile.devices.size());
    for (const StageResult& stage : result.stages) {
        const ModelStage* work = model_stage_of(scenario, stage.name);
        Diagnostics ignored;  // instantiation has succeeded before
        const auto lengths = work != nullptr ? plan_passes(stage.name, *work, scenario.profile, ignored) : std::nullopt;
        if (!lengths) {
            continue;
        }
        use.generates = use.generates || work->generation.has_value();
        const LengthPlan& main = dominant(*lengths);
        add_fallbacks(use, main);
        for (const Candidate& candidate : stage.candidates) {
            if (candidate.feasible) {
                const auto placed = placed_passes(*lengths, candidate);
                for (std::size_t i = 0; i < placed.size(); ++i) {
                    add_pass(use, stage.name, placed[i], (*lengths)[i]);
                }
            } else if (candidate.device) {
                use.devices[static_cast<std::size_t>(*candidate.device)].reason = candidate.reason;
            }
        }
    }
    return use;
}

}  // namespace berth
