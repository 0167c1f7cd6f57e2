// Measured operators as kernels whose cost is a sum.
#include "calibration/fit_rows.h"

#include "cost/lowering.h"

namespace berth {

namespace {

// Shapes in the order in which they are met.
class Blocks {
  public:
    std::size_t of(OperatorKind kind, const Dims& dims) {
        const auto sizes = size_values(kind, dims);
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            if (seen_[i].first == kind && seen_[i].second == sizes) {
                return i;
            }
        }
        seen_.emplace_back(kind, sizes);
        return seen_.size() - 1;
    }

  private:
    std::vector<std::pair<OperatorKind, std::vector<std::int64_t>>> seen_;
};

}  // namespace

std::vector<FitRow> fit_rows(std::span<const MeasuredSet> sets, std::size_t& left_out) {
    std::vector<FitRow> rows;
    Blocks blocks;
    left_out = 0;
    for (const MeasuredSet& set : sets) {
        for (const MeasuredRow& row : set.rows) {
            const auto* timed = std::get_if<TimedKernel>(&row.work);
            if (timed == nullptr) {
                ++left_out;
                continue;
            }
            rows.push_back({&row, timed->kernel.kind, timed->kernel, blocks.of(timed->kernel.kind, timed->kernel.dims)});
        }
    }
    return rows;
}

Time time_of(const FitRow& row, const Profile& profile) {
    const Device& device = profile.devices[static_cast<std::size_t>(row.row->device)];
    const auto& timed = std::get<TimedKernel>(row.row->work);
    Time time = timed.library_call ? device.runtime.dispatch_per_graph.value : Time{};
    if (row.kind == OperatorKind::kAttention && !device.attention) {
        for (const Kernel& part : attention_parts(row.kernel)) {
            time += kernel_cost(part, device, timed.execution).total;
        }
        return time;
    }
    return time + kernel_cost(row.kernel, device, timed.execution).total;
}

}  // namespace berth
