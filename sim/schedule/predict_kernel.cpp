// One kernel by itself: as a step of a compiled graph, or as a call of the runtime's operator library.
#include "cost/lowering.h"
#include "schedule/work.h"

namespace berth {

KernelPrediction predict_kernel(const Profile& profile, DeviceId device, const Kernel& kernel,
                                const Execution& execution, bool library_call) {
    LengthPlan length;
    length.plans.resize(profile.devices.size());
    DevicePlan& plan = length.plans[static_cast<std::size_t>(device)];
    plan.device = device;
    plan.execution = execution;
    const Device& chip = profile.devices[static_cast<std::size_t>(device)];
    plan.kernels = {kernel};
    if (kernel.kind == OperatorKind::kAttention && !chip.attention) {
        plan.kernels = attention_parts(kernel);
    }
    WeightedWork weighted;
    weighted.length = &length;
    for (std::size_t k = 0; k < plan.kernels.size(); ++k) {
        plan.costs.push_back(kernel_cost(plan.kernels[k], chip, execution));
        weighted.work.kernels.push_back({device, static_cast<KernelId>(k), StepRole::kOperator, 0});
    }
    if (library_call) {
        weighted.work.calls.push_back(device);
    }
    const Time time = time_of(weighted.work, length, profile);
    std::vector<WeightedWork> mix{weighted};
    const double sigma = uncertainty_of(mix, profile).sigma();
    KernelPrediction prediction{log_normal_estimate(time, sigma), plan.costs.front()};
    for (const KernelCost& cost : plan.costs) {
        if (cost.total > prediction.cost.total) {
            prediction.cost = cost;
        }
    }
    return prediction;
}

}  // namespace berth
