// Report on fusion in a placed graph: groups that were fused, pairs that were not, and the saving that a further rule
// would bring.
#include <algorithm>

#include "base/index.h"
#include "berth/cost/fusion.h"
#include "berth/cost/placement_terms.h"
#include "cost/lowering.h"

namespace berth {

namespace {

// Element-wise operators, norms and softmax may become an epilogue, since they process the preceding result row by row.
bool may_follow(OperatorKind kind) {
    if (traits(kind).form != DimsForm::kRows || traits(kind).free_when_contiguous) {
        return false;
    }
    switch (traits(kind).vector_class) {
        case VectorClass::kElementwise:
        case VectorClass::kActivation:
        case VectorClass::kNorm:
        case VectorClass::kSoftmax:
            return true;
        case VectorClass::kMove:
        case VectorClass::kGather:
        case VectorClass::kReduce:
        case VectorClass::kConvert:
            break;
    }
    return false;
}

// Kernel that produces the operator's result: its own, or the last of the parts it was lowered to.
KernelId making_kernel(const OperatorPlan& op) {
    KernelId made = -1;
    for (const Step& step : op.steps) {
        if (step.role == StepRole::kOperator || step.role == StepRole::kPart) {
            made = step.kernel;
        }
    }
    return made;
}

class Reporter {
  public:
    Reporter(const Graph& graph, const std::vector<DevicePlan>& plans, const Profile& profile,
             const std::vector<DeviceId>& assignment)
        : graph_(graph), plans_(plans), profile_(profile), assignment_(assignment) {}

    FusionReport run() const {
        FusionReport report;
        for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
            const auto id = static_cast<OperatorId>(i);
            const OperatorPlan& op = planned(id);
            if (op.fused_into == kNoOperator) {
                if (const auto missing = missing_before(id)) {
                    report.missing.push_back(*missing);
                }
            } else if (device_of(op.fused_into) == device_of(id)) {
                report.fused.push_back({id, head_of(id)});
            } else {
                const auto cost = [&](KernelId kernel) { return plan_of(id).costs[at(kernel)].total; };
                report.missing.push_back({id, op.fused_into, FusionBarrier::kDevice,
                                          cost_of_split_fusion(cost(op.alone), cost(op.joined), cost(op.before))});
            }
        }
        return report;
    }

  private:
    [[nodiscard]] DeviceId device_of(OperatorId id) const { return assignment_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const DevicePlan& plan_of(OperatorId id) const {
        return plans_[static_cast<std::size_t>(device_of(id))];
    }
    [[nodiscard]] const OperatorPlan& planned(OperatorId id) const {
        return plan_of(id).operators[static_cast<std::size_t>(id)];
    }
    [[nodiscard]] const Device& chip_of(OperatorId id) const {
        return profile_.devices[static_cast<std::size_t>(device_of(id))];
    }

    [[nodiscard]] OperatorId head_of(OperatorId id) const {
        while (planned(id).fused_into != kNoOperator && device_of(planned(id).fused_into) == device_of(id)) {
            id = planned(id).fused_into;
        }
        return id;
    }

    [[nodiscard]] FusionBarrier barrier(OperatorId before, OperatorId id) const {
        const auto made = static_cast<std::size_t>(graph_.operators[static_cast<std::size_t>(before)].output);
        if (graph_.tensors[made].consumers.size() != 1 || graph_.tensors[made].graph_output) {
            return FusionBarrier::kSeveralReaders;
        }
        if (device_of(before) != device_of(id)) {
            return FusionBarrier::kDevice;
        }
        if (result_dtype(chip_of(before).runtime, planned(before).ran_at) != planned(id).ran_at) {
            return FusionBarrier::kDtype;
        }
        const DevicePlan& plan = plan_of(id);
        const auto epilogue = [&plan](KernelId kernel) {
            return std::size_t{plan.kernels[static_cast<std::size_t>(kernel)].epilogue_length};
        };
        const std::size_t joined =
            epilogue(making_kernel(planned(head_of(before)))) + 1 + epilogue(making_kernel(planned(id)));
        return joined > Kernel::kMaxEpilogue ? FusionBarrier::kGroupFull : FusionBarrier::kNoRule;
    }

    // Of several producers, the pair that is closest to being fused; ties go to the latest producer.
    [[nodiscard]] std::optional<MissingFusion> missing_before(OperatorId id) const {
        const Operator& op = graph_.operators[static_cast<std::size_t>(id)];
        std::optional<MissingFusion> nearest;
        if (!may_follow(op.kind) || making_kernel(planned(id)) < 0) {
            return nearest;
        }
        for (const TensorId input : op.inputs) {
            const OperatorId before = graph_.tensors[static_cast<std::size_t>(input)].producer;
            if (before == kNoOperator || making_kernel(planned(head_of(before))) < 0 ||
                traits(graph_.operators[static_cast<std::size_t>(before)].kind).free_when_contiguous) {
                continue;
            }
            const FusionBarrier why = barrier(before, id);
            if (!nearest || why < nearest->barrier || (why == nearest->barrier && before > nearest->before)) {
                nearest = MissingFusion{id, before, why, std::nullopt};
            }
        }
        if (nearest && nearest->barrier == FusionBarrier::kNoRule) {
            nearest->cost = saving(nearest->before, id);
        }
        return nearest;
    }

    // Saving from an additional rule: the operator and its own epilogue would join the preceding kernel and move only
    // operands that come from elsewhere.
    [[nodiscard]] Time saving(OperatorId before, OperatorId id) const {
        const DevicePlan& plan = plan_of(id);
        const auto first = static_cast<std::size_t>(making_kernel(planned(head_of(before))));
        const auto second = static_cast<std::size_t>(making_kernel(planned(id)));
        const Kernel& own = plan.kernels[second];
        const auto& dims = std::get<RowsDims>(own.dims);
        const double others = static_cast<double>(dims.inputs - 1) / static_cast<double>(dims.inputs + 1);
        Kernel joined = plan.kernels[first];
        add_epilogue_to(joined, {own.kind, dims, others}, true, own.output, own.output_on_chip);
        for (std::size_t f = 0; f < own.epilogue_length; ++f) {
            add_epilogue_to(joined, own.epilogue.at(f), true, own.output, own.output_on_chip);
        }
        const Time apart = plan.costs[first].total + plan.costs[second].total;
        return std::max(Time{}, apart - kernel_cost(joined, chip_of(id), plan.execution).total);
    }

    const Graph& graph_;
    const std::vector<DevicePlan>& plans_;
    const Profile& profile_;
    const std::vector<DeviceId>& assignment_;
};

}  // namespace

FusionReport fusion_report(const Graph& graph, const std::vector<DevicePlan>& plans, const Profile& profile,
                           const std::vector<DeviceId>& assignment) {
    return Reporter(graph, plans, profile, assignment).run();
}

}  // namespace berth
