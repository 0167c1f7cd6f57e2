// Expands an assignment into ordered kernels and hand-overs.
#include "evaluation/work.h"

#include <algorithm>

#include "base/index.h"
#include "placement/crossings.h"

namespace berth {

namespace {

/// Kernels of an assignment, with the first kernel of each operator.
class KernelList {
  public:
    KernelList(const LengthPlan& length, const Assignment& assignment, std::vector<ScheduledKernel>& kernels)
        : length_(length), assignment_(assignment), kernels_(kernels), first_(assignment.size()) {}

    void add(std::size_t op) {
        const DeviceId device = assignment_[op];
        const OperatorPlan& plan = length_.plans[at(device)].operators[op];
        const auto id = static_cast<OperatorId>(op);
        first_[op] = kernels_.size();
        const bool follows = plan.fused_into != kNoOperator;
        if (follows && assignment_[at(plan.fused_into)] == device) {
            first_[op] = first_[at(plan.fused_into)];
            ScheduledKernel& group = kernels_[first_[op]];
            group.kernel = group.kernel == plan.before ? plan.joined : group.kernel;
        } else if (follows) {
            kernels_.push_back({device, plan.alone, StepRole::kOperator, id});
        }
        for (const Step& step : plan.steps) {
            // Operators fused with it are added in their own turn.
            const bool own = !follows && step.role == StepRole::kOperator;
            kernels_.push_back({device, own ? plan.alone : step.kernel, step.role, id});
        }
    }

  private:
    const LengthPlan& length_;
    const Assignment& assignment_;
    std::vector<ScheduledKernel>& kernels_;
    std::vector<std::size_t> first_;
};

}  // namespace

Work work_of(const LengthPlan& length, const Assignment& assignment) {
    Work work;
    KernelList kernels(length, assignment, work.kernels);
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        kernels.add(op);
        if (std::ranges::find(work.calls, assignment[op]) == work.calls.end()) {
            work.calls.push_back(assignment[op]);
        }
    }
    visit_crossings(length.problem, assignment, [&](const FlowCrossing& one) {
        const PlacementProblem::TensorFlow& flow = length.problem.flows[one.flow];
        work.handovers.push_back({flow.producer, one.reader, one.from, one.to,
                                  std::max(flow.size[at(one.from)], flow.size[at(one.to)]),
                                  flow.crossing[at(one.from)][at(one.to)]});
    });
    return work;
}

}  // namespace berth
