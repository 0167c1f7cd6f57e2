// Fallbacks: operators that a device hands to another, the crossings they cause, and what native support would gain.
#include <fmt/format.h>

#include <map>

#include "berth/quantity_text.h"
#include "whatif/variation.h"

namespace berth {

namespace {

struct Fallback {
    int count = 0;
    Time time;  // operators and their hand-overs
    DeviceId to = 0;
    std::string reason;
};

std::map<OperatorKind, Fallback> fallbacks_of(const Candidate& candidate) {
    std::map<OperatorKind, Fallback> fallbacks;
    for (const OperatorResult& op : candidate.operators) {
        if (op.fell_back) {
            Fallback& fallback = fallbacks[op.kind];
            ++fallback.count;
            fallback.time += op.latency;
            fallback.to = op.device;
            fallback.reason = op.reason;
        }
    }
    return fallbacks;
}

void find_ping_pong(const StageView& view, DeviceId device, const Candidate& candidate, std::vector<Finding>& found) {
    int returns = 0;
    for (std::size_t i = 1; i + 1 < candidate.segments.size(); ++i) {
        returns += candidate.segments[i].device != device ? 1 : 0;
    }
    if (returns == 0) {
        return;
    }
    Finding finding;
    finding.kind = FindingKind::kPingPong;
    finding.stage = view.stage().name;
    finding.text =
        fmt::format("On {} the model leaves the device and returns {} times; hand-overs take {} of {}.",
                    candidate.placement, returns, to_text(candidate.handover), to_text(candidate.latency.median));
    found.push_back(std::move(finding));
}

}  // namespace

void find_fallbacks(const StageView& view, std::vector<Finding>& found) {
    const Profile& profile = view.scenario.profile;
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const auto device = static_cast<DeviceId>(d);
        const Candidate* candidate = view.on(device);
        if (candidate == nullptr) {
            continue;
        }
        find_ping_pong(view, device, *candidate, found);
        for (const auto& [kind, fallback] : fallbacks_of(*candidate)) {
            const auto after = vary_profile(view, [d, kind = kind](Profile& changed) {
                OperatorRule& rule = changed.devices[d].runtime.operators[static_cast<std::size_t>(kind)];
                rule.supported = true;
                rule.max_bytes.reset();
                rule.max_k.reset();
            });
            if (!after) {
                continue;
            }
            const std::string& name = profile.devices[d].name;
            Finding finding = finding_of(
                FindingKind::kFallback, view, *after,
                fmt::format("{} of {} silently run on {} ({}), hand-over included {}. If {} ran them at the rates of "
                            "its profile, the model would take {} there instead of {}.",
                            fallback.count, fmt::format("{} operators", traits(kind).name),
                            profile.devices[static_cast<std::size_t>(fallback.to)].name, fallback.reason,
                            to_text(fallback.time), name, to_text(after->stage.candidates[d].latency.median),
                            to_text(candidate->latency.median)));
            finding.change = {{fmt::format("hardware.devices.{}.runtime.operators.{}", name, traits(kind).name),
                               fmt::format("{{on: {}}}", name)}};
            found.push_back(std::move(finding));
        }
    }
}

}  // namespace berth
