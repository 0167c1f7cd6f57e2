// Dispatch findings: sequences of operators whose launch costs more than their work.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/brief_text.h"

namespace berth {

namespace {

struct Overhead {
    Time dispatch, bound_time;
    int kernels = 0, bound = 0;
    bool splits = false;  // some kernels use several cores
    int longest_run = 0;
    std::string run_starts_at;
};

Overhead overhead_of(const Candidate& candidate) {
    Overhead overhead;
    int run = 0;
    std::string start;
    for (const OperatorResult& op : candidate.operators) {
        if (!op.cost) {
            continue;
        }
        ++overhead.kernels;
        overhead.dispatch += op.cost->dispatch + op.cost->fork_join;
        overhead.splits = overhead.splits || op.cost->fork_join > Time{};
        if (op.bound != Bound::kDispatch) {
            run = 0;
            continue;
        }
        ++overhead.bound;
        overhead.bound_time += op.latency;
        start = run == 0 ? op.name : start;
        if (++run > overhead.longest_run) {
            overhead.longest_run = run;
            overhead.run_starts_at = start;
        }
    }
    return overhead;
}

}  // namespace

void find_dispatch(const StageView& view, std::vector<Finding>& found) {
    const Candidate& chosen = view.chosen();
    const ListedPass pass = listed_pass(view);
    const Overhead overhead = overhead_of(chosen);
    const double share = overhead.dispatch / pass.time;
    if (share < threshold(FindingLimit::kDispatch)) {
        return;
    }
    const auto after = vary_profile(view, [](Profile& changed) {
        for (Device& device : changed.devices) {
            device.runtime.dispatch_per_kernel.value *= 0.5;
            device.runtime.fork_join.value *= 0.5;
        }
    });
    if (!after) {
        return;
    }
    std::string run;
    if (overhead.longest_run > 1) {
        run = fmt::format(" For {} kernels the launch costs more than the work, up to {} in a row starting at {}.",
                          overhead.bound, overhead.longest_run, overhead.run_starts_at);
    }
    Finding finding = finding_of(
        FindingKind::kDispatch, view, *after,
        fmt::format(
            "{}, launching {} kernels{} takes {} of {}{} ({}).{} Halving launch cost would bring the model to {}.",
            placed(chosen), overhead.kernels, overhead.splits ? " and splitting them over cores" : "",
            brief(overhead.dispatch), brief(pass.time), pass.name, percent_text(share, 2), run,
            brief(after->chosen().latency.median)));
    found.push_back(std::move(finding));
}

}  // namespace berth
