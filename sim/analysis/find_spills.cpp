// Spill findings: activations that leave the chip between kernels, and the saving of a level that would keep them.
#include <fmt/format.h>

#include <cmath>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/brief_text.h"
#include "berth/runtimes.h"
#include "hardware/own_parameters.h"

namespace berth {

namespace {

Bytes whole_mebibytes(Bytes size) { return mebibytes(std::ceil(in_mebibytes(size))); }

// The device's last level keeps tensors in one memory of that size. Numbers that are shares of its capacity, such as
// the rows of a tile, grow with it.
void keep_tensors(Profile& profile, std::size_t device, const std::string& capacity, Bytes size) {
    MemoryLevel& level = profile.devices[device].memories.back();
    level.keeps_tensors = true;
    level.share = MemoryShare::kDevice;
    for (const ParameterView& number : own_parameters(profile)) {
        if (number.path == capacity) {
            number.fix(in_bytes(size));
        }
    }
}

}  // namespace

void find_spills(const StageView& view, std::vector<Finding>& found) {
    for (std::size_t d = 0; d < view.profile().devices.size(); ++d) {
        const Device& device = view.profile().devices[d];
        const Candidate* candidate = view.on(static_cast<DeviceId>(d));
        if (candidate == nullptr || device.memories.empty() || candidate->spilled_bytes <= Bytes{}) {
            continue;
        }
        const MemoryLevel& level = device.memories.back();
        const Bytes needed =
            std::max(whole_mebibytes(level.capacity.value), whole_mebibytes(candidate->peak_activation_bytes));
        const std::string path = fmt::format("devices.{}.memories.{}", device.name, level.name);
        const std::string typed = own_setting(view.profile(), path);
        const Settings change = {
            {typed + ".capacity", to_text(needed)}, {typed + ".keeps_tensors", "true"}, {typed + ".per", "device"}};
        const auto after = vary_profile(
            view, [&](Profile& changed) { keep_tensors(changed, d, path + ".capacity", needed); }, change);
        if (!after) {
            continue;
        }
        const Time kept = after->stage.candidates[d].latency.median;
        if (kept > candidate->latency.median * (1 - threshold(FindingLimit::kSpill))) {
            continue;
        }
        Finding finding = finding_of(
            FindingKind::kSpill, view, *after,
            fmt::format(
                "In each pass {} of activations spill from {} to DRAM: up to {} are alive at once, and {} holds {}. If "
                "{} kept {} between kernels, the model would take {} there instead of {}.",
                brief(candidate->spilled_bytes), device.name, brief(candidate->peak_activation_bytes), level.name,
                brief(level.capacity.value), level.name, brief(needed), brief(kept), brief(candidate->latency.median)));
        finding.change = change;
        found.push_back(std::move(finding));
    }
}

}  // namespace berth
