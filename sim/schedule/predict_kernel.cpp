// One kernel by itself: as a step of a compiled graph, or as a call of the runtime's operator library.
#include "cost/lowering.h"
#include "schedule/work.h"

namespace berth {

namespace {

// The activation goes into the device's layout and the result comes back, as wide as the library leaves it.
Handover layout_change(const Profile& profile, DeviceId device, const Kernel& kernel) {
    const Bytes in = element_size(kernel.input) * static_cast<double>(input_elements(kernel.kind, kernel.dims));
    const Bytes out = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    Handover change;
    change.from = profile.host;
    change.to = device;
    change.size = in + out;
    change.layout_only = true;
    change.cost = handover_time(change, profile);
    return change;
}

}  // namespace

KernelPrediction predict_kernel(const Profile& profile, DeviceId device, const Kernel& kernel,
                                const Execution& execution, bool library_call, MatrixLayout layout) {
    LengthPlan length;
    length.plans.resize(profile.devices.size());
    DevicePlan& plan = length.plans[static_cast<std::size_t>(device)];
    plan.device = device;
    plan.execution = execution;
    const Device& chip = profile.devices[static_cast<std::size_t>(device)];
    plan.kernels = {kernel};
    if (kernel.kind == OperatorKind::kAttention && !chip.attention) {
        const auto parts = attention_parts(kernel);
        plan.kernels.assign(parts.begin(), parts.end());
    }
    WeightedWork weighted;
    weighted.length = &length;
    for (std::size_t k = 0; k < plan.kernels.size(); ++k) {
        plan.costs.push_back(kernel_cost(plan.kernels[k], chip, execution));
        weighted.work.kernels.push_back({device, static_cast<KernelId>(k), StepRole::kOperator, 0});
    }
    if (library_call) {
        weighted.work.calls.push_back(device);
        if (layout == MatrixLayout::kNormal) {
            weighted.work.handovers.push_back(layout_change(profile, device, kernel));
        }
    }
    const Time time = time_of(weighted.work, length, profile);
    std::vector<WeightedWork> mix{weighted};
    Uncertainty uncertainty = uncertainty_of(mix, profile);
    const double sigma = uncertainty.sigma();
    KernelPrediction prediction{log_normal_estimate(time, sigma), plan.costs.front(), std::move(uncertainty),
                                plan.kernels.front()};
    for (std::size_t k = 1; k < plan.kernels.size(); ++k) {
        if (plan.costs[k].total > prediction.cost.total) {
            prediction.cost = plan.costs[k];
            prediction.kernel = plan.kernels[k];
        }
    }
    return prediction;
}

}  // namespace berth
