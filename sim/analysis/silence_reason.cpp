// Sentences about changes without effect: the reason, and the number that decides instead.
#include "analysis/silence_reason.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/mapped.h"
#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

const std::string& device_name(const SilentScene& scene, std::size_t device) {
    return scene.scenario.profile.devices[device].name;
}

// Upper bound on the memory bandwidth that the cores in use draw together.
Bandwidth drawn_by(const SilentScene& scene, std::size_t device) {
    const DeviceUse& use = scene.use.devices[device];
    const auto dtypes = use.multiplied();
    return core_rates(scene.scenario.profile.devices[device], {use.used_cores, std::nullopt},
                      dtypes.empty() ? DType::kFp32 : *dtypes.begin())
        .dram;
}

std::string drawn_text(const SilentScene& scene, std::size_t device) {
    const int cores = scene.use.devices[device].used_cores;
    const std::string& name = device_name(scene, device);
    const std::string drawn = to_text(drawn_by(scene, device));
    return cores == 1 ? fmt::format("one {} core draws at most {}", name, drawn)
                      : fmt::format("{} {} cores draw at most {}", cores, name, drawn);
}

PathSteps bandwidths_of(const SilentScene& scene, std::size_t device) {
    const std::string own = "devices." + device_name(scene, device);
    PathSteps paths{own + ".dma.bandwidth"};
    for (const CoreCluster& cluster : scene.scenario.profile.devices[device].clusters) {
        paths.push_back(fmt::format("{}.clusters.{}.bandwidth", own, cluster.name));
    }
    return paths;
}

std::optional<std::size_t> device_of(const SilentScene& scene, const PathSteps& steps) {
    const auto device =
        steps.size() > 1 && steps[0] == "devices" ? device_named(scene.scenario.profile, steps[1]) : std::nullopt;
    return device ? std::optional(static_cast<std::size_t>(*device)) : std::nullopt;
}

// Limits above the drawn bandwidth: of a device, of the sustained total, of the bus.
SilenceReason of_bandwidth_limits(const SilentScene& scene, const PathSteps& steps) {
    const bool bus = steps == PathSteps{"memory", "dram", "bandwidth"};
    const bool sustained = steps == PathSteps{"memory", "dram", "sustained"};
    const auto device = device_of(scene, steps);
    const bool limit = device && steps.size() == 4 && steps[2] == "dma" && steps[3] == "limit";
    if (!bus && !sustained && !limit) {
        return {};
    }
    SilenceReason reason;
    PathSteps cores;
    PathSteps limits;
    Bandwidth most;
    std::vector<std::string> drawn;
    for (std::size_t d = 0; d < scene.use.devices.size(); ++d) {
        if (scene.use.devices[d].any() && (!limit || d == *device)) {
            drawn.push_back(drawn_text(scene, d));
            most = std::max(most, drawn_by(scene, d));
            const PathSteps own = bandwidths_of(scene, d);
            cores.insert(cores.end(), own.begin(), own.end());
            limits.push_back(fmt::format("devices.{}.dma.limit", device_name(scene, d)));
            reason.together.push_back(own);
            reason.together.back().push_back(limits.back());
            std::erase_if(reason.together.back(), [&](const std::string& path) { return !scene.probe.has(path); });
        }
    }
    if (drawn.empty()) {
        return {};
    }
    limits.emplace_back("memory.dram.sustained");
    reason.instead = {std::move(cores), std::move(limits)};
    const Dram& dram = scene.scenario.profile.dram;
    if (limit && scene.scenario.profile.devices[*device].bus && most >= dram.sustained.value) {
        return {fmt::format("{}, which is all that the memory sustains", fmt::join(drawn, ", ")),
                {{"memory.dram.sustained"}}};
    }
    const std::string what =
        bus         ? fmt::format("the bus of {}", to_text(dram.bandwidth.value))
        : sustained ? fmt::format("the {} that the memory sustains", to_text(dram.sustained.value))
                    : fmt::format("its limit of {}", to_text(scene.scenario.profile.devices[*device].dram_limit.value));
    reason.why = fmt::format("{}; {} {} not reached", fmt::join(drawn, ", "), what, sustained ? "are" : "is");
    return reason;
}

// Memory capacities: everything fits, since otherwise nothing would run.
SilenceReason of_capacity(const SilentScene& scene, const PathSteps& steps) {
    const std::string path = fmt::format("{}", fmt::join(steps, "."));
    const bool whole = steps.size() == 3 && steps.back() == "capacity";
    const auto reach = whole ? scene.probe.reached_at(path) : std::nullopt;
    return reach && reach->below ? SilenceReason{fmt::format("everything fits: {} are needed", reach->holds), {}, true}
                                 : SilenceReason{};
}

SilenceReason of_links(const SilentScene& scene, const PathSteps& steps) {
    if (steps.front() != "links" || steps.size() < 2) {
        return {};
    }
    for (const Link& link : scene.scenario.profile.links) {
        const bool used = scene.use.handed_over.contains({link.from, link.to}) ||
                          scene.use.handed_over.contains({link.to, link.from});
        if (steps[1] == fmt::format("{}", link.index) && !used) {
            return {fmt::format("nothing is handed over between {} and {} here",
                                device_name(scene, static_cast<std::size_t>(link.from)),
                                device_name(scene, static_cast<std::size_t>(link.to))),
                    {}};
        }
    }
    return {};
}

bool is_description(const PathSteps& steps) {
    static constexpr std::array<std::string_view, 7> kNames{"description", "source", "kind",    "profile",
                                                            "scenario",    "name",   "language"};
    return std::ranges::find(kNames, steps.back()) != kNames.end() && !(steps.size() == 3 && steps[0] == "devices");
}

std::optional<double> value_in(const Scenario& scenario, const std::string& path) {
    Profile copy = scenario.profile;
    const auto views = parameters(copy);
    const auto view = std::ranges::find(views, path, &ParameterView::path);
    return view == views.end() ? std::nullopt : std::optional(view->value);
}

// Fallback for a number without a rule: the value from which it has an effect.
std::string reach_text(const SilentScene& scene, const std::string& path) {
    const auto value = value_in(scene.scenario, path);
    if (!value) {
        return "nothing that runs in this scenario depends on it";
    }
    const auto reach = scene.probe.reached_at(path);
    if (!reach) {
        return "nothing in this scenario takes longer or shorter by it, whatever its value";
    }
    const Dimension dimension = scene.probe.dimension_of(path);
    return fmt::format("at {} it decides nothing; it takes effect from {} {}", quantity_text(*value, dimension),
                       reach->text, reach->below ? "down" : "up");
}

// Widening lists of numbers: of the same section, of the same device, and all.
std::vector<PathSteps> wider(const SilentScene& scene, const PathSteps& steps) {
    std::vector<PathSteps> lists;
    for (std::size_t length = steps.size() > 1 ? steps.size() - 1 : 0;; --length) {
        const std::string prefix =
            length == 0 ? ""
                        : fmt::format("{}.", fmt::join(steps.begin(),
                                                       steps.begin() + static_cast<std::ptrdiff_t>(length), "."));
        PathSteps list;
        std::ranges::copy_if(scene.probe.paths(), std::back_inserter(list),
                             [&prefix](const std::string& path) { return path.starts_with(prefix); });
        lists.push_back(std::move(list));
        if (length == 0) {
            return lists;
        }
    }
}

std::string settable(const std::string& path) {
    return fmt::format("{}{}", path.starts_with(kRuntimesPrefix) ? std::string_view() : kHardwarePrefix, path);
}

std::string deciding_text(const std::string& path) { return ": vary " + settable(path); }

// "vary X": the number of the first list in which one changes the total by more than `least`; "vary X and Y together"
// where each of them limits the other; else the widest; never `own`, the number that has no effect itself.
std::string instead_text(const SilentScene& scene, const SilenceReason& reason, const std::vector<PathSteps>& widest,
                         const std::string& own, double least = 0) {
    std::optional<NumberMove> best;
    const auto deciding = [&](const std::vector<PathSteps>& lists) -> std::optional<std::string> {
        for (PathSteps list : lists) {
            std::erase(list, own);
            const auto strongest = scene.probe.strongest(list);
            if (strongest && strongest->chosen > least) {
                return settable(strongest->path);
            }
            best = best ? best : strongest;
        }
        return std::nullopt;
    };
    if (const auto near = deciding(reason.instead)) {
        return ": vary " + *near;
    }
    for (const PathSteps& list : reason.together) {
        if (list.size() > 1 && scene.probe.move_together(list)) {
            return fmt::format(": vary {} together", fmt::join(mapped<std::string>(list, settable), " and "));
        }
    }
    if (const auto other = deciding(widest)) {
        return ": vary " + *other;
    }
    return best && least == 0 ? deciding_text(best->path) : "";
}

std::string sentence(const SilentScene& scene, const SilenceReason& reason, const PathSteps& steps) {
    if (reason.complete) {
        return "no effect: " + reason.why;
    }
    return "no effect: " + reason.why +
           instead_text(scene, reason, wider(scene, steps), fmt::format("{}", fmt::join(steps, ".")));
}

const Stage* stage_of(const SilentScene& scene, const PathSteps& steps) {
    const auto found = steps.size() > 1 && steps[0] == "stages"
                           ? std::ranges::find(scene.scenario.stages, steps[1], &Stage::name)
                           : scene.scenario.stages.end();
    return found == scene.scenario.stages.end() ? nullptr : &*found;
}

// Reason by the key of a model stage: what its placements have in common with and without the change.
SilenceReason stage_reason(const SilentScene& scene, const StageResult& result, const std::string& key) {
    const auto device = result.chosen ? result.candidates[*result.chosen].device : std::nullopt;
    if (key == "cores" && device) {
        const DeviceUse& use = scene.use.devices[static_cast<std::size_t>(*device)];
        if (use.asked_cores > use.used_cores) {
            return {cores_in_use(scene, *device), {}, true};
        }
    }
    const std::string chosen = result.chosen ? result.candidates[*result.chosen].placement : "";
    if (key == "buckets" || key == "tokens") {
        return {fmt::format("what each device pays for is the same with it; {} pays for {} tokens", chosen,
                            result.chosen ? result.candidates[*result.chosen].padded_tokens : 0),
                {}};
    }
    if (key == "granularity" || key == "segments" || key == "pin" || key == "on") {
        return {fmt::format("{} is the best placement of {} with it and without it", chosen, result.name), {}};
    }
    if (key == "cores" || key == "core_mask" || key == "clock") {
        return {fmt::format("the placements of {} run on so many cores and at that clock anyway", result.name), {}};
    }
    return {fmt::format("every placement of {} is the same with it and without it", result.name), {}};
}

// Steps to a number as the profile lists it: without the part that was set of it, and clusters, which may be addressed
// by position, by name.
PathSteps number_steps(const SilentScene& scene, std::string_view path) {
    PathSteps steps = steps_of(path);
    if (steps.size() > 2 && (steps.back() == "value" || steps.back() == "spread")) {
        steps.pop_back();
    }
    const auto device = device_of(scene, steps);
    if (device && steps.size() > 3 && steps[2] == "clusters") {
        const auto& clusters = scene.scenario.profile.devices[*device].clusters;
        for (std::size_t i = 0; i < clusters.size(); ++i) {
            steps[3] = steps[3] == fmt::format("{}", i) ? clusters[i].name : steps[3];
        }
    }
    return steps;
}

// Why a key of the arrivals has no effect on the simulated requests.
std::string of_arrivals(const PathSteps& steps) {
    return steps.back() == "requests"
               ? "the simulation ends before, once the mean and the 95th percentile are known well enough"
               : "the simulated requests fare the same with it and without it";
}

}  // namespace

std::string deciding_instead(const SilentScene& scene, std::string_view path) {
    const PathSteps steps = number_steps(scene, path);
    constexpr double kVisible = 1e-3;  // of the total: others with almost no effect are no better
    return instead_text(scene, {}, wider(scene, steps), fmt::format("{}", fmt::join(steps, ".")), kVisible);
}

std::string hardware_silence(const SilentScene& scene, std::string_view path) {
    const PathSteps steps = number_steps(scene, path);
    if (is_description(steps)) {
        return "no effect: it describes, and nothing is computed from it";
    }
    const auto device = device_of(scene, steps);
    SilenceReason reason = of_bandwidth_limits(scene, steps);
    if (reason.why.empty()) {
        reason = of_links(scene, steps);
    }
    if (reason.why.empty()) {
        reason = of_capacity(scene, steps);
    }
    if (reason.why.empty() && device && steps.size() > 2) {
        reason = reason_on_device(scene, static_cast<DeviceId>(*device), PathSteps(steps.begin() + 2, steps.end()));
    }
    if (reason.why.empty()) {
        reason.why = reach_text(scene, fmt::format("{}", fmt::join(steps, ".")));
    }
    return sentence(scene, reason, steps);
}

std::string scenario_silence(const SilentScene& scene, const ScenarioResult& result, std::string_view path) {
    const PathSteps steps = steps_of(path);
    if (is_description(steps)) {
        return "no effect: it describes, and nothing is computed from it";
    }
    const Stage* stage = stage_of(scene, steps);
    if (stage != nullptr && std::holds_alternative<ModelStage>(stage->work) && steps.size() > 2) {
        const SilenceReason reason =
            stage_reason(scene, *std::ranges::find(result.stages, stage->name, &StageResult::name), steps[2]);
        const auto strongest =
            reason.complete
                ? std::nullopt
                : scene.probe.strongest_of_stage(static_cast<std::size_t>(stage - scene.scenario.stages.data()));
        return "no effect: " + reason.why + (strongest ? deciding_text(strongest->path) : "");
    }
    if (steps.front() == "stages" && stage == nullptr) {
        return "no effect: that stage takes no part in this scenario";
    }
    if (path == "hardware") {
        return "no effect: a name; what the profiles differ in are inputs of their own";
    }
    if (steps.front() == "objective") {
        return "no effect: the same placements are the best for it";
    }
    if (steps.front() == "budget") {
        return "no effect: it is met with the same probability with it and without it";
    }
    return "no effect: " +
           (steps.front() == "arrivals" ? of_arrivals(steps) : "nothing that runs in this scenario depends on it");
}

}  // namespace berth
