// Inherited mechanisms of a runtime: each is taken out of a copy of the profile, and the stage evaluated again.
#include "berth/analysis/inherited_mechanisms.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace berth {

namespace {

constexpr double kLeastNamedShare = 0.01;  // of the latency, for a mechanism to be named

/// One device of a profile and the stage that runs on it.
struct Case {
    Profile profile;
    ModelStage stage;
    DeviceId id;
    [[nodiscard]] Device& device() { return profile.devices[static_cast<std::size_t>(id)]; }
};

template <class Q>
bool is_inherited(const Parameter<Q>& number) {
    return number.origin == Origin::kInherited;
}

template <class Q>
bool is_inherited(const std::optional<Parameter<Q>>& number) {
    return number && is_inherited(*number);
}

// Rules about operators have no origin of their own: they come with the cost of starting them.
bool has_inherited_rules(const Device& device) { return is_inherited(device.runtime.dispatch_per_kernel); }

void start_at_once(Case& without) {
    Runtime& runtime = without.device().runtime;
    runtime.dispatch_per_kernel.value = runtime.dispatch_per_graph.value = runtime.fork_join.value = Time{};
    runtime.dispatch_host_cycles.reset();
}

bool has_inherited_passes(const Device& device) {
    return std::ranges::any_of(device.vector, [](const VectorRate& rate) { return is_inherited(rate.traffic); });
}

void pass_once(Case& without) {
    for (VectorRate& rate : without.device().vector) {
        if (is_inherited(rate.traffic)) {
            rate.traffic.value = std::min(rate.traffic.value, 1.0);
        }
    }
}

bool multiplies_in_array(std::size_t kind) {
    const auto one = static_cast<OperatorKind>(kind);
    return one == OperatorKind::kMatmul || one == OperatorKind::kConv2d || one == OperatorKind::kAttention;
}

void keep_dtype(Case& without) {
    const DType own = without.stage.precision.dtype.activations;
    auto& rules = without.device().runtime.operators;
    for (std::size_t kind = 0; kind < rules.size(); ++kind) {
        OperatorRule& rule = rules.at(kind);
        if (rule.supported && !multiplies_in_array(kind) && std::ranges::find(rule.dtypes, own) == rule.dtypes.end()) {
            rule.dtypes.push_back(own);
        }
    }
}

void use_all_cores(Case& without) {
    Device& device = without.device();
    for (OperatorRule& rule : device.runtime.operators) {
        rule.multi_core = rule.supported;
    }
    for (FusionRule& rule : device.runtime.fuses) {
        rule.multi_core = true;
    }
    without.stage.cores[without.id] = device.cores();
}

void use_whole_buffer(Case& without) {
    MatrixEngine& matrix = without.device().matrix;
    matrix.row_tile.reset();
    matrix.image_row_tile.reset();
}

bool spills_by_inheritance(const Device& device) {
    return device.attention && is_inherited(device.attention->score_bytes) &&
           (!device.attention->keeps_scores || is_inherited(device.attention->keeps_scores_from));
}

void keep_scores(Case& without) {
    without.device().attention->keeps_scores = true;
    without.device().attention->keeps_scores_from.reset();
}

bool keeps_by_assumption(const Device& device) {
    return device.attention && device.attention->keeps_scores_from &&
           device.attention->keeps_scores_from->origin == Origin::kAssumed;
}

void spill_scores(Case& without) { without.device().attention->keeps_scores = false; }

struct Mechanism {
    std::string_view name, keys;
    bool (*applies)(const Device& device);
    void (*leave_out)(Case& without);
    bool assumed = false;
};

constexpr auto kMechanisms = std::to_array<Mechanism>({
    {"starts of kernels", "runtime.dispatch", has_inherited_rules, start_at_once},
    {"norms and element-wise work in several passes", "vector.CLASS.traffic", has_inherited_passes, pass_once},
    {"operators at another dtype and conversions for them", "runtime.operators.OP.dtypes", has_inherited_rules,
     keep_dtype},
    {"operators of one core", "runtime.default_cores, runtime.operators.OP.multi_core", has_inherited_rules,
     use_all_cores},
    {"weights read again for each row tile", "matrix.row_tile",
     [](const Device& device) { return is_inherited(device.matrix.row_tile); }, use_whole_buffer},
    {"scores that pass the memory, head by head", "attention.keeps_scores", spills_by_inheritance, keep_scores},
    {"scores that stay on chip", "attention.keeps_scores_from", spills_by_inheritance, spill_scores},
    {"scores that stay on chip", "attention.keeps_scores_from", keeps_by_assumption, spill_scores, true},
});

}  // namespace

std::vector<InheritedMechanism> inherited_mechanisms(const Profile& profile, const ModelStage& stage, DeviceId device,
                                                     Time latency) {
    std::vector<InheritedMechanism> found;
    for (const Mechanism& one : kMechanisms) {
        if (!one.applies(profile.devices[static_cast<std::size_t>(device)])) {
            continue;
        }
        Case without{profile, stage, device};
        one.leave_out(without);
        Diagnostics ignored;
        const auto candidate = evaluate_on(without.profile, without.stage, device, ignored);
        const Time adds = candidate ? latency - candidate->latency.median : Time{};
        if (std::max(adds, -1.0 * adds) >= latency * kLeastNamedShare) {
            found.push_back({std::string(one.name), std::string(one.keys), adds, one.assumed});
        }
    }
    std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return a.adds > b.adds; });
    return found;
}

}  // namespace berth
