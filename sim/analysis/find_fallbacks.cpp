// Fallback findings: operators that fall back to another device, the resulting transfers, and the gain of native
// support.
#include <fmt/format.h>

#include <map>

#include "analysis/variation.h"
#include "berth/brief_text.h"
#include "berth/runtimes.h"

namespace berth {

namespace {

struct Fallback {
    int count = 0;
    Time time;  // time of the operators and their hand-overs
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
    finding.text = fmt::format("On {} the model falls back to another device and returns {}; hand-overs take {} of {}.",
                               candidate.placement, times_text(returns), brief(candidate.handover),
                               brief(candidate.latency.median));
    found.push_back(std::move(finding));
}

}  // namespace

void find_fallbacks(const StageView& view, std::vector<Finding>& found) {
    const Profile& profile = view.profile();
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
                rule.product_limits = {};
            });
            if (!after) {
                continue;
            }
            const std::string& name = profile.devices[d].name;
            const bool one = fallback.count == 1;
            Finding finding = finding_of(
                FindingKind::kFallback, view, *after,
                fmt::format("{} {} operator{} silently fall{} back to {} ({}) and take{} {}, hand-over included. If "
                            "{} ran {} at the rates of its profile, the model would take {} there instead of {}.",
                            fallback.count, traits(kind).name, one ? "" : "s", one ? "s" : "",
                            profile.devices[static_cast<std::size_t>(fallback.to)].name, fallback.reason,
                            one ? "s" : "", brief(fallback.time), name, one ? "it" : "them",
                            brief(after->stage.candidates[d].latency.median), brief(candidate->latency.median)));
            finding.change = {
                {own_setting(profile, fmt::format("devices.{}.runtime.operators.{}", name, traits(kind).name)),
                 fmt::format("{{on: {}}}", name)}};
            found.push_back(std::move(finding));
        }
    }
}

}  // namespace berth
