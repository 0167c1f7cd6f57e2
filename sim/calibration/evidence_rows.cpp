// Evidence from measured rows: operator kinds, dtypes, and the range of each size.
#include <algorithm>
#include <tuple>

#include "calibration/fit_rows.h"

namespace berth {

namespace {

// The entry of a kernel that ran on some cores.
MeasuredKind& entry_of(std::vector<MeasuredKind>& measured, const Kernel& kernel, std::int64_t cores) {
    const EvidenceForm form = evidence_form(kernel.dims);
    const auto found = std::ranges::find_if(measured, [&](const MeasuredKind& one) {
        return one.kind == kernel.kind && one.dtype == kernel.input && one.form == form;
    });
    MeasuredKind& entry =
        found == measured.end() ? measured.emplace_back(MeasuredKind{kernel.kind, kernel.input, form, {}, 0}) : *found;
    entry.most_cores = std::max(entry.most_cores, cores);
    return entry;
}

void extend(MeasuredKind& measured, const Dims& dims) {
    const auto sizes = evidence_sizes(dims);
    if (measured.ranges.empty()) {
        for (const std::int64_t size : sizes) {
            measured.ranges.push_back({size, size});
        }
        return;
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        measured.ranges[i].least = std::min(measured.ranges[i].least, sizes[i]);
        measured.ranges[i].most = std::max(measured.ranges[i].most, sizes[i]);
    }
}

}  // namespace

void add_evidence(std::vector<MeasuredKind>& measured, const TimedKernel& timed) {
    extend(entry_of(measured, timed.kernel, timed.execution.cores), timed.kernel.dims);
}

void add_evidence(std::vector<MeasuredKind>& measured, std::span<const FitRow> rows, DeviceId device) {
    for (const FitRow& row : rows) {
        for (const CountedKernel& one : row.kernels) {
            if (one.device != device || one.kernel.own_code) {
                continue;
            }
            MeasuredKind& entry = entry_of(measured, one.kernel, one.execution.cores);
            if (row.kind) {
                extend(entry, one.kernel.dims);
            }
        }
    }
    std::ranges::stable_sort(measured, {},
                             [](const MeasuredKind& one) { return std::tuple(one.kind, one.dtype, one.form); });
}

std::vector<MeasuredKind> evidence_of(std::span<const MeasuredSet> sets, const Profile& profile, DeviceId device,
                                      Diagnostics& diagnostics) {
    std::vector<MeasuredSet> fitted;
    std::ranges::copy_if(sets, std::back_inserter(fitted),
                         [](const MeasuredSet& set) { return set.use == RowUse::kFitted; });
    std::vector<MeasuredKind> measured;
    std::size_t left_out = 0;
    add_evidence(measured, fit_rows(fitted, profile, left_out, diagnostics), device);
    return measured;
}

}  // namespace berth
