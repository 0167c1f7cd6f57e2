// Prediction of a standalone kernel: a step of a compiled graph, or a call of the runtime's operator library.
#include <algorithm>

#include "base/index.h"
#include "berth/hardware/runtimes.h"
#include "cost/lowering.h"
#include "evaluation/sensitivities.h"

namespace berth {

namespace {

// Layout change of a library call: the activation into the device's layout, and the result, at the width that the
// library leaves, back.
CrossingTerm layout_change(const Profile& profile, DeviceId device, const Kernel& kernel) {
    const Bytes in = element_size(kernel.input) * static_cast<double>(input_elements(kernel.kind, kernel.dims));
    const Bytes out = element_size(kernel.output) * static_cast<double>(output_elements(kernel.kind, kernel.dims));
    return {profile.host, device, in + out, true};
}

}  // namespace

std::optional<EvidenceKind> kernel_evidence(const Profile& profile, DeviceId device, const Kernel& kernel,
                                            const Execution& execution) {
    Kernel step = kernel;
    step.library_call = false;  // the call around it rests on numbers of its own
    const auto evidence = predict_kernel(profile, device, step, execution).uncertainty.evidence;
    if (!evidence) {
        return std::nullopt;
    }
    const double most = std::max({evidence->near, evidence->elsewhere, evidence->assumed});
    return most == evidence->near        ? EvidenceKind::kNear
           : most == evidence->elsewhere ? EvidenceKind::kElsewhere
                                         : EvidenceKind::kAssumed;
}

KernelPrediction predict_kernel(const Profile& profile, DeviceId device, const Kernel& kernel,
                                const Execution& execution, MatrixLayout layout, std::optional<std::size_t> runtime) {
    const Profile& own = under(profile, runtime);
    const Device& chip = own.devices[at(device)];
    PlacementTerms terms;
    KernelPrediction prediction;
    for (const Kernel& one : kernels_of(kernel, chip)) {
        terms.append(KernelTerm{device, execution, one});
        const KernelCost cost = kernel_cost(one, chip, execution);
        if (terms.size() == 1 || cost.total > prediction.cost.total) {
            prediction.cost = cost;
            prediction.kernel = one;
        }
    }
    if (kernel.library_call) {
        terms.append(CallTerm{device});
        if (layout == MatrixLayout::kNormal) {
            terms.append(layout_change(own, device, kernel));
        }
    }
    TermValues values;
    terms.work_out(own, values);
    WeightedSum all{&terms, &values, {}};
    for (std::size_t term = 0; term < terms.size(); ++term) {
        all.sum.push_back({static_cast<TermId>(term), 1});
    }
    prediction.uncertainty = Sensitivities(profile, runtime).of(std::span(&all, 1));
    prediction.latency = log_normal_estimate(seconds(total_of(all.sum, values.times)), prediction.uncertainty.sigma());
    return prediction;
}

}  // namespace berth
