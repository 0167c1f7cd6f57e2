// Derives the limits of a placement problem from a stage's keys, and finds conflicting constraints.
#include "evaluation/constraints.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/mapped.h"
#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

const Graph& graph_of(const LengthPlan& plan) { return plan.graphs[static_cast<std::size_t>(plan.problem.host)]; }

// Whether a tied table is stored in the same format as its owner's, and so is not stored again.
bool is_stored_by_owner(const LengthPlan& plan, std::size_t device, const Operator& op, const Scheme& scheme) {
    if (op.table_of == kNoOperator) {
        return false;
    }
    const Scheme& of_owner = plan.plans[device].operators[static_cast<std::size_t>(op.table_of)].scheme;
    return scheme.weights == of_owner.weights && scheme.group == of_owner.group;
}

// Bytes that an operator keeps: its weights, and a cache of `positions` in each slot.
Bytes kept_by(const LengthPlan& plan, std::size_t device, std::size_t i, std::int64_t positions, std::int64_t slots) {
    const Operator& op = plan.graphs[device].operators[i];
    const OperatorPlan& own = plan.plans[device].operators[i];
    const WeightStorage storage = weight_storage(op.kind, op.dims, own.scheme);
    const Bytes beside = op.bias_of != kNoOperator ? Bytes{} : storage.beside;
    const Bytes matrix = is_stored_by_owner(plan, device, op, own.scheme) ? Bytes{} : storage.matrix + storage.scales;
    return matrix + beside + kept_in_cache(op, own.scheme, positions) * static_cast<double>(slots);
}

PlacementLimits limits_of(const ModelStage& stage, const LengthPlan& plan, const Profile& profile) {
    PlacementLimits limits;
    limits.segments = stage.most_segments;
    const std::size_t devices = profile.devices.size();
    PlacementLimits::Memory dram{"dram", profile.dram.capacity.value, std::vector<bool>(devices)};
    for (std::size_t d = 0; d < devices; ++d) {
        dram.holds[d] = !has_own_memory(profile, static_cast<DeviceId>(d));
        if (const auto& capacity = profile.devices[d].capacity) {
            std::vector<bool> own(devices);
            own[d] = true;
            limits.memories.push_back(
                {"memory of " + profile.devices[d].name, capacity->value, std::move(own), static_cast<DeviceId>(d)});
        }
    }
    limits.memories.push_back(std::move(dram));
    limits.size.resize(plan.problem.cost.size());
    limits.working.resize(limits.size.size());
    for (std::size_t i = 0; i < limits.size.size(); ++i) {
        for (std::size_t d = 0; d < devices; ++d) {
            const std::int64_t slots = slots_on(stage, profile, static_cast<DeviceId>(d));
            const std::int64_t positions = positions_on(stage, profile, static_cast<DeviceId>(d));
            const OperatorPlan& op = plan.plans[d].operators[i];
            limits.size[i].push_back(op.supported ? kept_by(plan, d, i, positions, slots) : Bytes{});
            limits.working[i].push_back(op.alive);
        }
    }
    return limits;
}

// [operator] device that `pins` assign to it; empty without pins.
std::vector<std::optional<DeviceId>> pinned_by(const std::vector<PinRule>& pins, const Graph& graph) {
    std::vector<std::optional<DeviceId>> pinned(pins.empty() ? 0 : graph.operators.size());
    for (const PinRule& pin : pins) {
        for (const std::size_t i : operators_matching(graph, pin.pattern)) {
            pinned[i] = pin.device;
        }
    }
    return pinned;
}

void apply_pins(PlacementProblem& problem, const std::vector<std::optional<DeviceId>>& pinned) {
    for (std::size_t i = 0; i < pinned.size(); ++i) {
        for (std::size_t d = 0; pinned[i] && d < problem.devices; ++d) {
            if (static_cast<DeviceId>(d) != *pinned[i]) {
                problem.cost[i][d] = std::nullopt;
            }
        }
    }
}

bool all_match(const std::vector<PinRule>& pins, const Graph& graph, Diagnostics& diagnostics) {
    bool matched = true;
    for (const PinRule& pin : pins) {
        if (operators_matching(graph, pin.pattern).empty()) {
            auto names = mapped(graph.operators, &Operator::name);
            diagnostics.error(pin.where, fmt::format("'{}' matches no operator of {}", pin.pattern, graph.name), "",
                              suggested_names(pin.pattern, names));
            matched = false;
        }
    }
    return matched;
}

/// The constraints of a stage, individually removable.
class Constraints {
  public:
    Constraints(const LengthPlan& plan, const ModelStage& stage, const Profile& profile)
        : plan_(plan),
          stage_(stage),
          profile_(profile),
          free_(placement_problem(graph_of(plan), plan.plans, profile)),
          limits_(plan.problem.limits),
          kept_(stage.pins.size() + 1 + limits_.memories.size(), true) {}

    [[nodiscard]] std::size_t count() const { return kept_.size(); }
    void keep(std::size_t constraint, bool yes) { kept_[constraint] = yes; }
    [[nodiscard]] bool kept(std::size_t constraint) const { return kept_[constraint]; }

    [[nodiscard]] bool possible() const {
        PlacementProblem problem = free_;
        std::vector<PinRule> pins;
        for (std::size_t i = 0; i < stage_.pins.size(); ++i) {
            if (kept_[i]) {
                pins.push_back(stage_.pins[i]);
            }
        }
        apply_pins(problem, pinned_by(pins, graph_of(plan_)));
        problem.limits = limits_;
        if (!kept_[stage_.pins.size()]) {
            problem.limits.segments.reset();
        }
        for (std::size_t i = limits_.memories.size(); i-- > 0;) {
            if (!kept_[stage_.pins.size() + 1 + i]) {
                problem.limits.memories.erase(problem.limits.memories.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
        return best_placement(problem).has_value();
    }

    [[nodiscard]] std::string name(std::size_t constraint) const {
        if (constraint < stage_.pins.size()) {
            const PinRule& pin = stage_.pins[constraint];
            return fmt::format("pin {}: {}", pin.pattern, profile_.devices[static_cast<std::size_t>(pin.device)].name);
        }
        if (constraint == stage_.pins.size()) {
            return fmt::format("segments: {}", *limits_.segments);
        }
        const auto& memory = limits_.memories[constraint - stage_.pins.size() - 1];
        return fmt::format("{} of {}", to_text(memory.capacity), memory.name);
    }

  private:
    const LengthPlan& plan_;
    const ModelStage& stage_;
    const Profile& profile_;
    PlacementProblem free_;
    const PlacementLimits& limits_;
    std::vector<bool> kept_;  ///< whether each is active: pins, then segments, then memories
};

}  // namespace

Bytes kept_in_cache(const Operator& op, const Scheme& scheme, std::int64_t positions) {
    if (positions == 0) {
        return {};
    }
    if (const auto* scan = std::get_if<ScanDims>(&op.dims)) {
        return state_size(*scan);
    }
    const auto* attention = std::get_if<AttentionDims>(&op.dims);
    if (attention == nullptr) {
        return {};
    }
    const std::int64_t held = attention->causal ? positions : attention->kv_seq;
    const std::int64_t kept = attention->window == 0 ? held : std::min(held, attention->window);
    const std::int64_t each = attention->batch * attention->kv_heads * (attention->head_dim + value_width(*attention));
    return stored_size(scheme.weights, scheme.group) * static_cast<double>(each * kept);
}

bool constrain(LengthPlan& plan, const ModelStage& stage, const Profile& profile, Diagnostics& diagnostics) {
    if (!all_match(stage.pins, graph_of(plan), diagnostics)) {
        return false;
    }
    plan.pinned = pinned_by(stage.pins, graph_of(plan));
    apply_pins(plan.problem, plan.pinned);
    plan.problem.limits = limits_of(stage, plan, profile);
    return true;
}

std::string exceeding_text(Bytes needed, Bytes capacity, std::string_view memory) {
    const std::string most = brief(capacity);
    const std::string taken = brief(needed);
    return taken == most ? fmt::format("{} more than the {} of {}", brief(needed - capacity), most, memory)
                         : fmt::format("{} of the {} of {}", taken, most, memory);
}

std::optional<std::string> exceeded_limit(const PlacementLimits& limits, const Assignment& assignment) {
    const std::size_t runs = segments(assignment).size();
    if (limits.segments && runs > static_cast<std::size_t>(*limits.segments)) {
        return fmt::format("it has {} segments, the stage allows {}", runs, *limits.segments);
    }
    for (std::size_t memory = 0; memory < limits.memories.size(); ++memory) {
        const PlacementLimits::Memory& of = limits.memories[memory];
        const Bytes needed = memory_needed(limits, memory, assignment);
        if (needed > of.capacity) {
            return "weights, caches and activations take " + exceeding_text(needed, of.capacity, of.name);
        }
    }
    return std::nullopt;
}

// Deletion filter (Chinneck 2008, section 6.2): a constraint that is not needed for the conflict is dropped for good.
std::vector<std::string> clashing_constraints(const LengthPlan& plan, const ModelStage& stage, const Profile& profile) {
    Constraints constraints(plan, stage, profile);
    if (!plan.problem.limits.segments) {
        constraints.keep(stage.pins.size(), false);
    }
    if (constraints.possible()) {
        return {};
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < constraints.count(); ++i) {
        if (constraints.kept(i)) {
            constraints.keep(i, false);
            if (constraints.possible()) {
                constraints.keep(i, true);
                names.push_back(constraints.name(i));
            }
        }
    }
    return names;
}

}  // namespace berth
