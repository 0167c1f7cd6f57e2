// Shape rules of operators that multiply, convolve, pool and reduce.
#include <algorithm>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

std::optional<Shape> product_shape(Shape a, Shape b) {
    const bool vector_a = a.size() == 1;
    const bool vector_b = b.size() == 1;
    if (a.empty() || b.empty()) {
        return std::nullopt;
    }
    if (vector_a) {
        a.insert(a.begin(), 1);
    }
    if (vector_b) {
        b.push_back(1);
    }
    if (a.back() != b[b.size() - 2]) {
        return std::nullopt;
    }
    auto result = broadcast(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
    if (result) {
        if (!vector_a) {
            result->push_back(a[a.size() - 2]);
        }
        if (!vector_b) {
            result->push_back(b.back());
        }
    }
    return result;
}

bool product(const RuleContext& c, std::size_t second) {
    const Shape *a = c.shape(0), *b = c.shape(second);
    auto result = a != nullptr && b != nullptr
                      ? product_shape(factor_shape(c.node(), *a, false), factor_shape(c.node(), *b, true))
                      : std::nullopt;
    return result && c.make(0, std::move(*result));
}

bool matmul(const RuleContext& c) { return product(c, 1); }
bool matmul_with_scales(const RuleContext& c) { return product(c, 3); }
bool matmul_with_orders(const RuleContext& c) { return product(c, 2); }

bool integer_matmul(const RuleContext& c) {
    if (!product(c, 1)) {
        return false;
    }
    c.values[static_cast<std::size_t>(c.step.outputs[0])].type = OnnxType::kInt32;
    return true;
}

bool float_matmul(const RuleContext& c) {
    if (!product(c, 1)) {
        return false;
    }
    c.values[static_cast<std::size_t>(c.step.outputs[0])].type = OnnxType::kFloat;
    return true;
}

/// Packed weights of few bits: their shape is in the attributes, or in a separate input.
bool packed_matmul(const RuleContext& c) {
    const Shape* a = c.shape(0);
    const auto* packed = c.node().op == "MatMulFpQ4" ? c.data(2) : nullptr;
    const std::int64_t columns =
        packed != nullptr && packed->size() == 2 ? static_cast<std::int64_t>(packed->back()) : c.node().integer("N", 0);
    if (a == nullptr || a->empty() || columns < 1) {
        return false;
    }
    Shape result = *a;
    result.back() = columns;
    return c.make(0, std::move(result));
}

/// A sliding window along one axis.
struct Window {
    std::int64_t kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;
};

std::int64_t positions(std::int64_t size, const Window& w, std::string_view auto_pad, bool up) {
    if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
        return (size + w.stride - 1) / w.stride;
    }
    const std::int64_t room = size + w.before + w.after - (w.dilation * (w.kernel - 1) + 1);
    return room < 0 ? 0 : (room + (up ? w.stride - 1 : 0)) / w.stride + 1;
}

/// Infers the result of a sliding window; `from` and `result` have channels second.
bool slide(const RuleContext& c, const Shape& from, const Shape& kernel, Shape result) {
    const auto strides = c.node().integers("strides");
    const auto dilations = c.node().integers("dilations");
    const auto pads = c.node().integers("pads");
    const OnnxAttribute* auto_pad = c.node().attribute("auto_pad");
    for (std::size_t i = 0; i < kernel.size(); ++i) {
        Window window;
        window.kernel = kernel[i];
        window.stride = i < strides.size() ? strides[i] : 1;
        window.dilation = i < dilations.size() ? dilations[i] : 1;
        if (pads.size() == 2 * kernel.size()) {
            window.before = pads[i];
            window.after = pads[i + kernel.size()];
        }
        if (window.stride < 1 || window.kernel < 1 || window.dilation < 1 ||
            elements_of({window.kernel, window.dilation}) > kLargestSize) {
            return false;
        }
        result.push_back(positions(from[i + 2], window, auto_pad == nullptr ? "" : auto_pad->text,
                                   c.node().integer("ceil_mode", 0) != 0));
    }
    return c.make(0, as_laid_out(c.node(), std::move(result)));
}

/// Input and kernel of a convolution in the axis order of ONNX.
struct Convolved {
    Shape from, kernel;
};

std::optional<Convolved> convolved(const RuleContext& c, std::size_t weights) {
    const Shape *from = c.shape(0), *kernel = c.shape(weights);
    if (from == nullptr || kernel == nullptr || from->size() < 3 || kernel->size() != from->size()) {
        return std::nullopt;
    }
    Shape images = channels_second(c.node(), *from);
    const std::int64_t channels = images[1];
    return Convolved{std::move(images), kernel_shape(c.node(), *kernel, channels)};
}

bool convolve(const RuleContext& c, std::size_t weights) {
    const auto read = convolved(c, weights);
    return read &&
           slide(c, read->from, Shape(read->kernel.begin() + 2, read->kernel.end()), {read->from[0], read->kernel[0]});
}

/// Transposed convolution: each input position contributes to a kernel of output positions.
bool convolve_transposed(const RuleContext& c) {
    const auto read = convolved(c, 1);
    if (!read) {
        return false;
    }
    const auto& [from, kernel] = *read;
    const std::size_t axes = from.size() - 2;
    const auto at = [axes](const Shape& sizes, std::size_t i, std::int64_t otherwise) {
        return sizes.size() >= axes ? sizes[i] : otherwise;
    };
    const Shape strides = c.node().integers("strides");
    const Shape dilations = c.node().integers("dilations");
    const Shape pads = c.node().integers("pads");
    const Shape more = c.node().integers("output_padding");
    const Shape stated = c.node().integers("output_shape");
    const OnnxAttribute* auto_pad = c.node().attribute("auto_pad");
    const bool same = auto_pad != nullptr && auto_pad->text.starts_with("SAME");
    Shape result{from[0], elements_of({kernel[1], c.node().integer("group", 1)})};
    for (std::size_t i = 0; i < axes; ++i) {
        const std::int64_t stride = at(strides, i, 1);
        const std::int64_t reach = elements_of({at(dilations, i, 1), kernel[i + 2] - 1}) + 1;
        const std::int64_t spread = elements_of({stride, from[i + 2] - 1});
        if (stride < 1 || reach > kLargestSize || spread > kLargestSize) {
            return false;
        }
        const std::int64_t padding = pads.size() == 2 * axes ? pads[i] + pads[i + axes] : 0;
        const std::int64_t free = spread + reach + at(more, i, 0) - padding;
        result.push_back(stated.size() >= axes ? stated[stated.size() - axes + i]
                         : same                ? elements_of({stride, from[i + 2]})
                                               : free);
    }
    return c.make(0, as_laid_out(c.node(), std::move(result)));
}

bool conv(const RuleContext& c) { return convolve(c, 1); }
bool conv_with_scales(const RuleContext& c) { return convolve(c, 3); }
bool integer_conv(const RuleContext& c) {
    if (!convolve(c, 1)) {
        return false;
    }
    c.values[static_cast<std::size_t>(c.step.outputs[0])].type = OnnxType::kInt32;
    return true;
}

bool pool(const RuleContext& c) {
    const Shape* from = c.shape(0);
    const auto kernel = c.node().integers("kernel_shape");
    if (from == nullptr || from->size() < 3 || kernel.size() + 2 != from->size()) {
        return false;
    }
    const Shape pictures = channels_second(c.node(), *from);
    return slide(c, pictures, kernel, {pictures[0], pictures[1]});
}

bool global_pool(const RuleContext& c) {
    const Shape* from = c.shape(0);
    if (from == nullptr || from->size() < 2) {
        return false;
    }
    Shape result(from->size(), 1);
    std::copy_n(from->begin(), 2, result.begin());
    return c.make(0, std::move(result));
}

bool reduce(const RuleContext& c) {
    const Shape* from = c.shape(0);
    // In integer operators the input is followed by a scale, and the axes are an attribute.
    const std::size_t at = c.node().op.starts_with("QLinear") ? c.step.inputs.size() : 1;
    const auto axes = c.integers(at, "axes");
    if (from == nullptr || (c.in(at) != nullptr && !axes)) {
        return false;
    }
    const bool keep = c.node().integer("keepdims", 1) != 0;
    const bool all = (!axes || axes->empty()) && c.node().integer("noop_with_empty_axes", 0) == 0;
    Shape result;
    for (std::size_t i = 0; i < from->size(); ++i) {
        const bool reduced =
            all ||
            (axes && std::ranges::any_of(*axes, [&](std::int64_t axis) { return axis_of(axis, from->size()) == i; }));
        if (!reduced) {
            result.push_back((*from)[i]);
        } else if (keep) {
            result.push_back(1);
        }
    }
    return c.make(0, std::move(result));
}

bool arg_reduce(const RuleContext& c) {
    const Shape* from = c.shape(0);
    const auto axis = from == nullptr ? std::nullopt : axis_of(c.node().integer("axis", 0), from->size());
    if (!axis) {
        return false;
    }
    Shape result = *from;
    if (c.node().integer("keepdims", 1) != 0) {
        result[*axis] = 1;
    } else {
        result.erase(result.begin() + static_cast<std::ptrdiff_t>(*axis));
    }
    return c.make(0, std::move(result));
}

bool embed(const RuleContext& c) {
    const Shape *ids = c.shape(0), *table = c.shape(2);
    if (ids == nullptr || table == nullptr || table->size() != 2) {
        return false;
    }
    Shape result = *ids;
    result.push_back((*table)[1]);
    return c.make(0, std::move(result));
}

/// Relative position biases of attention scores: a table with one column per head, and the numbers of query and key
/// positions.
bool distance_bias(const RuleContext& c) {
    const Shape* table = c.shape(0);
    const auto *queries = c.data(1), *keys = c.data(2);
    if (table == nullptr || table->size() != 2 || queries == nullptr || queries->empty() || keys == nullptr ||
        keys->empty()) {
        return false;
    }
    return c.make(0, {1, (*table)[1], whole_number(queries->front()), whole_number(keys->front())});
}

constexpr NamedRule kMatrix[]{
    {"ArgMax", arg_reduce},
    {"ArgMin", arg_reduce},
    {"AveragePool", pool},
    {"CDist", matmul},
    {"Conv", conv},
    {"ConvInteger", integer_conv},
    {"ConvTranspose", convolve_transposed},
    {"ConvTransposeWithDynamicPads", convolve_transposed},
    {"DeformConv", conv},
    {"DynamicQuantizeMatMul", float_matmul},
    {"EmbedLayerNormalization", embed},
    {"FusedConv", conv},
    {"FusedGemm", matmul},
    {"FusedMatMul", matmul},
    {"FusedMatMulActivation", matmul},
    {"Gemm", matmul},
    {"GemmFastGelu", matmul},
    {"GemmFloat8", matmul},
    {"GlobalAveragePool", global_pool},
    {"GlobalMaxPool", global_pool},
    {"LpPool", pool},
    {"MatMul", matmul},
    {"MatMulInteger", integer_matmul},
    {"MatMulIntegerToFloat", float_matmul},
    {"MatMulBnb4", packed_matmul},
    {"MatMulFpQ4", packed_matmul},
    {"MatMulInteger16", integer_matmul},
    {"MatMulNBits", packed_matmul},
    {"MaxPool", pool},
    {"MaxpoolWithMask", pool},
    {"NhwcConv", conv},
    {"NhwcFusedConv", conv},
    {"NhwcMaxPool", pool},
    {"QGemm", matmul_with_scales},
    {"QLinearAveragePool", pool},
    {"QLinearConv", conv_with_scales},
    {"QLinearGlobalAveragePool", global_pool},
    {"QLinearReduceMean", reduce},
    {"QLinearMatMul", matmul_with_scales},
    {"QOrderedMatMul", matmul_with_orders},
    {"GlobalLpPool", global_pool},
    {"ReduceL1", reduce},
    {"ReduceL2", reduce},
    {"ReduceLogSum", reduce},
    {"ReduceLogSumExp", reduce},
    {"ReduceMax", reduce},
    {"ReduceMean", reduce},
    {"ReduceMin", reduce},
    {"ReduceProd", reduce},
    {"ReduceSum", reduce},
    {"ReduceSumSquare", reduce},
    {"RelativePositionBias", distance_bias},
    {"TransposeMatMul", matmul},
};

}  // namespace

std::span<const NamedRule> matrix_rules() { return kMatrix; }

}  // namespace berth
