// Shape rules of operators that change the number of positions: resizes, unpooling, crops and selections.
#include <algorithm>
#include <cmath>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

/// Axes that a resize changes: those of its attribute, those between batch and channels, or all.
std::optional<std::vector<std::size_t>> resized_axes(const RuleContext& c, std::size_t rank, std::size_t given) {
    std::vector<std::size_t> axes;
    const Shape named = c.node().integers("axes");
    for (const std::int64_t each : named) {
        const auto axis = axis_of(each, rank);
        if (!axis) {
            return std::nullopt;
        }
        axes.push_back(*axis);
    }
    const bool inner = named.empty() && given + 2 == rank && c.node().integer("channels_last", 0) != 0;
    for (std::size_t axis = inner ? 1 : 0; named.empty() && axis < (inner ? rank - 1 : rank); ++axis) {
        axes.push_back(axis);
    }
    return axes.size() == given ? std::optional(std::move(axes)) : std::nullopt;
}

/// Scales of a resize or of its forerunner: an input, whose place depends on the operator set, or attributes.
std::optional<std::vector<double>> resize_scales(const RuleContext& c) {
    const bool second = c.node().op == "Upsample" || c.step.inputs.size() == 2;
    if (const auto* scales = c.data(second ? 1 : 2); scales != nullptr && !scales->empty()) {
        return *scales;
    }
    if (const OnnxAttribute* scales = c.node().attribute("scales"); scales != nullptr) {
        return scales->reals;
    }
    const OnnxAttribute* height = c.node().attribute("height_scale");
    const OnnxAttribute* width = c.node().attribute("width_scale");
    if (height == nullptr || width == nullptr || !height->real || !width->real) {
        return std::nullopt;
    }
    return std::vector<double>{1, 1, *height->real, *width->real};
}

/// Whether an axis is batch or channels and keeps its size, in a file that names no axes.
bool stays(const RuleContext& c, const Shape& from, const Shape& sizes, const std::vector<std::size_t>& axes,
           std::size_t i) {
    return c.node().integers("axes").empty() && axes[i] < 2 && sizes[i] == from[axes[i]];
}

/// Factor that keeps the ratio of the sides: the smallest, or the largest, of those that the sizes ask for.
std::optional<double> common_scale(const RuleContext& c, const Shape& from, const Shape& sizes,
                                   const std::vector<std::size_t>& axes) {
    const OnnxAttribute* policy = c.node().attribute("keep_aspect_ratio_policy");
    if (policy == nullptr || policy->text == "stretch") {
        return std::nullopt;
    }
    std::optional<double> common;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (stays(c, from, sizes, axes, i)) {
            continue;
        }
        const double each = static_cast<double>(sizes[i]) / static_cast<double>(from[axes[i]]);
        common = !common ? each : policy->text == "not_smaller" ? std::max(*common, each) : std::min(*common, each);
    }
    return common;
}

bool resize(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr) {
        return false;
    }
    Shape result = *shape;
    if (const auto sizes = c.integers(3, ""); sizes && !sizes->empty()) {
        const auto axes = resized_axes(c, shape->size(), sizes->size());
        const auto scale = axes ? common_scale(c, *shape, *sizes, *axes) : std::nullopt;
        for (std::size_t i = 0; axes && i < axes->size(); ++i) {
            const auto side = static_cast<double>((*shape)[(*axes)[i]]);
            const bool scaled = scale && !stays(c, *shape, *sizes, *axes, i);
            result[(*axes)[i]] = scaled ? whole_number(std::round(side * *scale)) : (*sizes)[i];
        }
        return axes && c.make(0, std::move(result));
    }
    const auto scales = resize_scales(c);
    const auto axes = scales ? resized_axes(c, shape->size(), scales->size()) : std::nullopt;
    for (std::size_t i = 0; axes && i < axes->size(); ++i) {
        result[(*axes)[i]] = whole_number(std::floor(static_cast<double>(result[(*axes)[i]]) * (*scales)[i]));
    }
    return axes && c.make(0, std::move(result));
}

/// Puts the results of a max pool back at their places: the sides before the pool, or those that an input gives.
bool max_unpool(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (c.in(2) != nullptr) {
        auto made = c.integers(2, "");
        return made && c.make(0, std::move(*made));
    }
    const Shape kernel = c.node().integers("kernel_shape");
    const Shape strides = c.node().integers("strides"), pads = c.node().integers("pads");
    if (shape == nullptr || kernel.empty() || shape->size() != kernel.size() + 2) {
        return false;
    }
    Shape result = *shape;
    for (std::size_t i = 0; i < kernel.size(); ++i) {
        const std::int64_t stride = i < strides.size() ? strides[i] : 1;
        const std::int64_t padded = pads.size() == 2 * kernel.size() ? pads[i] + pads[i + kernel.size()] : 0;
        result[i + 2] = elements_of({result[i + 2] - 1, stride}) + kernel[i] - padded;
    }
    return c.make(0, std::move(result));
}

/// Keeps the elements, or the slices along an axis, for which a condition holds: known only if the condition is.
bool compress(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto* condition = c.data(1);
    if (shape == nullptr || condition == nullptr) {
        return false;
    }
    const std::int64_t kept = std::ranges::count_if(*condition, [](double holds) { return holds != 0; });
    if (c.node().attribute("axis") == nullptr) {
        return c.make(0, {kept});
    }
    const auto axis = axis_of(c.node().integer("axis", 0), shape->size());
    Shape result = *shape;
    if (axis) {
        result[*axis] = kept;
    }
    return axis && c.make(0, std::move(result));
}

/// The crop of the first operator set: `border` as left, top, right, bottom; or from left and top on `scale`, a height
/// and a width.
bool crop(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const Shape border = c.node().integers("border"), scale = c.node().integers("scale");
    if (shape == nullptr || shape->size() != 4 || border.size() != 4) {
        return false;
    }
    Shape result = *shape;
    result[2] = scale.size() == 2 ? scale[0] : result[2] - border[1] - border[3];
    result[3] = scale.size() == 2 ? scale[1] : result[3] - border[0] - border[2];
    return c.make(0, std::move(result));
}

constexpr NamedRule kResize[]{
    {"Compress", compress}, {"Crop", crop}, {"MaxUnpool", max_unpool}, {"Resize", resize}, {"Upsample", resize},
};

}  // namespace

std::span<const NamedRule> resize_rules() { return kResize; }

}  // namespace berth
