// Binds sizes and values to the inputs of an ONNX file and to their dimensions.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "berth/base/expression.h"
#include "berth/base/shell_word.h"
#include "importers/onnx_flow_builder.h"

namespace berth {

namespace {

/// The option that gives a size to a dimension, as a shell takes it.
std::string option_for(std::string_view name) { return "--dim " + shell_word(fmt::format("{}=SIZE", name)); }

/// The formula that the name of a dimension is; absent for a plain name.
std::optional<Expression> formula_of(std::string_view name) {
    Diagnostics ignored;
    const bool formula = name.find_first_of("+-*/%( ") != std::string_view::npos;
    auto expression = formula ? parse_expression(name, SourceLocation("--dim"), ignored) : std::nullopt;
    return expression && !expression->symbols().empty() ? std::move(expression) : std::nullopt;
}

/// Most elements of an input that is a sequence.
constexpr std::int64_t kMostElements = 1024;

}  // namespace

void OnnxFlowBuilder::add_inputs(OnnxScope& scope) {
    for (const OnnxValue& input : file_.graph.inputs) {
        if (scope.ids.contains(input.name)) {
            continue;  // older files list the constants among the inputs
        }
        if (!input.sequence) {
            scope.ids.emplace(input.name, add_input(input));
            continue;
        }
        const ValueId sequence = new_value(input.name);
        scope.ids.emplace(input.name, sequence);
        const std::int64_t count = elements_of_sequence(input);
        std::vector<ValueId> elements;
        for (std::int64_t i = 0; i < count; ++i) {
            elements.push_back(add_input(input));
        }
        lists_.insert_or_assign(sequence, std::move(elements));
    }
}

/// Number of elements of an input that is a sequence, by its name.
std::int64_t OnnxFlowBuilder::elements_of_sequence(const OnnxValue& input) {
    dims_.emplace(input.name);
    if (const auto given = options_.dims.find(input.name); given != options_.dims.end()) {
        return std::min(given->second, kMostElements);
    }
    unbound_.emplace_back(input.name);
    return 1;
}

/// An input, or one element of an input that is a sequence.
ValueId OnnxFlowBuilder::add_input(const OnnxValue& input) {
    const ValueId id = new_value(input.name);
    flow_.inputs.push_back(id);
    flow_.at(id).type = input.type;
    Shape shape;
    if (!input.shape) {
        shape = asked_shape(input.name);
        if (shape.empty()) {
            refuse(fmt::format("input '{}' has no shape", input.name),
                   fmt::format("a size for each axis: berth import with --dim {}:0=SIZE and so on", input.name));
        }
        flow_.at(id).shape = std::move(shape);
        return id;
    }
    for (std::size_t axis = 0; axis < input.shape->size(); ++axis) {
        shape.push_back(size_of((*input.shape)[axis], input, axis));
    }
    flow_.at(id).shape = std::move(shape);
    take_value(input, id);
    return id;
}

/// An input of one whole number or truth may be given a value, by its name: the length up to which a model generates
/// text, or whether it has a cache (1 or 0).
void OnnxFlowBuilder::take_value(const OnnxValue& input, ValueId id) {
    OnnxFacts& facts = flow_.at(id);
    const bool whole =
        facts.type == OnnxType::kInt32 || facts.type == OnnxType::kInt64 || facts.type == OnnxType::kBool;
    const bool one = input.shape->empty() || (input.shape->size() == 1 && input.shape->front().value == 1);
    if (!whole || !one) {
        return;
    }
    dims_.emplace(input.name);
    if (const auto given = options_.dims.find(input.name); given != options_.dims.end()) {
        facts.data = {static_cast<double>(given->second)};
        facts.constant = true;
    }
}

/// Shape of an input for which the file states none: sizes from the options, up to the first axis without one.
Shape OnnxFlowBuilder::asked_shape(std::string_view input) {
    Shape shape;
    for (std::size_t axis = 0; axis < kMostAxes; ++axis) {
        const std::string place = fmt::format("{}:{}", input, axis);
        const auto given = options_.dims.find(place);
        if (given == options_.dims.end()) {
            break;
        }
        dims_.insert(place);
        shape.push_back(given->second);
    }
    return shape;
}

/// Size of a named dimension from the options. Exporters name some dimensions by a formula of others, such as
/// `past_sequence_length + 1`: these follow from those.
std::optional<std::int64_t> OnnxFlowBuilder::named_size(std::string_view name) const {
    if (const auto given = options_.dims.find(name); given != options_.dims.end()) {
        return given->second;
    }
    Diagnostics ignored;
    const auto expression = formula_of(name);
    const auto size =
        expression ? expression->evaluate_count({options_.dims.begin(), options_.dims.end()}, ignored) : std::nullopt;
    return size && *size <= kLargestSize ? size : std::nullopt;
}

/// Size from the options, by place or by name; else from the file; else 1.
std::int64_t OnnxFlowBuilder::size_of(const OnnxDim& dim, const OnnxValue& input, std::size_t axis) {
    const std::string place = fmt::format("{}:{}", input.name, axis);
    const std::string called = dim.name.empty() ? place : std::string(dim.name);
    const bool known = dim.name.empty() && dim.value && *dim.value > 0 && *dim.value <= kLargestSize;
    if (!known) {
        dims_.insert(called);
    }
    if (const auto given = options_.dims.find(place); given != options_.dims.end()) {
        dims_.insert(place);
        return given->second;
    }
    if (const auto size = named_size(called)) {
        if (const auto formula = formula_of(called)) {
            dims_.insert(formula->symbols().begin(), formula->symbols().end());
        }
        return *size;
    }
    if (known) {
        return *dim.value;
    }
    if (dim.name.empty() && dim.value && *dim.value == 0) {
        refuse(fmt::format("input '{}' has a size of 0 on axis {}: there is nothing to compute", input.name, axis),
               fmt::format("a size of at least 1: berth import with {}", option_for(place)));
    } else {
        note_unbound(called);
    }
    return 1;
}

/// A dimension needs a size; one whose name is a formula needs those of the formula.
void OnnxFlowBuilder::note_unbound(const std::string& name) {
    std::vector<std::string> needed{name};
    if (const auto formula = formula_of(name)) {
        needed.assign(formula->symbols().begin(), formula->symbols().end());
        std::erase_if(needed, [this](const std::string& symbol) { return options_.dims.contains(symbol); });
        dims_.insert(formula->symbols().begin(), formula->symbols().end());
        if (needed.empty()) {
            needed = {name};  // it has no whole value
        }
    }
    for (std::string& each : needed) {
        if (std::ranges::find(unbound_, each) == unbound_.end()) {
            unbound_.push_back(std::move(each));
        }
    }
}

void OnnxFlowBuilder::report_sizes() const {
    const std::vector<std::string> known(dims_.begin(), dims_.end());
    for (const auto& [name, size] : options_.dims) {
        if (!dims_.contains(name)) {
            diagnostics_.error(SourceLocation("--dim"), fmt::format("no input has a dimension '{}'", name),
                               known.empty() ? "no --dim: all sizes are known" : list_of(known),
                               nearest_name(name, known));
        }
    }
    if (!unbound_.empty()) {
        std::vector<std::string> options;
        std::ranges::transform(unbound_, std::back_inserter(options),
                               [](const std::string& name) { return option_for(name); });
        refuse(fmt::format("no size for dimension {}", fmt::join(unbound_, ", ")),
               fmt::format("berth import with {}", fmt::join(options, " ")));
    }
}

}  // namespace berth
