// Converts measured operators and models into weighted kernels.
#include "calibration/fit_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "berth/placement/placement.h"
#include "cost/lowering.h"
#include "evaluation/work.h"

namespace berth {

namespace {

// Block numbers of shapes, in order of first occurrence.
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

FitRow timed_row(const MeasuredRow& row) {
    FitRow fit;
    fit.row = &row;
    fit.times = {row.measured};
    fit.measured = row.measured;
    return fit;
}

FitRow operator_row(const MeasuredRow& row, const TimedKernel& timed, const Device& device, Blocks& blocks) {
    FitRow fit = timed_row(row);
    fit.kind = timed.kernel.kind;
    if (timed.kernel.library_call) {
        fit.calls = {row.device};
    }
    fit.block = blocks.of(timed.kernel.kind, timed.kernel.dims);
    for (const Kernel& one : kernels_of(timed.kernel, device)) {
        fit.kernels.push_back({one, 1, row.device, timed.execution});
    }
    return fit;
}

// Kernels of a placed pass, each distinct one with its count.
void add_kernels(FitRow& fit, const Work& work, const LengthPlan& length) {
    std::map<std::pair<DeviceId, KernelId>, std::size_t> place;
    for (const ScheduledKernel& one : work.kernels) {
        const DevicePlan& plan = length.plans[static_cast<std::size_t>(one.device)];
        const auto [found, fresh] = place.try_emplace({one.device, one.kernel}, fit.kernels.size());
        if (fresh) {
            fit.kernels.push_back({plan.kernels[static_cast<std::size_t>(one.kernel)], 0, one.device, plan.execution});
        }
        fit.kernels[found->second].times += 1;
    }
}

std::optional<FitRow> model_row(const MeasuredRow& row, const ModelStage& stage, const Profile& profile, Blocks& blocks,
                                Diagnostics& diagnostics) {
    const auto lengths = plan_passes(stage.model.name, stage, profile, diagnostics);
    if (!lengths) {
        return std::nullopt;
    }
    const LengthPlan& length = dominant(*lengths);
    std::string why;
    const auto assignment =
        whole_model(length.graphs[static_cast<std::size_t>(row.device)], length.plans, row.device, &why);
    if (!assignment) {
        diagnostics.error(stage.model.where, why);
        return std::nullopt;
    }
    const Work work = work_of(length, *assignment);
    FitRow fit = timed_row(row);
    add_kernels(fit, work, length);
    fit.calls = work.calls;
    for (const Handover& one : work.handovers) {
        if (!row.without_handover) {
            fit.handovers.push_back({one.from, one.to, one.size});
        }
    }
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

std::optional<FitRow> fit_row(const MeasuredRow& row, const Profile& profile, Diagnostics& diagnostics) {
    Blocks blocks;
    const auto* stage = std::get_if<ModelStage>(&row.work);
    return stage == nullptr ? std::nullopt : model_row(row, *stage, profile, blocks, diagnostics);
}

double unlikelihood(double z) {
    constexpr double kDegrees = 4;
    return (kDegrees + 1) / 2 * std::log1p(z * z / kDegrees);
}

Time time_of(const FitRow& row, const Profile& profile) {
    Time time;
    for (const DeviceId called : row.calls) {
        time += profile.devices[static_cast<std::size_t>(called)].runtime.dispatch_per_graph.value;
    }
    for (const CountedKernel& one : row.kernels) {
        const Device& device = profile.devices[static_cast<std::size_t>(one.device)];
        time += kernel_cost(one.kernel, device, one.execution).total * one.times;
    }
    for (const HandedOver& one : row.handovers) {
        time += crossing_cost(profile, one.from, one.to, one.size);
    }
    return time;
}

std::vector<double> RowTimes::logs(const Profile& profile) const {
    std::vector<double> logs;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        logs.push_back(first_[i] < i ? logs[first_[i]] : std::log(in_seconds(time_of(rows_[i], profile))));
    }
    return logs;
}

}  // namespace berth
