// From the plans of a stage to sums over numbers.
#include <algorithm>
#include <map>
#include <utility>

#include "base/index.h"
#include "schedule/work.h"
#include "whatif/laid_out_scenario.h"

namespace berth {

namespace {

// The kernel of an operator before others were fused into it.
KernelId own_kernel(const DevicePlan& plan, std::size_t op) {
    for (std::size_t next = op + 1; next < plan.operators.size(); ++next) {
        if (plan.operators[next].fused_into == static_cast<OperatorId>(op)) {
            return plan.operators[next].before;
        }
    }
    return plan.operators[op].steps.begin()->kernel;
}

bool splits_fit(const ModelStage& stage, const std::vector<LengthPlan>& lengths, const Scenario& scenario) {
    return stage.granularity == Granularity::kOperator && by_time_alone(scenario.objective) && lengths.size() == 1 &&
           !stage.generation;
}

}  // namespace

/// Turns the plans of a stage into sums over a table of numbers.
class StageLayout {
  public:
    StageLayout(const ModelStage& stage, const Scenario& scenario, std::vector<LengthPlan> lengths)
        : stage_(stage), scenario_(scenario), lengths_(std::move(lengths)) {}

    std::optional<LaidOutStage> laid_out() {
        const std::size_t devices = scenario_.profile.devices.size();
        for (std::size_t d = 0; d < devices; ++d) {
            const auto device = static_cast<DeviceId>(d);
            const bool allowed = !stage_.on || *stage_.on == device;
            result_.whole_.push_back(allowed ? whole(device) : std::nullopt);
        }
        if (std::ranges::none_of(result_.whole_, [](const auto& one) { return one.has_value(); })) {
            return std::nullopt;
        }
        if (stage_.granularity != Granularity::kModel && devices > 1 && !stage_.on && !add_split()) {
            return std::nullopt;
        }
        add_conditions();
        return std::move(result_);
    }

  private:
    template <class Number, class Same>
    std::uint32_t number(const Number& wanted, const Same& same) {
        for (std::size_t i = 0; i < result_.numbers_.size(); ++i) {
            const auto* known = std::get_if<Number>(&result_.numbers_[i]);
            if (known != nullptr && same(*known)) {
                return static_cast<std::uint32_t>(i);
            }
        }
        result_.numbers_.emplace_back(wanted);
        return static_cast<std::uint32_t>(result_.numbers_.size() - 1);
    }

    std::uint32_t kernel(const DevicePlan& plan, KernelId id) {
        const Kernel& kernel = plan.kernels[at(id)];
        return number(KernelNumber{plan.device, plan.execution, kernel},
                      [&](const KernelNumber& known) { return known.device == plan.device && known.kernel == kernel; });
    }

    std::uint32_t crossing(DeviceId from, DeviceId to, Bytes size) {
        const CrossingNumber wanted{from, to, size};
        return number(wanted, [&wanted](const CrossingNumber& known) { return known == wanted; });
    }

    std::uint32_t call(DeviceId device) {
        return number(CallNumber{device}, [device](const CallNumber& known) { return known.device == device; });
    }

    ProgramCost operator_cost(const DevicePlan& plan, std::size_t op) {
        const OperatorPlan& own = plan.operators[op];
        ProgramCost cost;
        const bool follows = own.fused_into != kNoOperator;
        if (follows) {
            cost.time = {{kernel(plan, own.joined), 1}, {kernel(plan, own.before), -1}};
        }
        for (const Step& step : own.steps) {
            const bool head = !follows && &step == own.steps.begin();
            cost.time.push_back({kernel(plan, head ? own_kernel(plan, op) : step.kernel), 1});
            cost.energy.push_back({kernel(plan, step.kernel), 1});
        }
        return cost;
    }

    ProgramCost loss_cost(const DevicePlan& plan, std::size_t op) {
        const OperatorPlan& own = plan.operators[op];
        const LossNumber wanted{kernel(plan, own.alone), kernel(plan, own.joined), kernel(plan, own.before)};
        const std::uint32_t loss = number(wanted, [&wanted](const LossNumber& known) {
            return known.alone == wanted.alone && known.joined == wanted.joined && known.before == wanted.before;
        });
        return {{{loss, 1}}, {{wanted.alone, 1}}};
    }

    static void add(std::map<std::uint32_t, double>& sum, const std::vector<ProgramTerm>& terms, double share) {
        for (const ProgramTerm& term : terms) {
            sum[term.number] += share * term.factor;
        }
    }

    static std::vector<ProgramTerm> terms_of(const std::map<std::uint32_t, double>& sum) {
        std::vector<ProgramTerm> terms;
        for (const auto& [number, factor] : sum) {
            if (factor != 0) {
                terms.push_back({number, factor});
            }
        }
        return terms;
    }

    std::optional<ProgramCost> whole(DeviceId device) {
        const auto host = at(scenario_.profile.host);
        const LengthPlan& main = dominant(lengths_);
        const auto placed = whole_model(main.graphs[host], main.plans, device, nullptr);
        std::map<std::uint32_t, double> time;
        std::map<std::uint32_t, double> energy;
        for (const LengthPlan& length : lengths_) {
            const Assignment assignment =
                placed ? assignment_for(length.graphs[host], main.graphs[host], *placed) : Assignment{};
            if (!placed || !objective(length.problem, assignment)) {
                return std::nullopt;
            }
            const double share = length.length.share;
            for (std::size_t op = 0; op < assignment.size(); ++op) {
                const DevicePlan& plan = length.plans[at(assignment[op])];
                const OperatorId into = plan.operators[op].fused_into;
                const ProgramCost cost = operator_cost(plan, op);
                add(time, cost.time, share);
                add(energy, cost.energy, share);
                if (into != kNoOperator && assignment[at(into)] != assignment[op]) {
                    const ProgramCost loss = loss_cost(plan, op);
                    add(time, loss.time, share);
                    add(energy, loss.energy, share);
                }
            }
            const Work work = work_of(length, assignment);
            for (const Handover& handover : work.handovers) {
                time[crossing(handover.from, handover.to, handover.size)] += share;
            }
            for (const DeviceId called : work.calls) {
                time[call(called)] += share;
            }
        }
        return ProgramCost{terms_of(time), terms_of(energy)};
    }

    bool add_split() {
        if (!splits_fit(stage_, lengths_, scenario_)) {
            return false;
        }
        const LengthPlan& length = lengths_.front();
        const ProgramNumbers numbers{
            [&](std::size_t op, std::size_t device) { return operator_cost(length.plans[device], op); },
            [&](std::size_t loss) {
                const auto& pair = length.problem.fusion[loss];
                return loss_cost(length.plans[at(pair.device)], at(pair.after));
            },
            [&](std::size_t flow, std::size_t from, std::size_t to) {
                const auto& size = length.problem.flows[flow].size;
                return crossing(static_cast<DeviceId>(from), static_cast<DeviceId>(to), std::max(size[from], size[to]));
            }};
        result_.split_ = PlacementProgram::of(length.problem, numbers);
        for (std::size_t d = 0; d < length.plans.size(); ++d) {
            result_.calls_.push_back(call(static_cast<DeviceId>(d)));
        }
        return result_.split_.has_value();
    }

    void add_conditions() {
        using Kind = LayoutCondition::Kind;
        for (const LengthPlan& length : lengths_) {
            for (const DevicePlan& plan : length.plans) {
                result_.conditions_.push_back({Kind::kCapacity, plan.device, plan.execution.cores, 0,
                                               in_bytes(plan.alike_from), in_bytes(plan.alike_below)});
            }
        }
        for (std::size_t d = 0; d < scenario_.profile.devices.size(); ++d) {
            const Runtime& runtime = scenario_.profile.devices[d].runtime;
            const auto device = static_cast<DeviceId>(d);
            for (std::size_t i = 0; i < runtime.operators.size(); ++i) {
                if (runtime.operators[i].max_bytes) {
                    const double limit = in_bytes(runtime.operators[i].max_bytes->value);
                    result_.conditions_.push_back({Kind::kLargestResult, device, 1, i, limit, limit});
                }
            }
            for (std::size_t i = 0; i < runtime.fuses.size(); ++i) {
                if (runtime.fuses[i].traffic) {
                    const double share = runtime.fuses[i].traffic->value;
                    result_.conditions_.push_back({Kind::kEpilogueTraffic, device, 1, i, share, share});
                }
            }
        }
    }

    const ModelStage& stage_;
    const Scenario& scenario_;
    std::vector<LengthPlan> lengths_;
    LaidOutStage result_;
};

std::optional<LaidOutStage> LaidOutStage::of(const Stage& stage, const Scenario& scenario) {
    const auto& work = std::get<ModelStage>(stage.work);
    Diagnostics ignored;  // an evaluation tells it again
    auto lengths = plan_passes(stage.name, work, scenario.profile, ignored);
    return lengths ? StageLayout(work, scenario, std::move(*lengths)).laid_out() : std::nullopt;
}

}  // namespace berth
