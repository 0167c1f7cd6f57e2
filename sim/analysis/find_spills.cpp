// Spill findings: activations that leave the chip between kernels, and the saving of a level that would keep them.
#include <fmt/format.h>

#include <cmath>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/brief_text.h"
#include "berth/runtimes.h"

namespace berth {

namespace {

Bytes whole_mebibytes(Bytes size) { return mebibytes(std::ceil(in_mebibytes(size))); }

}  // namespace

void find_spills(const StageView& view, std::vector<Finding>& found) {
    for (std::size_t d = 0; d < view.profile().devices.size(); ++d) {
        const Device& device = view.profile().devices[d];
        const Candidate* candidate = view.on(static_cast<DeviceId>(d));
        if (candidate == nullptr || device.memories.empty() || candidate->spilled_bytes <= Bytes{}) {
            continue;
        }
        const MemoryLevel& level = device.memories.back();
        const Bytes needed = whole_mebibytes(candidate->peak_activation_bytes);
        const auto after = vary_profile(view, [d, needed](Profile& changed) {
            MemoryLevel& grown = changed.devices[d].memories.back();
            grown.keeps_tensors = true;
            grown.share = MemoryShare::kDevice;
            grown.capacity.value = std::max(grown.capacity.value, needed);
        });
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
        const std::string path =
            own_setting(view.profile(), fmt::format("devices.{}.memories.{}", device.name, level.name));
        finding.change = {
            {path + ".capacity", to_text(needed)}, {path + ".keeps_tensors", "true"}, {path + ".per", "device"}};
        found.push_back(std::move(finding));
    }
}

}  // namespace berth
