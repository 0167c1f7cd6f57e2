// Finds the table behind constants that were picked from it.
#include "importers/onnx_tables.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "importers/onnx_products.h"

namespace berth {

namespace {

bool is_one_of(std::string_view op, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, op) != names.end();
}

bool selects(std::string_view op) {
    return is_one_of(op, {"Gather", "GatherElements", "GatherND", "Resize", "Slice", "Upsample"});
}

bool only_arranges(std::string_view op) {
    return is_one_of(op, {"Cast", "Concat", "DequantizeLinear", "Expand", "Flatten", "Identity", "Reshape", "Squeeze",
                          "Transpose", "Unsqueeze"});
}

/// Weights of more than one row.
bool is_table(const OnnxFacts& facts) {
    return facts.constant && !facts.drawn && holds_weights(facts.type) && facts.shape && !facts.shape->empty() &&
           facts.shape->back() > 0 && elements_of(*facts.shape) > facts.shape->back();
}

/// The one table that a constant was picked from; absent if it was computed otherwise, or is a whole table.
std::optional<ValueId> table_behind(const OnnxFlow& flow, ValueId constant) {
    constexpr int kLongest = 64;
    std::vector<ValueId> open{constant};
    ValueId table = kNoValue;
    bool picked = false;
    for (int steps = 0; !open.empty(); ++steps) {
        const ValueId value = open.back();
        open.pop_back();
        const OnnxFacts& facts = flow.at(value);
        const OnnxStep* maker = facts.producer < 0 ? nullptr : &flow.nodes[static_cast<std::size_t>(facts.producer)];
        if (maker == nullptr || maker->source->op == "Constant") {
            if (!is_table(facts) || (table != kNoValue && table != value)) {
                return std::nullopt;
            }
            table = value;
            continue;
        }
        const std::string_view op = maker->source->op;
        if ((!selects(op) && !only_arranges(op)) || maker->inputs.empty() || steps == kLongest) {
            return std::nullopt;
        }
        picked = picked || selects(op);
        const std::size_t data = op == "Concat" ? maker->inputs.size() : 1;
        open.insert(open.end(), maker->inputs.begin(), maker->inputs.begin() + static_cast<std::ptrdiff_t>(data));
        if (std::ranges::find(open, kNoValue) != open.end()) {
            return std::nullopt;
        }
    }
    return picked ? std::optional(table) : std::nullopt;
}

/// How nodes that depend on the inputs read a constant.
struct Readers {
    bool sums = false, products = false, others = false;
};

std::vector<Readers> readers_in(const OnnxFlow& flow) {
    std::vector<Readers> readers(flow.values.size());
    for (const OnnxStep& step : flow.nodes) {
        const bool computes = std::ranges::any_of(
            step.outputs, [&](ValueId made) { return made != kNoValue && !flow.at(made).constant; });
        for (std::size_t i = 0; computes && i < step.inputs.size(); ++i) {
            if (step.inputs[i] == kNoValue) {
                continue;
            }
            Readers& of = readers[static_cast<std::size_t>(step.inputs[i])];
            const std::string_view op = step.source->op;
            const bool sum = is_one_of(op, {"Add", "Sub", "Sum"});
            const bool product = is_one_of(op, {"Einsum", "MatMul"});
            of.sums = of.sums || sum;
            of.products = of.products || product;
            of.others = of.others || (!sum && !product);
        }
    }
    return readers;
}

/// Whether rows of the table make up the constant, and are read as such rather than as weights of a product.
bool are_rows(const OnnxFlow& flow, ValueId constant, ValueId table, const Readers& readers) {
    const std::int64_t given = elements_of(*flow.at(table).shape), made = elements_of(*flow.at(constant).shape);
    const std::int64_t width = flow.at(table).shape->back();
    return made != given && made > 0 && made % width == 0 && (!readers.products || made > given);
}

}  // namespace

void restore_tables(OnnxFlow& flow) {
    const std::vector<Readers> readers = readers_in(flow);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const auto id = static_cast<ValueId>(i);
        const OnnxFacts& facts = flow.at(id);
        const bool read = (readers[i].sums || readers[i].products) && !readers[i].others;
        if (!read || !facts.constant || facts.producer < 0 || !facts.shape) {
            continue;
        }
        OnnxStep& maker = flow.nodes[static_cast<std::size_t>(facts.producer)];
        const auto table = maker.outputs.size() == 1 ? table_behind(flow, id) : std::nullopt;
        if (!table || !are_rows(flow, id, *table, readers[i])) {
            continue;
        }
        OnnxNode picks;
        picks.name = maker.source->name;
        picks.op = kPickedRows;
        flow.made.push_back(std::move(picks));
        maker.source = &flow.made.back();
        maker.inputs = {*table};
        flow.at(id).constant = false;
        flow.at(id).data.reset();
    }
}

bool adds_learned(const OnnxNetwork& network, NodeId step) {
    if (!network.is(step, "Add")) {
        return false;
    }
    const Shape& made = network.shape(network.output(step));
    for (std::size_t i = 0; i < 2; ++i) {
        ValueId value = network.input(step, i);
        const Shape& shape = network.shape(value);
        if (network.constant(value) && made.size() > 2 && shape.size() > 2) {
            const auto own = [&](std::size_t axis) {  // counted from the back
                return shape[shape.size() - axis] == made[made.size() - axis] && made[made.size() - axis] > 1;
            };
            return own(1) && own(2) && own(3) && network.stored(value) &&
                   network.elements(value) == elements_of(Shape(made.end() - 3, made.end()));
        }
        NodeId maker = network.maker(value);
        while (network.is(maker, "Reshape") || network.is(maker, "Transpose") || network.is(maker, "Unsqueeze") ||
               network.is(maker, "Squeeze")) {
            value = network.input(maker, 0);
            maker = network.maker(value);
        }
        const bool looked_up = network.is(maker, "Gather") && network.constant(network.input(maker, 0)) &&
                               is_table(network.flow().at(network.input(maker, 0)));
        if (looked_up || network.is(maker, kPickedRows) || network.is(maker, "RelativePositionBias")) {
            return true;
        }
    }
    return false;
}

}  // namespace berth
