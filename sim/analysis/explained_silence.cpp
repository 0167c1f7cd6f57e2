// Composes the sentence about a change without effect.
#include "analysis/explained_silence.h"

#include <fmt/format.h>

#include <cmath>

#include "berth/base/brief_text.h"

namespace berth {

namespace {

// A relative change, which may be too small for its digits to tell anything.
std::string change_text(double change) {
    constexpr double kLeast = 1e-4;
    return std::abs(change) < kLeast ? "by less than " + percent_text(kLeast, 1) : "by " + percent_text(change, 2);
}

}  // namespace

std::string moved_text(const std::vector<MovedCandidate>& others) {
    std::vector<std::string> parts;
    const auto time = [](std::optional<Time> latency) { return latency ? brief(*latency) : "cannot run"; };
    for (const MovedCandidate& one : others) {
        const bool longer = one.before != one.after;
        if (longer && time(one.before) == time(one.after)) {
            parts.push_back(fmt::format("{} on {} {} ({} stays the choice)", one.stage, one.placement,
                                        change_text(*one.after / *one.before - 1), one.chosen));
            continue;
        }
        parts.push_back(longer ? fmt::format("{} on {} from {} to {} ({} stays the choice)", one.stage, one.placement,
                                             time(one.before), time(one.after), one.chosen)
                               : fmt::format("{} on {}, but not its latency ({} stays the choice)", one.stage,
                                             one.placement, one.chosen));
    }
    return fmt::format("moves only what is not chosen: {}", fmt::join(parts, ", "));
}

namespace {

bool is_of_profile(const std::string& typed) {
    return typed.starts_with(kHardwarePrefix) || typed.starts_with(kRuntimesPrefix);
}

}  // namespace

std::string ExplainedSilence::text(const std::string& path, LazyAnswer& changed) {
    const SilentScene scene{*changed.scenario(), use_, probe_};
    const std::string typed = typed_path(path);
    return is_of_profile(typed) ? hardware_silence(scene, below_hardware(typed))
                                : scenario_silence(scene, *changed.whole(), typed);
}

std::string ExplainedSilence::instead(const std::string& path, LazyAnswer& changed) {
    const std::string typed = typed_path(path);
    return is_of_profile(typed) ? deciding_instead({*changed.scenario(), use_, probe_}, below_hardware(typed))
                                : std::string();
}

}  // namespace berth
