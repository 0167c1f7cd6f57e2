// Dispatch findings: sequences of operators whose launch costs more than their work.
#include <fmt/format.h>

#include <set>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"
#include "berth/hardware/runtimes.h"

namespace berth {

namespace {

struct Overhead {
    Time dispatch;  // with what the host does beside launching, such as changing a layout
    int kernels = 0, bound = 0;
    bool splits = false;  // some kernels use several cores
    int longest_run = 0;
    std::string run_starts_at;

    void add(const KernelCost& cost, int count) {
        kernels += count;
        dispatch += (cost.dispatch + cost.fork_join) * static_cast<double>(count);
        splits = splits || cost.fork_join > Time{};
    }
};

Overhead overhead_of(const Candidate& candidate) {
    Overhead overhead;
    int run = 0;
    std::string start;
    for (const OperatorResult& op : candidate.operators) {
        if (!op.cost) {
            continue;
        }
        overhead.add(*op.cost, 1);
        for (const FurtherKernel& kernel : op.further) {
            overhead.add(kernel.cost, kernel.count);
        }
        if (op.bound != Bound::kDispatch) {
            run = 0;
            continue;
        }
        ++overhead.bound;
        start = run == 0 ? op.name : start;
        if (++run > overhead.longest_run) {
            overhead.longest_run = run;
            overhead.run_starts_at = start;
        }
    }
    return overhead;
}

std::string text_of(Time time) { return to_text(time); }
std::string text_of(double number) { return number_text(number, 6); }

// Halves what starting a kernel costs on the devices that run operators of the candidate. Returns the settings that do
// so in a file.
Settings halve_launches(Profile& profile, const Candidate& candidate) {
    std::set<DeviceId> used;
    for (const OperatorResult& op : candidate.operators) {
        used.insert(op.device);
    }
    Settings settings;
    for (const DeviceId id : used) {
        Device& device = profile.devices[static_cast<std::size_t>(id)];
        const auto halve = [&](std::string_view key, auto& number) {
            number.value *= 0.5;
            if (number.value > decltype(number.value){}) {
                const std::string path = fmt::format("devices.{}.runtime.dispatch.{}", device.name, key);
                settings.emplace_back(own_setting(profile, path), text_of(number.value));
            }
        };
        halve("per_kernel", device.runtime.dispatch_per_kernel);
        halve("fork_join", device.runtime.fork_join);
        if (device.runtime.dispatch_host_cycles) {
            halve("host_cycles", *device.runtime.dispatch_host_cycles);
        }
    }
    return settings;
}

// Latency of the candidate's placement after a change.
Time latency_after(const Variation& after, const Candidate& candidate) {
    return (candidate.device ? *after.stage.whole_on(*candidate.device) : after.chosen()).latency.median;
}

}  // namespace

void find_dispatch(const StageView& view, std::vector<Finding>& found) {
    const Candidate& chosen = view.chosen();
    const ListedPass pass = listed_pass(view);
    const Overhead overhead = overhead_of(chosen);
    if (overhead.dispatch / pass.time < threshold(FindingLimit::kDispatch)) {
        return;
    }
    Profile profile = view.profile();
    const Settings settings = halve_launches(profile, chosen);
    const auto after = vary_profile(
        view, [&chosen](Profile& changed) { halve_launches(changed, chosen); }, settings);
    if (!after) {
        return;
    }
    const Time launching = (chosen.latency.median - latency_after(*after, chosen)) * 2.0;
    const double share = launching / chosen.latency.median;
    if (share < threshold(FindingLimit::kDispatch)) {
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
            "{}, launching kernels{}, {}{}, takes {} of {} ({}).{} Halving launch cost would bring the model to "
            "{}.",
            placed(chosen), overhead.splits ? " and splitting them over cores" : "", overhead.kernels,
            pass.name.empty() ? std::string_view(" in a pass") : pass.name, brief(launching),
            brief(chosen.latency.median), percent_text(share, 2), run, brief(after->chosen().latency.median)));
    finding.change = settings;
    found.push_back(std::move(finding));
}

}  // namespace berth
