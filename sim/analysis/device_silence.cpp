// Numbers of a device that a scenario does not use: one rule per section of a profile.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "analysis/silence_reason.h"
#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/hardware/profile_keys.h"

namespace berth {

namespace {

/// A number and its device.
struct Place {
    const SilentScene& scene;
    DeviceId id;
    const PathSteps& steps;  ///< after the device's name

    [[nodiscard]] const Device& device() const { return scene.scenario.profile.devices[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const DeviceUse& use() const { return scene.use.devices[static_cast<std::size_t>(id)]; }
    [[nodiscard]] std::string own(std::string_view rest) const {
        return fmt::format("devices.{}.{}", device().name, rest);
    }
    [[nodiscard]] bool begins(std::initializer_list<std::string_view> first) const {
        return steps.size() >= first.size() && std::equal(first.begin(), first.end(), steps.begin());
    }
    [[nodiscard]] const std::string& last() const { return steps.back(); }
};

template <class Table, class Value>
std::string names_of(const Table& table, const std::set<Value>& values) {
    auto names = mapped<std::string>(values, [&](const Value value) { return choice_name(table, value); });
    return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, " and "));
}

std::string core_text(int cores) { return cores == 1 ? "1 core" : fmt::format("{} cores", cores); }

// How a stage asks for cores: by its key, or by the option of `berth predict`, whose scenario has no name.
std::string ask_for_cores(const Place& place) {
    if (place.scene.scenario.name.empty()) {
        return "give --cores N";
    }
    const std::string stage = place.use().stages.empty() ? "NAME" : *place.use().stages.begin();
    return fmt::format("set stages.{}.cores={{{}: N}}", stage, place.device().name);
}

// What would let more cores of the device take part: the number that its stages ask for, or, if that is larger already,
// the operators that its runtime splits over cores.
std::string more_cores(const Place& place) {
    if (place.use().asked_cores > place.use().used_cores) {
        const std::set<OperatorKind> kinds = place.use().kinds();
        const auto& rules = place.device().runtime.operators;
        const bool convolves = kinds.contains(OperatorKind::kConv2d) ||
                               rules[static_cast<std::size_t>(OperatorKind::kMatmul)].as_convolution;
        const std::string kind = convolves ? "conv2d" : "matmul";
        return fmt::format(
            "its runtime splits no operator of this scenario over more, although {} are asked for; to let it, set {}",
            core_text(place.use().asked_cores),
            "hardware." + place.own(fmt::format("runtime.operators.{}.multi_core=true", kind)));
    }
    return fmt::format("to use more, {} or set {}", ask_for_cores(place),
                       "hardware." + place.own("runtime.default_cores"));
}

// Numbers per dtype: nothing is multiplied at this dtype.
SilenceReason of_dtype(const Place& place) {
    const bool energy = place.begins({"energy", "per_mac"});
    const bool by_dtype = energy || place.begins({"matrix", "macs_per_cycle"}) || place.begins({"matrix", "reserve"}) ||
                          place.begins({"matrix", "align", "n"}) ||
                          (place.begins({"clusters"}) && place.steps.size() == 4 && place.steps[2] == "macs_per_cycle");
    const auto dtype = by_dtype ? choice_named(kDTypeNames, place.last()) : std::nullopt;
    const auto used = place.use().multiplied();
    if (!dtype || used.contains(*dtype)) {
        return {};
    }
    SilenceReason reason{fmt::format("nothing is multiplied at {} on {} here, only at {}", place.last(),
                                     place.device().name, names_of(kDTypeNames, used)),
                         {}};
    auto& same = reason.instead.emplace_back();
    for (const DType other : used) {
        PathSteps steps = place.steps;
        steps.back() = choice_name(kDTypeNames, other);
        same.push_back(place.own(fmt::format("{}", fmt::join(steps, "."))));
    }
    if (energy) {  // which does not affect time, so that the numbers tried are those of energy
        const PathSteps all = place.scene.probe.paths_with(".energy.");
        same.insert(same.end(), all.begin(), all.end());
        const auto deciding = place.scene.probe.first_of_energy(same);
        reason.why += deciding ? ": vary hardware." + *deciding : "";
        reason.complete = true;
    }
    return reason;
}

SilenceReason of_vector_class(const Place& place) {
    const auto vector_class = place.begins({"vector"}) && place.steps.size() == 3
                                  ? choice_named(kVectorClassNames, place.steps[1])
                                  : std::nullopt;
    if (!vector_class) {
        return {};
    }
    if (vector_class == VectorClass::kSoftmax && place.device().attention &&
        !place.use().kinds().contains(OperatorKind::kSoftmax)) {
        return {fmt::format("no softmax runs on {} by itself, and attention has rates of its own", place.device().name),
                {{place.own("attention.score_bytes"), place.own("attention.per_cycle")}}};
    }
    if (place.use().vector_classes().contains(*vector_class)) {
        return {};
    }
    SilenceReason reason{fmt::format("no operator of class {} runs on {} here", place.steps[1], place.device().name),
                         {}};
    auto& elsewhere = reason.instead.emplace_back();
    std::vector<std::string> names;
    for (std::size_t d = 0; d < place.scene.use.devices.size(); ++d) {
        if (place.scene.use.devices[d].vector_classes().contains(*vector_class)) {
            const std::string& name = place.scene.scenario.profile.devices[d].name;
            names.push_back(name);
            elsewhere.push_back(fmt::format("devices.{}.{}", name, fmt::join(place.steps, ".")));
        }
    }
    reason.why += names.empty() ? "" : fmt::format(" (those that there are run on {})", fmt::join(names, " and "));
    auto& own = reason.instead.emplace_back();
    for (const VectorClass used : place.use().vector_classes()) {
        own.push_back(place.own(fmt::format("vector.{}.{}", choice_name(kVectorClassNames, used), place.last())));
    }
    return reason;
}

SilenceReason of_attention(const Place& place) {
    if (!place.begins({"attention"})) {
        return {};
    }
    const std::string& name = place.device().name;
    if (!place.use().kinds().contains(OperatorKind::kAttention)) {
        return {fmt::format("no attention runs on {} as one operator here", name), {}};
    }
    const auto& engine = place.device().attention;
    if (place.last() == "unaligned" || place.last() == "row_granule") {
        return {fmt::format("every length that {} pays for is a multiple of {} rows", name, engine->row_granule),
                {{place.own("attention.score_bytes"), place.own("attention.per_cycle")}}};
    }
    return {};
}

// Numbers of a faster cluster: clusters share work evenly, so the slower one decides.
SilenceReason of_faster_cluster(const Place& place) {
    SilenceReason reason;
    auto& same = reason.instead.emplace_back();
    for (const CoreCluster& cluster : place.device().clusters) {
        if (cluster.name != place.steps[1]) {
            PathSteps steps = place.steps;
            steps[1] = cluster.name;
            same.push_back(place.own(fmt::format("{}", fmt::join(steps, "."))));
        }
    }
    if (!same.empty()) {
        reason.why = fmt::format("work on {} is split evenly over its cores, and another cluster is the slower one",
                                 place.device().name);
    }
    return reason;
}

// Bandwidth of one core: without effect if the cores in use reach a common limit or the sustained memory bandwidth.
SilenceReason of_core_bandwidth(const Place& place) {
    const int used = place.use().used_cores;
    const std::string& name = place.device().name;
    if (place.last() == "bandwidth" && (place.begins({"clusters"}) || place.begins({"dma"}))) {
        const auto& bus = place.device().bus;
        const Bandwidth most =
            bus ? std::min(bus->value, place.device().dram_limit.value) : place.device().dram_limit.value;
        Bandwidth one = place.device().dram_limit.value;
        for (const CoreCluster& cluster : place.device().clusters) {
            one = std::min(one, cluster.bandwidth.value);
        }
        if (one * static_cast<double>(used) >= most && most < place.device().dram_limit.value) {
            return {fmt::format("{} of {} reach the {} that the memory sustains", core_text(used), name, to_text(most)),
                    {{"memory.dram.sustained"}}};
        }
        if (one * static_cast<double>(used) >= most) {
            return {fmt::format("{} of {} reach its limit of {} together", core_text(used), name,
                                to_text(place.device().dram_limit.value)),
                    {{place.own("dma.limit")}}};
        }
    }
    return {};
}

SilenceReason of_cores(const Place& place) {
    const int used = place.use().used_cores;
    const std::string& name = place.device().name;
    if (place.last() == "cores") {
        return {
            fmt::format("operators run on {} of {}, not on all of them; {}", core_text(used), name, more_cores(place)),
            {},
            true};
    }
    if (place.begins({"clusters"})) {
        int before = 0;
        for (const CoreCluster& cluster : place.device().clusters) {
            if (cluster.name == place.steps[1] && before >= used) {
                return {fmt::format("operators run on {} of {}, none of them of cluster {}; {}", core_text(used), name,
                                    cluster.name, more_cores(place)),
                        {},
                        true};
            }
            before += cluster.cores;
        }
        return of_faster_cluster(place);
    }
    if (place.last() == "default_cores" && used < place.use().asked_cores) {
        return {cores_in_use(place.scene, place.id), {}, true};
    }
    if (place.last() == "default_cores") {
        return {place.scene.scenario.name.empty()
                    ? fmt::format("--cores says on how many cores of {} the model runs", name)
                    : fmt::format("every stage says itself on how many cores of {} it runs (stages.NAME.cores)", name),
                {}};
    }
    return {};
}

SilenceReason of_several_cores(const Place& place) {
    if (place.use().used_cores > 1) {
        return {};
    }
    return {fmt::format("operators run on one core of {} here, and this counts where several share work; {}",
                        place.device().name, more_cores(place)),
            {},
            true};
}

SilenceReason of_grouped_weights(const Place& place) {
    if (std::ranges::any_of(place.use().kernels, [](const Kernel& one) { return one.weight_group != 0; })) {
        return {};
    }
    return {fmt::format("no product on {} has weights that are scaled in groups", place.device().name),
            {{place.own("dma.limit")}}};
}

// Numbers that only some operators, cores or measurements use.
SilenceReason of_use(const Place& place) {
    const std::string& name = place.device().name;
    switch (used_by(place.own(fmt::format("{}", fmt::join(place.steps, "."))))) {
        case UsedBy::kAlways:
            return {};
        case UsedBy::kConvolution:
            return place.use().kinds().contains(OperatorKind::kConv2d)
                       ? SilenceReason{}
                       : SilenceReason{fmt::format("no convolution runs on {} here", name), {}};
        case UsedBy::kPaddedShape:
            return {
                "the shapes of this scenario are multiples of it as they are, or what they are padded to decides "
                "nothing",
                {{place.own("matrix.row_tile"), place.own("matrix.efficiency")}}};
        case UsedBy::kNarrowElements:
            return {fmt::format("no elements of 8 bits pass that class on {} here", name),
                    {{place.own(fmt::format("vector.{}.per_cycle", place.steps[1]))}}};
        case UsedBy::kGroupedWeights:
            return of_grouped_weights(place);
        case UsedBy::kSeveralCores:
            return of_several_cores(place);
        case UsedBy::kLibraryCall:
            return {fmt::format("only calls of the matmul library of {} use it, not compiled graphs (berth predict "
                                "--op matmul --layout native)",
                                place.device().runtime.name),
                    {{place.own("matrix.row_tile")}, {place.own("dma.bandwidth")}}};
        case UsedBy::kSingleCall:
            return {"only single operators that are called by themselves use it (berth predict --op)",
                    {{place.own("runtime.dispatch.per_kernel")}}};
        case UsedBy::kProfiledLayer:
            return {fmt::format("only tables of the profiler of {}, which waits for each layer by itself, are compared "
                                "with it (berth validate)",
                                place.device().runtime.name),
                    {{place.own("runtime.dispatch.per_kernel")}}};
        case UsedBy::kModelError:
            return {fmt::format("no time on {} is of that kind here, so that its error widens no interval; those of "
                                "the other kinds do",
                                name),
                    {},
                    true};
    }
    return {};
}

// Capacities, of which the tiles of products take a part.
SilenceReason of_capacity(const Place& place) {
    const MatrixEngine& matrix = place.device().matrix;
    const std::vector<MemoryLevel>& levels = place.device().memories;
    if (!place.begins({"memories"}) || place.last() != "capacity") {
        return {};
    }
    if (matrix.row_tile) {
        return {fmt::format("matrix.row_tile of {} fixes the tile of a product, and weights fit beside it no better",
                            to_text(matrix.row_tile->value)),
                {{place.own("matrix.row_tile")}}};
    }
    if (place.steps[1] != levels.back().name) {
        return {fmt::format("tiles on {} are chosen for its last level, {}", place.device().name, levels.back().name),
                {{place.own(fmt::format("memories.{}.capacity", levels.back().name)),
                  place.own(fmt::format("memories.{}.bandwidth", levels.back().name))}}};
    }
    return {};
}

SilenceReason of_fusion(const Place& place) {
    if (!place.begins({"runtime", "fuses"}) || place.steps.size() < 3) {
        return {};
    }
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < place.device().runtime.fuses.size(); ++i) {
        const FusionRule& rule = place.device().runtime.fuses[i];
        if (place.steps[2] == fmt::format("{}", i)) {
            auto pattern = mapped<std::string>(
                rule.pattern, [](const OperatorKind kind) { return choice_name(operator_names(), kind); });
            paths.insert(paths.begin(), fmt::format("{}", fmt::join(pattern, " + ")));
        }
    }
    if (paths.empty()) {
        return {};
    }
    SilenceReason reason{
        fmt::format("no operators of this scenario run as {} on {}", paths.front(), place.device().name), {}};
    auto& others = reason.instead.emplace_back();
    for (std::size_t i = 0; i < place.device().runtime.fuses.size(); ++i) {
        others.push_back(place.own(fmt::format("runtime.fuses.{}.traffic", i)));
    }
    return reason;
}

SilenceReason of_operator(const Place& place) {
    if (!place.begins({"runtime", "operators"}) || place.steps.size() < 3) {
        return {};
    }
    const auto kind = choice_named(operator_names(), place.steps[2]);
    const bool asked = kind && (place.use().kinds().contains(*kind) || place.use().fell_back.contains(*kind));
    return {asked ? fmt::format("every {} of this scenario is on the same side of that limit of {}", place.steps[2],
                                place.device().name)
                  : fmt::format("this scenario has no {} as an operator of its own on {}", place.steps[2],
                                place.device().name),
            {},
            true};
}

SilenceReason of_energy(const Place& place) {
    return place.begins({"energy"})
               ? SilenceReason{fmt::format("no energy is counted for what {} does here", place.device().name), {}, true}
               : SilenceReason{};
}

SilenceReason of_settable_clocks(const Place& place) {
    return place.begins({"clocks"})
               ? SilenceReason{fmt::format("it only lists what the clock of {} may be set to", place.device().name),
                               {{place.own("clock")}}}
               : SilenceReason{};
}

}  // namespace

std::string cores_in_use(const SilentScene& scene, DeviceId device) {
    const PathSteps none;
    const Place place{scene, device, none};
    return fmt::format("operators run on {} of {}; {}", core_text(place.use().used_cores), place.device().name,
                       more_cores(place));
}

SilenceReason reason_on_device(const SilentScene& scene, DeviceId device, const PathSteps& steps) {
    const Place place{scene, device, steps};
    if (!place.use().any()) {
        const std::string& why = place.use().reason;
        return {
            fmt::format("no placement of this scenario uses {}{}", place.device().name, why.empty() ? "" : ": " + why),
            {}};
    }
    using Rule = SilenceReason (*)(const Place&);
    for (const Rule rule : {&of_dtype, &of_vector_class, &of_attention, &of_core_bandwidth, &of_cores, &of_use,
                            &of_settable_clocks, &of_capacity, &of_fusion, &of_operator, &of_energy}) {
        if (SilenceReason reason = rule(place); !reason.why.empty()) {
            return reason;
        }
    }
    return {};
}

}  // namespace berth
