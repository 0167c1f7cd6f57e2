// Shape rules of operators that select, scatter, draw or rearrange elements.
#include <algorithm>
#include <span>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

/// Depth to space and the reverse: channels become positions or positions channels, in [batch, channels, height,
/// width].
bool exchange(const RuleContext& c, bool to_space) {
    const Shape* shape = c.shape(0);
    const std::int64_t block = c.node().integer("blocksize", 0);
    if (shape == nullptr || shape->size() != 4 || block < 1 || block > 4096) {
        return false;
    }
    const Shape from = channels_second(c.node(), *shape);
    const std::int64_t area = block * block;
    if (to_space) {
        return from[1] % area == 0 &&
               c.make(0, as_laid_out(c.node(), {from[0], from[1] / area, from[2] * block, from[3] * block}));
    }
    return from[2] % block == 0 && from[3] % block == 0 &&
           c.make(0, as_laid_out(c.node(), {from[0], elements_of({from[1], area}), from[2] / block, from[3] / block}));
}
bool depth_to_space(const RuleContext& c) { return exchange(c, true); }
bool space_to_depth(const RuleContext& c) { return exchange(c, false); }

/// Samples an image at the points of a grid: [batch, channels, ...] at [batch, ..., axes].
bool grid_sample(const RuleContext& c) {
    const Shape *from = c.shape(0), *grid = c.shape(1);
    if (from == nullptr || grid == nullptr || from->size() < 3 || grid->size() != from->size()) {
        return false;
    }
    Shape result{(*from)[0], (*from)[1]};
    result.insert(result.end(), grid->begin() + 1, grid->end() - 1);
    return c.make(0, std::move(result));
}

bool gather_nd(const RuleContext& c) {
    const Shape *from = c.shape(0), *ids = c.shape(1);
    const auto batch = static_cast<std::size_t>(std::clamp<std::int64_t>(c.node().integer("batch_dims", 0), 0, 64));
    if (from == nullptr || ids == nullptr || ids->empty() || ids->back() < 0 ||
        batch + static_cast<std::size_t>(ids->back()) > from->size()) {
        return false;
    }
    Shape result(ids->begin(), ids->end() - 1);
    result.insert(result.end(), from->begin() + static_cast<std::ptrdiff_t>(batch) + ids->back(), from->end());
    return c.make(0, std::move(result));
}

/// Looks up rows of a packed table of few bits, with several elements per byte.
bool gather_quantized(const RuleContext& c) {
    const Shape *table = c.shape(0), *ids = c.shape(1);
    const std::int64_t bits = c.node().integer("bits", 4);
    if (table == nullptr || ids == nullptr || table->size() != 2 || c.node().integer("gather_axis", 0) != 0 ||
        bits < 1 || bits > 8) {
        return false;
    }
    const bool packed = c.in(0)->type == OnnxType::kUint8;
    Shape result = *ids;
    result.push_back((*table)[1] * (packed ? 8 / bits : 1));
    c.make(0, std::move(result));
    c.values[static_cast<std::size_t>(c.step.outputs[0])].type = OnnxType::kFloat;
    return true;
}

bool top_k(const RuleContext& c) {
    const Shape* from = c.shape(0);
    const auto attribute = c.node().integer("k", 0);
    const auto* given = c.data(1);
    const auto axis = from == nullptr ? std::nullopt : axis_of(c.node().integer("axis", -1), from->size());
    const std::int64_t k = given != nullptr && !given->empty() ? whole_number(given->front()) : attribute;
    if (!axis || k < 1) {
        return false;
    }
    Shape result = *from;
    result[*axis] = k;
    c.make(0, result);
    return c.make(1, std::move(result));
}

bool one_hot(const RuleContext& c) {
    const Shape* ids = c.shape(0);
    const auto* depth = c.data(1);
    if (ids == nullptr || depth == nullptr || depth->empty()) {
        return false;
    }
    const auto rank = static_cast<std::int64_t>(ids->size()) + 1;
    const auto axis = axis_of(c.node().integer("axis", -1), static_cast<std::size_t>(rank));
    if (!axis) {
        return false;
    }
    Shape result = *ids;
    result.insert(result.begin() + static_cast<std::ptrdiff_t>(*axis), whole_number(depth->front()));
    return c.make(0, std::move(result));
}

/// Random numbers, in a shape that is an attribute.
bool drawn(const RuleContext& c) {
    const Shape shape = c.node().integers("shape");
    if (shape.empty()) {
        return false;
    }
    c.make(0, shape);
    c.values[static_cast<std::size_t>(c.step.outputs[0])].drawn = true;
    return true;
}

bool like_first(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    return shape != nullptr && c.make(0, *shape);
}

bool regions(const RuleContext& c) {
    const Shape *from = c.shape(0), *boxes = c.shape(1);
    if (from == nullptr || boxes == nullptr || from->size() != 4 || boxes->empty()) {
        return false;
    }
    return c.make(
        0, {boxes->front(), (*from)[1], c.node().integer("output_height", 1), c.node().integer("output_width", 1)});
}

bool stacked(const RuleContext& c) {
    const Shape* each = c.shape(0);
    if (each == nullptr) {
        return false;
    }
    Shape result = *each;
    const auto axis = axis_of(c.node().integer("axis", 0), result.size() + 1);
    result.insert(result.begin() + static_cast<std::ptrdiff_t>(axis.value_or(0)),
                  static_cast<std::int64_t>(c.step.inputs.size()));
    return c.make(0, std::move(result));
}

/// First index and number of the elements that a slice selects along an axis of this size.
struct Picked {
    std::int64_t start, count;
};
Picked picked(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
    start = start < 0 ? start + size : start;
    end = end < 0 ? end + size : end;
    if (step > 0) {
        start = std::clamp<std::int64_t>(start, 0, size);
        end = std::clamp<std::int64_t>(end, 0, size);
        return {start, std::max<std::int64_t>(0, (end - start + step - 1) / step)};
    }
    start = std::clamp<std::int64_t>(start, -1, size - 1);
    end = std::clamp<std::int64_t>(end, -1, size - 1);
    return {start, std::max<std::int64_t>(0, (start - end - step - 1) / -step)};
}

/// Slices small data along one axis.
std::vector<double> cut(const std::vector<double>& data, const Shape& shape, std::size_t axis, const Picked& part,
                        std::int64_t step) {
    const auto sizes = std::span(shape);
    const std::int64_t inner = elements_of(Shape(sizes.begin() + static_cast<std::ptrdiff_t>(axis) + 1, sizes.end()));
    const std::int64_t outer = elements_of(Shape(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(axis)));
    std::vector<double> kept;
    for (std::int64_t o = 0; o < outer; ++o) {
        for (std::int64_t n = 0; n < part.count; ++n) {
            const std::int64_t first = (o * shape[axis] + part.start + n * step) * inner;
            for (std::int64_t i = 0; i < inner; ++i) {
                kept.push_back(data.at(static_cast<std::size_t>(first + i)));
            }
        }
    }
    return kept;
}

bool slice(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto starts = c.integers(1, "starts");
    const auto ends = c.integers(2, "ends");
    if (shape == nullptr || !starts || !ends || starts->size() != ends->size()) {
        return false;
    }
    const auto axes = c.integers(3, "axes");
    const auto steps = c.integers(4, "");
    Shape result = *shape;
    const bool held = c.data(0) != nullptr && static_cast<std::int64_t>(c.data(0)->size()) == elements_of(*shape);
    std::vector<double> kept = held ? *c.data(0) : std::vector<double>{};
    for (std::size_t i = 0; i < starts->size(); ++i) {
        const std::int64_t given = axes && i < axes->size() ? (*axes)[i] : static_cast<std::int64_t>(i);
        const auto axis = axis_of(given, shape->size());
        const std::int64_t step = steps && i < steps->size() ? (*steps)[i] : 1;
        if (!axis || step == 0) {
            return false;
        }
        const Picked part = picked((*shape)[*axis], (*starts)[i], (*ends)[i], step);
        kept = held ? cut(kept, result, *axis, part, step) : kept;
        result[*axis] = part.count;
    }
    c.make(0, std::move(result));
    if (held) {
        c.make_data(0, std::move(kept));
    }
    return true;
}

constexpr NamedRule kPicking[]{
    {"Acos", like_first},
    {"Acosh", like_first},
    {"Asin", like_first},
    {"Asinh", like_first},
    {"Atan", like_first},
    {"Atanh", like_first},
    {"Bernoulli", like_first},
    {"BipolarQuant", like_first},
    {"BitShift", like_first},
    {"BitwiseAnd", like_first},
    {"BitwiseNot", like_first},
    {"BitwiseOr", like_first},
    {"BitwiseXor", like_first},
    {"Cosh", like_first},
    {"DepthToSpace", depth_to_space},
    {"EyeLike", like_first},
    {"FloatQuant", like_first},
    {"GatherBlockQuantized", gather_quantized},
    {"GatherND", gather_nd},
    {"GridSample", grid_sample},
    {"Hardmax", like_first},
    {"IntQuant", like_first},
    {"IsInf", like_first},
    {"MeanVarianceNormalization", like_first},
    {"MoE", like_first},
    {"OneHot", one_hot},
    {"QMoE", like_first},
    {"Quant", like_first},
    {"RandomNormal", drawn},
    {"RandomNormalLike", like_first},
    {"RandomUniform", drawn},
    {"RandomUniformLike", like_first},
    {"ReverseSequence", like_first},
    {"RoiAlign", regions},
    {"Scatter", like_first},
    {"ScatterElements", like_first},
    {"ScatterND", like_first},
    {"Shrink", like_first},
    {"Sinh", like_first},
    {"Softsign", like_first},
    {"Slice", slice},
    {"SpaceToDepth", space_to_depth},
    {"StackedSlices", stacked},
    {"Tan", like_first},
    {"TensorScatter", like_first},
    {"ThresholdedRelu", like_first},
    {"TopK", top_k},
};

}  // namespace

std::span<const NamedRule> picking_rules() { return kPicking; }

}  // namespace berth
