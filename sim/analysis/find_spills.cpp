// Spill findings: activations that leave the chip between kernels, and the saving of a level that would keep them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/base/brief_text.h"
#include "berth/hardware/runtimes.h"
#include "hardware/own_parameters.h"

namespace berth {

namespace {

Bytes whole_mebibytes(Bytes size) { return mebibytes(std::ceil(in_mebibytes(size))); }

/// What a device's last level lacks to keep the tensors between kernels.
struct LackOfMemory {
    std::string path;           ///< of the level
    bool capability = false;    ///< the level keeps no tensors
    std::optional<Bytes> size;  ///< the capacity that holds them all; absent: it is large enough
};

LackOfMemory lack_of(const Device& device, const Candidate& candidate, Bytes peak) {
    const MemoryLevel& level = device.memories.back();
    const bool holds = capacity_of(level, candidate.cores) >= peak;
    return {fmt::format("devices.{}.memories.{}", device.name, level.name), !level.keeps_tensors,
            holds && !level.keeps_tensors ? std::nullopt : std::optional(whole_mebibytes(peak))};
}

// The device's last level keeps tensors, with another size in one memory for all cores. Numbers that are shares of its
// capacity, such as the rows of a tile, grow with it.
void keep_tensors(Profile& profile, std::size_t device, const LackOfMemory& lack) {
    MemoryLevel& level = profile.devices[device].memories.back();
    level.keeps_tensors = true;
    if (!lack.size) {
        return;
    }
    level.share = MemoryShare::kDevice;
    for (const ParameterView& number : own_parameters(profile)) {
        if (number.path == lack.path + ".capacity") {
            number.fix(in_bytes(*lack.size));
        }
    }
}

Settings settings_of(const LackOfMemory& lack, const Profile& profile, const MemoryLevel& level) {
    const std::string typed = own_setting(profile, lack.path);
    Settings settings;
    if (lack.size) {
        settings.emplace_back(typed + ".capacity", to_text(*lack.size));
    }
    if (lack.capability) {
        settings.emplace_back(typed + ".keeps_tensors", "true");
    }
    if (lack.size && level.share != MemoryShare::kDevice) {
        settings.emplace_back(typed + ".per", "device");
    }
    return settings;
}

// The pass whose activations a candidate states.
std::string which_pass(const ModelStage& stage, const Candidate& candidate) {
    if (stage.generation) {
        return stage.generation->phase == Phase::kDecode ? "In each step" : "In a pass over the prompt";
    }
    return stage.tokens.size() == 1 ? "In each pass" : fmt::format("In a pass of {} tokens", candidate.spilling_tokens);
}

std::string lack_text(const LackOfMemory& lack, const MemoryLevel& level, Bytes peak) {
    const std::string holds = fmt::format("up to {} are alive at once, and {} holds {}", brief(peak), level.name,
                                          brief(level.capacity.value));
    return lack.size ? fmt::format("{}. If {} kept {} between kernels", holds, level.name, brief(*lack.size))
                     : fmt::format("{}, but keeps no tensors between kernels. If it did", holds);
}

// Times of the model on a device with and without the change; of a whole answer also those of its first token, whose
// passes spill most.
std::string gain_text(const Candidate& now, const Candidate& then) {
    std::string text = fmt::format("the model would take {} there instead of {}", brief(then.latency.median),
                                   brief(now.latency.median));
    const auto& before = now.generation;
    const auto& after = then.generation;
    if (before && after && before->first_token && after->first_token && before->step) {
        text += fmt::format(", its first token {} instead of {}", brief(after->first_token->median),
                            brief(before->first_token->median));
    }
    return text;
}

/// A stage's model on a device that spills, and what the device's last level lacks for it.
struct Spill {
    const StageView* view = nullptr;
    std::size_t device = 0;
    LackOfMemory lack;

    [[nodiscard]] const Device& on() const { return view->profile().devices[device]; }
    [[nodiscard]] const Candidate& candidate() const { return *view->on(static_cast<DeviceId>(device)); }
    [[nodiscard]] Settings change() const { return settings_of(lack, view->profile(), on().memories.back()); }
    [[nodiscard]] std::string setting() const { return own_setting(view->profile(), lack.path); }
};

// Absent if keeping the tensors gains too little.
std::optional<Finding> spill_finding(const Spill& spill) {
    const Candidate& candidate = spill.candidate();
    const DeviceActivations& activations = candidate.activations[spill.device];
    const Settings change = spill.change();
    const auto after = vary_profile(
        *spill.view, [&](Profile& changed) { keep_tensors(changed, spill.device, spill.lack); }, change);
    if (!after) {
        return std::nullopt;
    }
    const Candidate& kept = after->stage.candidates[spill.device];
    if (kept.latency.median > candidate.latency.median * (1 - threshold(FindingLimit::kSpill))) {
        return std::nullopt;
    }
    Finding finding = finding_of(
        FindingKind::kSpill, *spill.view, *after,
        fmt::format("{} {} of activations spill from {} to DRAM: {}, {}.",
                    which_pass(spill.view->model_stage(), candidate), brief(activations.spilled), spill.on().name,
                    lack_text(spill.lack, spill.on().memories.back(), activations.peak), gain_text(candidate, kept)));
    finding.change = change;
    return finding;
}

std::vector<Spill> spills_of(const StageView& view) {
    std::vector<Spill> spills;
    const auto& devices = view.profile().devices;
    for (std::size_t d = 0; d < devices.size(); ++d) {
        const Candidate* candidate = view.on(static_cast<DeviceId>(d));
        if (candidate != nullptr && !devices[d].memories.empty() && candidate->activations[d].spilled > Bytes{}) {
            spills.push_back({&view, d, lack_of(devices[d], *candidate, candidate->activations[d].peak)});
        }
    }
    return spills;
}

}  // namespace

std::vector<std::pair<const StageView*, Finding>> find_spills(const std::vector<StageView>& views) {
    std::vector<Spill> spills;
    std::vector<Finding> alone;
    std::map<std::string, std::optional<Bytes>> largest;  // [setting of a level] size that all stages there need
    for (const StageView& view : views) {
        for (Spill& spill : spills_of(view)) {
            if (auto finding = spill_finding(spill)) {
                auto& size = largest[spill.setting()];
                size = std::max(size, spill.lack.size);
                spills.push_back(std::move(spill));
                alone.push_back(std::move(*finding));
            }
        }
    }
    std::vector<std::pair<const StageView*, Finding>> found;
    for (std::size_t i = 0; i < spills.size(); ++i) {
        Spill& spill = spills[i];
        const auto& size = largest[spill.setting()];
        const bool own = spill.lack.size == size;
        spill.lack.size = size;
        auto finding = own ? std::optional(std::move(alone[i])) : spill_finding(spill);
        if (finding) {
            found.emplace_back(spill.view, std::move(*finding));
        }
    }
    return found;
}

}  // namespace berth
