// Unrolls the loops and scans of an ONNX file.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "importers/onnx_flow_builder.h"

namespace berth {

namespace {

/// Largest trip count taken at face value. With a larger one it is the condition that ends the loop.
constexpr std::int64_t kMostIterations = 10'000;

std::vector<ValueId> part_of(const std::vector<ValueId>& all, std::size_t first, std::size_t count) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

/// The first number of an input; absent if only the run time knows it, or if the input is not given.
std::optional<double> OnnxFlowBuilder::number_in(const OnnxNode& node, std::size_t i, const OnnxScope& scope) const {
    const auto found = i < node.inputs.size() && !node.inputs[i].empty() ? scope.find(node.inputs[i]) : std::nullopt;
    return found && *found != kNoValue ? number_of(*found) : std::nullopt;
}

std::optional<double> OnnxFlowBuilder::number_of(ValueId value) const {
    const auto& data = flow_.at(value).data;
    return data && !data->empty() ? std::optional(data->front()) : std::nullopt;
}

/// How often a loop runs. The graph states a trip count, a condition, or both; a condition of constants and counters is
/// followed from iteration to iteration. Absent: nobody knows, and it does not matter, since nothing is multiplied.
std::optional<OnnxTrips> OnnxFlowBuilder::trips_of(const OnnxNode& node, const OnnxGraph& body,
                                                   const OnnxScope& scope) {
    if (const auto condition = number_in(node, 1, scope); condition && *condition == 0) {
        return OnnxTrips{};
    }
    const auto stated = number_in(node, 0, scope);
    if (stated && *stated <= static_cast<double>(kMostIterations)) {
        const std::int64_t most = std::max<std::int64_t>(0, whole_number(*stated));
        return OnnxTrips{most, options_.iterations.value_or(most), !options_.iterations, false};
    }
    if (!options_.iterations && !body_multiplies(body)) {
        return std::nullopt;
    }
    const std::int64_t told = options_.iterations.value_or(1);
    const bool by_condition = stated || node.inputs[0].empty();
    return OnnxTrips{by_condition ? kMostIterations : told, told, !options_.iterations, true};
}

/// Says that the condition of a loop is not known before it runs.
void OnnxFlowBuilder::note_unknown_trips(const OnnxNode& node, const OnnxTrips& trips) {
    if (trips.open) {
        flow_.uncounted.push_back(fmt::format(
            "Loop '{}', which runs an unknown number of times (berth import --iterations N)", called(node)));
    } else {
        flow_.assumed.push_back(
            fmt::format("that Loop '{}' never ends before its {} iterations (berth import --iterations N)",
                        called(node), trips.most));
    }
}

std::optional<bool> OnnxFlowBuilder::add_loop(const OnnxNode& node, OnnxScope& scope) {
    const OnnxGraph& body = *body_of(node, "body");
    const auto inputs = inputs_of(node, scope);
    if (!inputs || inputs->size() < 2 || body.inputs.size() != inputs->size() ||
        body.outputs.size() + 1 < inputs->size()) {
        return inputs ? refuse(fmt::format("Loop '{}' and its body do not fit", called(node))) : false;
    }
    const auto trips = trips_of(node, body, scope);
    if (!trips) {
        return std::nullopt;
    }
    const auto results = run_iterations(node, body, *trips, part_of(*inputs, 2, inputs->size() - 2), {}, scope);
    return results && bind_results(node, *results, scope);
}

std::optional<bool> OnnxFlowBuilder::add_scan(const OnnxNode& node, OnnxScope& scope) {
    const OnnxGraph& body = *body_of(node, "body");
    auto inputs = inputs_of(node, scope);
    const auto scanned = static_cast<std::size_t>(std::max<std::int64_t>(0, node.integer("num_scan_inputs", 0)));
    if (!inputs) {
        return false;
    }
    // Before operator set 9 the lengths of the sequences come first, and all else has a batch axis.
    const bool by_batch = inputs->size() == body.inputs.size() + 1;
    if (by_batch) {
        inputs->erase(inputs->begin());
    }
    const bool known = std::ranges::all_of(
        *inputs, [this](ValueId input) { return input != kNoValue && flow_.at(input).shape.has_value(); });
    if (scanned == 0 || inputs->size() < scanned || body.inputs.size() != inputs->size() || !known) {
        if (body_multiplies(body)) {
            flow_.uncounted.push_back(fmt::format("the body of Scan '{}'", called(node)));
        }
        return std::nullopt;
    }
    const auto axes = node.integers("scan_input_axes");
    const Shape& shape = *flow_.at(inputs->back()).shape;
    const auto axis = by_batch ? axis_of(1, shape.size()) : axis_of(axes.empty() ? 0 : axes.back(), shape.size());
    if (!axis) {
        return refuse(fmt::format("Scan '{}' goes along an axis that is not there", called(node)));
    }
    const OnnxTrips trips{shape[*axis], shape[*axis], false, false};
    const std::size_t states = inputs->size() - scanned;
    const auto results = by_batch ? scan_each(node, body, trips, *inputs, states, scope)
                                  : run_iterations(node, body, trips, part_of(*inputs, 0, states),
                                                   part_of(*inputs, states, scanned), scope);
    return results && bind_results(node, *results, scope);
}

/// Scans each item of the batch by itself, and stacks the results.
std::optional<std::vector<ValueId>> OnnxFlowBuilder::scan_each(const OnnxNode& node, const OnnxGraph& body,
                                                               const OnnxTrips& trips,
                                                               const std::vector<ValueId>& inputs, std::size_t states,
                                                               OnnxScope& scope) {
    const std::int64_t batch = flow_.at(inputs.back()).shape->front();
    std::vector<std::vector<ValueId>> of_items;
    for (std::int64_t item = 0; item < batch; ++item) {
        std::vector<ValueId> own;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            own.push_back(slice_of(inputs[i], 0, item, body.inputs[i].name, scope));
        }
        const auto made = run_iterations(node, body, trips, part_of(own, 0, states),
                                         part_of(own, states, own.size() - states), scope);
        if (!made) {
            return std::nullopt;
        }
        of_items.push_back(*made);
    }
    std::vector<ValueId> results;
    for (std::size_t o = 0; !of_items.empty() && o < of_items.front().size(); ++o) {
        std::vector<ValueId> each;
        std::ranges::transform(of_items, std::back_inserter(each), [o](const auto& made) { return made[o]; });
        results.push_back(stacked(std::move(each), o < node.outputs.size() ? node.outputs[o] : "", scope));
    }
    return results;
}

ValueId OnnxFlowBuilder::slice_of(ValueId from, std::int64_t axis, std::int64_t index, std::string_view name,
                                  const OnnxScope& scope) {
    OnnxNode slice;
    slice.op = "Gather";
    slice.attributes.push_back(integer_attribute("axis", axis));
    const ValueId at = constant({static_cast<double>(index)}, {}, OnnxType::kInt64);
    return result_of(std::move(slice), {from, at}, name, scope);
}

ValueId OnnxFlowBuilder::stacked(std::vector<ValueId> values, std::string_view name, const OnnxScope& scope) {
    OnnxNode stack;
    stack.op = kStackedSlices;
    return result_of(std::move(stack), std::move(values), name, scope);
}

bool OnnxFlowBuilder::bind_results(const OnnxNode& node, const std::vector<ValueId>& results, OnnxScope& scope) {
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
        if (o >= results.size() || results[o] == kNoValue) {
            return refuse(fmt::format("{} '{}' has more results than its body", node.op, called(node)));
        }
        if (!bind(node, node.outputs[o], results[o], scope)) {
            return false;
        }
    }
    return true;
}

/// Whether a condition is what the body was given: it never ends the loop.
bool OnnxFlowBuilder::is_passed_on(ValueId condition, ValueId given) const {
    while (condition != given && flow_.at(condition).producer >= 0) {
        const OnnxStep& maker = flow_.nodes[static_cast<std::size_t>(flow_.at(condition).producer)];
        if (maker.source->op != "Identity" || maker.inputs.empty() || maker.inputs.front() == kNoValue) {
            return false;
        }
        condition = maker.inputs.front();
    }
    return condition == given;
}

/// Limit on the iterations, once the condition behind the first is there: its own end if it is known, or else what is
/// told. The condition of a loop without a trip count must be one that can end it.
std::int64_t OnnxFlowBuilder::limit_of(const OnnxNode& node, const OnnxTrips& trips, ValueId condition, ValueId given) {
    const bool known = number_of(condition).has_value();
    const bool ends = !trips.open || (trips.most > trips.told && !is_passed_on(condition, given));
    if (known && ends) {
        return trips.most;
    }
    if (trips.nobody_says) {
        note_unknown_trips(node, trips);
    }
    return trips.told;
}

/// Unrolls a body, and returns the values carried behind the last iteration, and the collected ones stacked. A loop
/// passes in the iteration number and a condition, and returns a condition; a scan passes in slices.
std::optional<std::vector<ValueId>> OnnxFlowBuilder::run_iterations(const OnnxNode& node, const OnnxGraph& body,
                                                                    const OnnxTrips& trips,
                                                                    std::vector<ValueId> carried,
                                                                    std::span<const ValueId> scanned,
                                                                    OnnxScope& scope) {
    const bool loops = node.op == "Loop";
    const std::size_t before = loops ? 2 : 0;  // inputs of the body before the loop-carried ones
    const std::size_t behind = loops ? 1 : 0;  // outputs before the loop-carried ones
    const std::size_t made = body.outputs.size() - std::min(body.outputs.size(), behind + carried.size());
    std::vector<std::vector<ValueId>> collected(made);
    const auto axes = node.integers("scan_input_axes");
    OnnxScope shared;  // constants of the body, shared by all iterations
    shared.around = &scope;
    if (!add_constants(body, shared)) {
        return std::nullopt;
    }
    std::int64_t count = trips.most;
    bool goes_on = true;
    for (std::int64_t i = 0; i < count && goes_on; ++i) {
        if (!more_work()) {
            return std::nullopt;
        }
        OnnxScope inside;
        inside.around = &shared;
        const ValueId given = loops ? constant({1.0}, {}, OnnxType::kBool) : kNoValue;
        if (loops) {
            inside.ids[body.inputs[0].name] = constant({static_cast<double>(i)}, {}, OnnxType::kInt64);
            inside.ids[body.inputs[1].name] = given;
        }
        for (std::size_t c = 0; c < carried.size(); ++c) {
            inside.ids[body.inputs[before + c].name] = carried[c];
        }
        for (std::size_t s = 0; s < scanned.size(); ++s) {
            const std::string_view name = body.inputs[carried.size() + s].name;
            inside.ids[name] = slice_of(scanned[s], s < axes.size() ? axes[s] : 0, i, name, scope);
        }
        const auto results = results_of_body(node, body, inside);
        if (!results) {
            return std::nullopt;
        }
        if (loops) {
            const ValueId condition = results->front();
            keep_condition(condition);
            count = i == 0 ? limit_of(node, trips, condition, given) : count;
            goes_on = number_of(condition).value_or(1) != 0;
        }
        for (std::size_t o = behind; o < results->size(); ++o) {
            if (o - behind < carried.size()) {
                carried[o - behind] = (*results)[o];
            } else {
                collected[o - behind - carried.size()].push_back((*results)[o]);
            }
        }
    }
    if (goes_on && trips.open && count > trips.told) {
        note_unknown_trips(node, trips);
    }
    for (std::size_t o = 0; o < made; ++o) {
        const std::size_t at = carried.size();
        carried.push_back(stacked(std::move(collected[o]), at < node.outputs.size() ? node.outputs[at] : "", scope));
    }
    return carried;
}

/// Adds the nodes of a body, and returns what it makes; absent, with an error, if it does not make all of it.
std::optional<std::vector<ValueId>> OnnxFlowBuilder::results_of_body(const OnnxNode& node, const OnnxGraph& body,
                                                                     OnnxScope& inside) {
    if (!add_nodes(body.nodes, inside)) {
        return std::nullopt;
    }
    std::vector<ValueId> results;
    for (const OnnxValue& output : body.outputs) {
        const auto found = inside.find(output.name);
        if (!found) {
            refuse(fmt::format("the body of {} '{}' does not make '{}'", node.op, called(node), output.name));
            return std::nullopt;
        }
        results.push_back(*found);
    }
    return results;
}

}  // namespace berth
