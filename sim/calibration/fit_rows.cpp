// Measured operators and models as counted kernels.
#include "calibration/fit_rows.h"

#include <map>
#include <string>

#include "cost/lowering.h"
#include "schedule/work.h"

namespace berth {

namespace {

// What rows of one shape share: a number per key, in the order in which keys are met.
class Blocks {
  public:
    std::size_t of(OperatorKind kind, const Dims& dims) {
        std::string key(traits(kind).name);
        for (const std::int64_t size : size_values(kind, dims)) {
            key += " " + std::to_string(size);
        }
        return of(key);
    }
    std::size_t of(const std::string& key) { return numbers_.try_emplace(key, numbers_.size()).first->second; }

  private:
    std::map<std::string, std::size_t> numbers_;
};

FitRow operator_row(const MeasuredRow& row, const TimedKernel& timed, const Device& device, Blocks& blocks) {
    FitRow fit;
    fit.row = &row;
    fit.kind = timed.kernel.kind;
    fit.execution = timed.execution;
    fit.calls_graph = timed.library_call;
    fit.block = blocks.of(timed.kernel.kind, timed.kernel.dims);
    if (timed.kernel.kind == OperatorKind::kAttention && !device.attention) {
        for (const Kernel& part : attention_parts(timed.kernel)) {
            fit.kernels.push_back({part, 1});
        }
    } else {
        fit.kernels.push_back({timed.kernel, 1});
    }
    return fit;
}

// The steps of a plan, each distinct kernel once with its count.
std::vector<CountedKernel> counted(const DevicePlan& plan) {
    std::vector<CountedKernel> kernels;
    for (const Kernel& kernel : plan.kernels) {
        kernels.push_back({kernel, 0});
    }
    for (const OperatorPlan& op : plan.operators) {
        for (const Step& step : op.steps) {
            kernels[static_cast<std::size_t>(step.kernel)].times += 1;
        }
    }
    std::erase_if(kernels, [](const CountedKernel& one) { return one.times == 0; });
    return kernels;
}

std::optional<FitRow> model_row(const MeasuredRow& row, const ModelStage& stage, const Profile& profile, Blocks& blocks,
                                Diagnostics& diagnostics) {
    const auto lengths = plan_passes(stage.model.name, stage, profile, diagnostics);
    if (!lengths) {
        return std::nullopt;
    }
    const DevicePlan& plan = dominant(*lengths).plans[static_cast<std::size_t>(row.device)];
    FitRow fit;
    fit.row = &row;
    fit.kernels = counted(plan);
    fit.execution = plan.execution;
    fit.calls_graph = true;
    fit.block = blocks.of(stage.model.name + " " + std::to_string(stage.tokens.front().tokens));
    return fit;
}

}  // namespace

std::vector<FitRow> fit_rows(std::span<const MeasuredSet> sets, const Profile& profile, std::size_t& left_out,
                             Diagnostics& diagnostics) {
    std::vector<FitRow> rows;
    Blocks blocks;
    left_out = 0;
    for (const MeasuredSet& set : sets) {
        for (const MeasuredRow& row : set.rows) {
            const Device& device = profile.devices[static_cast<std::size_t>(row.device)];
            if (const auto* timed = std::get_if<TimedKernel>(&row.work); timed != nullptr) {
                rows.push_back(operator_row(row, *timed, device, blocks));
                rows.back().network = set.one_network && !row.network.empty() ? set.name : row.network;
            } else if (const auto* stage = std::get_if<ModelStage>(&row.work); stage != nullptr) {
                if (auto fit = model_row(row, *stage, profile, blocks, diagnostics)) {
                    rows.push_back(std::move(*fit));
                }
            } else {
                ++left_out;
            }
        }
    }
    return rows;
}

Time time_of(const FitRow& row, const Profile& profile) {
    const Device& device = profile.devices[static_cast<std::size_t>(row.row->device)];
    Time time = row.calls_graph ? device.runtime.dispatch_per_graph.value : Time{};
    for (const CountedKernel& one : row.kernels) {
        time += kernel_cost(one.kernel, device, row.execution).total * one.times;
    }
    return time;
}

}  // namespace berth
