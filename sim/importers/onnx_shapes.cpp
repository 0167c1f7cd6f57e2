// Looks up the shape rule of an operator. Also the rules of element-wise operators, which evaluate small known data.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

constexpr std::size_t kMostData = 1024;

bool same_as_first(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr) {
        return false;
    }
    for (std::size_t i = 0; i < c.step.outputs.size(); ++i) {
        c.make(i, *shape);
    }
    return true;
}

bool only_first(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    return shape != nullptr && c.make(0, *shape);
}

bool copied(const RuleContext& c) {
    if (!only_first(c)) {
        return false;
    }
    if (const auto* data = c.data(0)) {
        c.make_data(0, *data);
    }
    return true;
}

bool cast(const RuleContext& c) {
    if (!copied(c)) {
        return false;
    }
    if (const auto* data = c.data(0)) {
        std::vector<double> whole = *data;
        const auto to = static_cast<OnnxType>(c.node().integer("to", 0));
        if (to == OnnxType::kInt64 || to == OnnxType::kInt32) {
            std::ranges::transform(whole, whole.begin(), [](double x) { return std::trunc(x); });
        }
        c.make_data(0, std::move(whole));
    }
    return true;
}

bool broadcast_all(const RuleContext& c) {
    std::optional<Shape> result;
    for (std::size_t i = 0; i < c.step.inputs.size(); ++i) {
        if (c.in(i) == nullptr) {
            continue;
        }
        const Shape* shape = c.shape(i);
        result = shape == nullptr ? std::nullopt : result ? broadcast(*result, *shape) : *shape;
        if (!result) {
            return false;
        }
    }
    return result && c.make(0, std::move(*result));
}

/// Evaluates an operator on small data of two values of equal size, or of which one has a single element.
template <class F>
bool computed(const RuleContext& c, F&& f) {
    if (!broadcast_all(c)) {
        return false;
    }
    const auto* a = c.data(0);
    const auto* b = c.data(1);
    if (a != nullptr && b != nullptr && (a->size() == b->size() || a->size() == 1 || b->size() == 1)) {
        std::vector<double> result(a->empty() || b->empty() ? 0 : std::max(a->size(), b->size()));
        for (std::size_t i = 0; i < result.size(); ++i) {
            result[i] = f((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]);
        }
        c.make_data(0, std::move(result));
    }
    return true;
}

bool add(const RuleContext& c) {
    return computed(c, [](double a, double b) { return a + b; });
}
bool subtract(const RuleContext& c) {
    return computed(c, [](double a, double b) { return a - b; });
}
bool multiply(const RuleContext& c) {
    return computed(c, [](double a, double b) { return a * b; });
}
bool divide(const RuleContext& c) {
    const auto whole = [](const OnnxFacts* facts) {
        return facts != nullptr && (facts->type == OnnxType::kInt64 || facts->type == OnnxType::kInt32);
    };
    const bool integers = whole(c.in(0)) && whole(c.in(1));
    return computed(c, [integers](double a, double b) { return integers && b != 0 ? std::trunc(a / b) : a / b; });
}
bool equal(const RuleContext& c) {
    return computed(c, [](double a, double b) { return a == b ? 1.0 : 0.0; });
}

/// Evaluates comparisons, as in conditions and sizes computed from shapes.
template <bool (*kHolds)(double, double)>
bool compared(const RuleContext& c) {
    return computed(c, [](double a, double b) { return kHolds(a, b) ? 1.0 : 0.0; });
}

template <double (*kValue)(double, double)>
bool combined(const RuleContext& c) {
    return c.step.inputs.size() == 2 ? computed(c, kValue) : broadcast_all(c);
}

template <double (*kValue)(double)>
bool changed(const RuleContext& c) {
    if (!only_first(c)) {
        return false;
    }
    if (const auto* data = c.data(0)) {
        std::vector<double> result(data->size());
        std::ranges::transform(*data, result.begin(), kValue);
        c.make_data(0, std::move(result));
    }
    return true;
}

/// Remainder with the sign of the divisor, or with `fmod` that of the dividend.
bool modulo(const RuleContext& c) {
    const bool of_first = c.node().integer("fmod", 0) != 0;
    return computed(c, [of_first](double a, double b) {
        const double rest = std::fmod(a, b);
        return of_first || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b;
    });
}

bool where(const RuleContext& c) {
    if (!broadcast_all(c)) {
        return false;
    }
    const auto* condition = c.data(0);
    const auto* yes = c.data(1);
    const auto* no = c.data(2);
    if (condition != nullptr && yes != nullptr && no != nullptr && condition->size() == yes->size() &&
        yes->size() == no->size()) {
        std::vector<double> result(yes->size());
        for (std::size_t i = 0; i < result.size(); ++i) {
            result[i] = (*condition)[i] != 0 ? (*yes)[i] : (*no)[i];
        }
        c.make_data(0, std::move(result));
    }
    return true;
}

bool dynamic_quantize(const RuleContext& c) {
    if (!only_first(c)) {
        return false;
    }
    for (std::size_t i = 1; i < 3 && i < c.step.outputs.size() && c.step.outputs[i] != kNoValue; ++i) {
        c.make(i, {});
        OnnxFacts& facts = c.values[static_cast<std::size_t>(c.step.outputs[i])];
        facts.constant = true;
        facts.scale = true;
    }
    return true;
}

constexpr NamedRule kElementwise[]{
    {"Abs", changed<[](double a) { return std::abs(a); }>},
    {"And", compared<[](double a, double b) { return a != 0 && b != 0; }>},
    {"BatchNormalization", only_first},
    {"BiasGelu", only_first},
    {"Cast", cast},
    {"CastLike", copied},
    {"Ceil", changed<[](double a) { return std::ceil(a); }>},
    {"Celu", only_first},
    {"Clip", only_first},
    {"Cos", only_first},
    {"CumSum", only_first},
    {"DequantizeLinear", only_first},
    {"Div", divide},
    {"Dropout", same_as_first},
    {"DynamicQuantizeLinear", dynamic_quantize},
    {"Elu", only_first},
    {"Equal", equal},
    {"Erf", only_first},
    {"Exp", only_first},
    {"FastGelu", only_first},
    {"Floor", changed<[](double a) { return std::floor(a); }>},
    {"Gelu", only_first},
    {"Greater", compared<[](double a, double b) { return b < a; }>},
    {"GreaterOrEqual", compared<[](double a, double b) { return b <= a; }>},
    {"GroupNorm", only_first},
    {"GroupNormalization", only_first},
    {"HardSigmoid", only_first},
    {"HardSwish", only_first},
    {"Identity", copied},
    {"InstanceNormalization", only_first},
    {"IsNaN", only_first},
    {"LRN", only_first},
    {"LayerNormalization", only_first},
    {"LeakyRelu", only_first},
    {"Less", compared<[](double a, double b) { return a < b; }>},
    {"LessOrEqual", compared<[](double a, double b) { return a <= b; }>},
    {"Log", only_first},
    {"LogSoftmax", only_first},
    {"LpNormalization", only_first},
    {"Max", combined<[](double a, double b) { return std::max(a, b); }>},
    {"Mean", broadcast_all},
    {"Min", combined<[](double a, double b) { return std::min(a, b); }>},
    {"Mish", only_first},
    {"Mod", modulo},
    {"Mul", multiply},
    {"Neg", changed<[](double a) { return -a; }>},
    {"Not", changed<[](double a) { return a == 0 ? 1.0 : 0.0; }>},
    {"Or", compared<[](double a, double b) { return a != 0 || b != 0; }>},
    {"PRelu", only_first},
    {"Pow", combined<[](double a, double b) { return std::pow(a, b); }>},
    {"QLinearAdd", only_first},
    {"QLinearLeakyRelu", only_first},
    {"QLinearMul", only_first},
    {"QLinearSigmoid", only_first},
    {"QLinearSoftmax", only_first},
    {"QuantizeLinear", only_first},
    {"QuickGelu", only_first},
    {"RMSNormalization", only_first},
    {"Reciprocal", only_first},
    {"Relu", only_first},
    {"RotaryEmbedding", only_first},
    {"Round", only_first},
    {"Selu", only_first},
    {"Sigmoid", only_first},
    {"Sign", only_first},
    {"SimplifiedLayerNormalization", only_first},
    {"Sin", only_first},
    {"SkipLayerNormalization", only_first},
    {"SkipSimplifiedLayerNormalization", only_first},
    {"Softmax", only_first},
    {"Softplus", only_first},
    {"Sqrt", changed<[](double a) { return std::sqrt(a); }>},
    {"Sub", subtract},
    {"Sum", broadcast_all},
    {"Swish", only_first},
    {"Tanh", only_first},
    {"Trilu", only_first},
    {"Where", where},
    {"Xor", compared<[](double a, double b) { return (a != 0) != (b != 0); }>},
    {"Add", add},
};

using RuleIndex = std::unordered_map<std::string_view, ShapeRule>;

const RuleIndex& all_rules() {
    static const RuleIndex index = [] {
        RuleIndex all;
        for (const auto rules : {elementwise_rules(), layout_rules(), matrix_rules(), picking_rules(), resize_rules(),
                                 runtime_rules(), sequence_rules(), signal_rules()}) {
            for (const NamedRule& rule : rules) {
                all.emplace(rule.op, rule.rule);
            }
        }
        return all;
    }();
    return index;
}

}  // namespace

std::span<const NamedRule> elementwise_rules() { return kElementwise; }

std::optional<Shape> RuleContext::integers(std::size_t i, std::string_view attribute) const {
    if (in(i) != nullptr) {
        const auto* known = data(i);
        if (known == nullptr) {
            return std::nullopt;
        }
        Shape whole;
        for (const double each : *known) {
            whole.push_back(whole_number(each));
        }
        return whole;
    }
    const OnnxAttribute* found = node().attribute(attribute);
    return found == nullptr ? std::nullopt : std::optional(found->integers);
}

bool RuleContext::make(std::size_t i, Shape shape) const {
    if (i < step.outputs.size() && step.outputs[i] != kNoValue) {
        OnnxFacts& facts = values[static_cast<std::size_t>(step.outputs[i])];
        facts.shape = std::move(shape);
        facts.type = in(0) == nullptr ? OnnxType::kUndefined : in(0)->type;
        if (const std::int64_t to = node().integer("to", 0); to != 0) {
            facts.type = static_cast<OnnxType>(to);
        }
    }
    return true;
}

void RuleContext::make_data(std::size_t i, std::vector<double> data) const {
    if (i < step.outputs.size() && step.outputs[i] != kNoValue && data.size() <= kMostData) {
        OnnxFacts& facts = values[static_cast<std::size_t>(step.outputs[i])];
        if (facts.shape && elements_of(*facts.shape) == static_cast<std::int64_t>(data.size())) {
            facts.data = std::move(data);
        }
    }
}

std::optional<std::size_t> axis_of(std::int64_t axis, std::size_t rank) {
    const auto size = static_cast<std::int64_t>(rank);
    const std::int64_t counted = axis < 0 ? axis + size : axis;
    return counted >= 0 && counted < size ? std::optional(static_cast<std::size_t>(counted)) : std::nullopt;
}

Shape factor_shape(const OnnxNode& node, Shape shape, bool second) {
    // The transposed first axis goes after the batch axes.
    if (shape.size() > 2 && node.integer(second ? "transBatchB" : "transBatchA", 0) != 0) {
        std::rotate(shape.begin(), shape.begin() + 1, shape.end() - 1);
    }
    // CDist compares each row of the one with each row of the other.
    const bool rows = second && node.op == "CDist";
    if (shape.size() > 1 && (rows || node.integer(second ? "transB" : "transA", 0) != 0)) {
        std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
    }
    return shape;
}

bool has_channels_last(const OnnxNode& node) {
    return node.integer("channels_last", 0) != 0 || node.op.starts_with("Nhwc");
}

Shape channels_second(const OnnxNode& node, Shape shape) {
    if (shape.size() > 2 && has_channels_last(node)) {
        std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
    }
    return shape;
}

Shape as_laid_out(const OnnxNode& node, Shape shape) {
    if (shape.size() > 2 && has_channels_last(node)) {
        std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
    }
    return shape;
}

Shape kernel_shape(const OnnxNode& node, const Shape& shape, std::int64_t channels) {
    const Shape axes = node.integers("kernel_axes");
    Shape result = shape;
    const std::int64_t groups = node.integer("group", 1);
    if (node.op.starts_with("Nhwc") && shape.size() > 2 && elements_of({shape[1], groups}) != channels &&
        elements_of({shape.back(), groups}) == channels) {
        return channels_second(node, std::move(result));
    }
    for (std::size_t i = 0; i < axes.size() && axes.size() == shape.size(); ++i) {
        result[i] = shape[static_cast<std::size_t>(axes[i])];
    }
    return result;
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
    const Shape& longer = a.size() >= b.size() ? a : b;
    const Shape& shorter = a.size() >= b.size() ? b : a;
    Shape result = longer;
    for (std::size_t i = 0; i < shorter.size(); ++i) {
        std::int64_t& size = result[result.size() - 1 - i];
        const std::int64_t other = shorter[shorter.size() - 1 - i];
        if (size != other && size != 1 && other != 1) {
            return std::nullopt;
        }
        size = size == 1 ? other : size;
    }
    return result;
}

std::optional<bool> infer_shapes(const OnnxStep& step, std::vector<OnnxFacts>& values) {
    const auto found = all_rules().find(step.source->op);
    return found == all_rules().end() ? std::nullopt : std::optional(found->second({step, values}));
}

}  // namespace berth
