// Fallback findings: operators that fall back to another device, the resulting transfers, and the gain of native
// support.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string_view>
#include <vector>

#include "analysis/variation.h"
#include "berth/base/brief_text.h"
#include "berth/hardware/runtimes.h"

namespace berth {

namespace {

struct Fallback {
    int count = 0;
    Time time;  // of the operators and their hand-overs there and back
    DeviceId to = 0;
    std::string reason;
};

std::map<OperatorKind, Fallback> fallbacks_of(const Candidate& candidate) {
    std::map<OperatorKind, Fallback> fallbacks;
    const OperatorResult* left = nullptr;  // the last operator, if it fell back
    for (const OperatorResult& op : candidate.operators) {
        if (op.fell_back) {
            Fallback& fallback = fallbacks[op.kind];
            ++fallback.count;
            fallback.time += op.latency;
            fallback.to = op.device;
            fallback.reason = op.reason;
        } else if (left != nullptr) {
            fallbacks[left->kind].time += op.handover;
        }
        left = op.fell_back ? &op : nullptr;
    }
    return fallbacks;
}

// The rule of an operator that the device runs whatever its size.
OperatorRule unlimited_rule(const Runtime& runtime, OperatorKind kind) {
    const OperatorRule& now = runtime.operators[static_cast<std::size_t>(kind)];
    OperatorRule rule;
    rule.supported = true;
    rule.multi_core = now.multi_core;
    rule.multi_core_from = now.multi_core_from;
    rule.on_the_way = now.on_the_way;
    rule.dtypes = now.dtypes.empty() ? runtime.dtypes : now.dtypes;
    return rule;
}

std::string written_rule(const OperatorRule& rule, const Device& device) {
    std::string text = fmt::format("{{on: {}", device.name);
    if (rule.multi_core) {
        text += ", multi_core: true";
        text += rule.multi_core_from > 1 ? fmt::format(", multi_core_from: {}", rule.multi_core_from) : "";
    }
    text += rule.on_the_way ? ", on_the_way: true" : "";
    if (rule.dtypes != device.runtime.dtypes) {
        std::vector<std::string_view> names;
        for (const DType dtype : rule.dtypes) {
            names.push_back(choice_name(kDTypeNames, dtype));
        }
        text += fmt::format(", dtypes: [{}]", fmt::join(names, ", "));
    }
    return text + "}";
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
            const std::string& name = profile.devices[d].name;
            const OperatorRule native = unlimited_rule(profile.devices[d].runtime, kind);
            const Settings change = {
                {own_setting(profile, fmt::format("devices.{}.runtime.operators.{}", name, traits(kind).name)),
                 written_rule(native, profile.devices[d])}};
            const auto after = vary_profile(
                view,
                [&, kind = kind](Profile& changed) {
                    changed.devices[d].runtime.operators[static_cast<std::size_t>(kind)] = native;
                },
                change);
            if (!after) {
                continue;
            }
            const bool one = fallback.count == 1;
            const std::string now = brief(candidate->latency.median);
            const std::string then = brief(after->stage.candidates[d].latency.median);
            Finding finding = finding_of(
                FindingKind::kFallback, view, *after,
                fmt::format("{} {} operator{} silently fall{} back to {} ({}) and take{} {}, hand-overs included. "
                            "If {} ran {} at the rates of its profile, the model would take {} there{}.",
                            fallback.count, traits(kind).name, one ? "" : "s", one ? "s" : "",
                            profile.devices[static_cast<std::size_t>(fallback.to)].name, fallback.reason,
                            one ? "s" : "", brief(fallback.time), name, one ? "it" : "them", then,
                            then == now ? " as now" : " instead of " + now));
            finding.change = change;
            found.push_back(std::move(finding));
        }
    }
}

}  // namespace berth
