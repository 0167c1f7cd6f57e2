// Converts operators of TensorFlow Lite that rearrange, select or reduce to ONNX.
#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

#include "importers/tflite_writer.h"

namespace berth {

namespace {

using tflite::BuiltinOperator;

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int32_t>::max();

bool reshape(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_ReshapeOptions();
    if (step.given(1)) {
        step.add("Reshape");
        return true;
    }
    if (options == nullptr || options->new_shape() == nullptr) {
        return false;
    }
    const Shape to(options->new_shape()->begin(), options->new_shape()->end());
    step.add("Reshape", {step.in(0), step.constant(to)}, step.out());
    return true;
}

bool squeeze(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_SqueezeOptions();
    OnnxNode& node = step.add("Squeeze");
    if (options != nullptr && options->squeeze_dims() != nullptr && options->squeeze_dims()->size() > 0) {
        node.attributes.push_back(
            attribute_of("axes", Shape(options->squeeze_dims()->begin(), options->squeeze_dims()->end())));
    }
    return true;
}

bool transpose(const TfliteStep& step) {
    const auto order = step.integers(1);
    if (!order) {
        return false;
    }
    step.add("Transpose", {step.in(0)}, step.out()).attributes.push_back(attribute_of("perm", *order));
    return true;
}

bool concatenate(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_ConcatenationOptions();
    if (options == nullptr) {
        return false;
    }
    std::vector<std::string_view> all;
    for (std::size_t i = 0; i < step.inputs(); ++i) {
        all.push_back(step.in(i));
    }
    step.add_activated("Concat", std::move(all), options->fused_activation_function())
        .attributes.push_back(attribute_of("axis", options->axis()));
    return true;
}

/// PACK of numbers becomes a concatenation, so that shapes built this way are known.
bool pack(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_PackOptions();
    if (options == nullptr) {
        return false;
    }
    if (!step.shape(0).empty()) {
        step.add(kStackedSlices).attributes.push_back(attribute_of("axis", options->axis()));
        return true;
    }
    std::vector<std::string_view> lists;
    for (std::size_t i = 0; i < step.inputs(); ++i) {
        lists.push_back(step.writer().context().keep(std::string(step.out()) + "/" + std::to_string(i)));
        step.add("Unsqueeze", {step.in(i), step.constant({0})}, lists.back());
    }
    step.add("Concat", std::move(lists), step.out()).attributes.push_back(attribute_of("axis", 0));
    return true;
}

void add_laid_out(const TfliteStep& step, OnnxNode& node) {
    for (std::size_t i = 1; i < step.outputs(); ++i) {
        node.outputs.push_back(step.out(i));
    }
}

/// Splits into equal pieces; the axis is the first input.
bool split(const TfliteStep& step) {
    const auto axis = step.integers(0);
    if (!axis) {
        return false;
    }
    OnnxNode& node = step.add("Split", {step.in(1)}, step.out());
    node.attributes.push_back(attribute_of("axis", axis->front()));
    add_laid_out(step, node);
    return true;
}

/// Splits into pieces of these sizes, of which one may be the remainder.
bool split_by_sizes(const TfliteStep& step) {
    auto sizes = step.integers(1);
    const auto axis = step.integers(2);
    const Shape from = step.shape(0);
    const auto at = axis ? axis_of(axis->front(), from.size()) : std::nullopt;
    if (!sizes || !at) {
        return false;
    }
    const std::int64_t known = std::accumulate(sizes->begin(), sizes->end(), std::int64_t{0});
    std::ranges::replace(*sizes, -1, from[*at] - known - 1);
    OnnxNode& node = step.add("Split", {step.in(0), step.constant(*sizes)}, step.out());
    node.attributes.push_back(attribute_of("axis", axis->front()));
    add_laid_out(step, node);
    return true;
}

/// One slice per output, without the sliced axis.
bool unpack(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_UnpackOptions();
    if (options == nullptr) {
        return false;
    }
    for (std::size_t i = 0; i < step.outputs(); ++i) {
        const auto index = step.constant({static_cast<std::int64_t>(i)});
        step.writer().result().constants.back().dims.clear();
        step.add("Gather", {step.in(0), index}, step.out(i))
            .attributes.push_back(attribute_of("axis", options->axis()));
    }
    return true;
}

/// A slice whose bounds are not constant: the shape that the file states for the result is used.
void add_slice(const TfliteStep& step) { step.add("Slice", {step.in(0)}, step.out()); }

bool slice(const TfliteStep& step) {
    const auto begin = step.integers(1);
    const auto size = step.integers(2);
    if (!begin || !size || begin->size() != size->size()) {
        add_slice(step);
        return true;
    }
    Shape end, axes;
    for (std::size_t i = 0; i < begin->size(); ++i) {
        end.push_back((*size)[i] < 0 ? kToTheEnd : (*begin)[i] + (*size)[i]);
        axes.push_back(static_cast<std::int64_t>(i));
    }
    step.add("Slice", {step.in(0), step.constant(*begin), step.constant(end), step.constant(axes)}, step.out());
    return true;
}

bool strided_slice(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_StridedSliceOptions();
    auto begin = step.integers(1), end = step.integers(2), strides = step.integers(3);
    if (options == nullptr || !begin || !end || !strides || begin->size() != end->size() ||
        begin->size() != strides->size() || options->ellipsis_mask() != 0 || options->new_axis_mask() != 0) {
        add_slice(step);
        return true;
    }
    Shape axes, gone;
    for (std::size_t i = 0; i < begin->size(); ++i) {
        const auto masked = [i](std::int32_t mask) {
            return i < 31 && ((static_cast<std::uint32_t>(mask) >> i) & 1U) != 0;
        };
        const bool back = (*strides)[i] < 0;
        axes.push_back(static_cast<std::int64_t>(i));
        if (masked(options->shrink_axis_mask())) {
            (*end)[i] = (*begin)[i] == -1 ? kToTheEnd : (*begin)[i] + 1;
            (*strides)[i] = 1;
            gone.push_back(static_cast<std::int64_t>(i));
            continue;
        }
        if (masked(options->begin_mask())) {
            (*begin)[i] = back ? kToTheEnd : 0;
        }
        if (masked(options->end_mask())) {
            (*end)[i] = back ? -kToTheEnd : kToTheEnd;
        }
    }
    const std::string_view picked = gone.empty() ? step.out() : step.between("picked");
    step.add("Slice",
             {step.in(0), step.constant(*begin), step.constant(*end), step.constant(axes), step.constant(*strides)},
             picked);
    if (!gone.empty()) {
        step.add("Squeeze", {picked, step.constant(gone)}, step.out());
    }
    return true;
}

/// Zero point of input `i`: the stored number that stands for 0. Absent if the tensor has none, or one per channel.
std::optional<std::int64_t> zero_point(const TfliteStep& step, std::size_t i) {
    const auto* scheme = step.given(i) ? step.writer().tensor(step.index(i)).quantization() : nullptr;
    const auto* points = scheme == nullptr ? nullptr : scheme->zero_point();
    return points != nullptr && points->size() == 1 ? std::optional(points->Get(0)) : std::nullopt;
}

/// Name of the number that fills the padding; empty for 0, which is stored as the zero point of the padded tensor.
std::string_view fill_of(const TfliteStep& step) {
    constexpr std::size_t kFill = 2;
    const auto point = zero_point(step, 0);
    const auto stored = step.given(kFill) && point ? step.writer().data(step.index(kFill)) : std::nullopt;
    if (!stored || stored->size() != 1) {
        return step.in(kFill);
    }
    const std::int64_t number = whole_number(stored->front()) - *point;
    return number == 0 ? std::string_view() : step.constant({number});
}

/// Converts one pair per axis to all leading pads, followed by all trailing pads.
OnnxNode& add_pad(const TfliteStep& step, std::string_view fill) {
    const auto pairs = step.integers(1);
    if (!pairs || pairs->size() % 2 != 0) {
        return step.add("Pad", {step.in(0), "", fill}, step.out());
    }
    Shape pads;
    for (const std::size_t first : {std::size_t{0}, std::size_t{1}}) {
        for (std::size_t i = first; i < pairs->size(); i += 2) {
            pads.push_back((*pairs)[i]);
        }
    }
    return step.add("Pad", {step.in(0), step.constant(pads), fill}, step.out());
}

bool pad(const TfliteStep& step) {
    add_pad(step, step.kind() == BuiltinOperator::PADV2 ? fill_of(step) : "");
    return true;
}

/// Copies of the image itself surround it.
bool mirror_pad(const TfliteStep& step) {
    add_pad(step, "").attributes.push_back(attribute_of("mode", "reflect"));
    return true;
}

bool gather(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_GatherOptions();
    if (options != nullptr && options->batch_dims() != 0) {
        return false;
    }
    step.add("Gather").attributes.push_back(attribute_of("axis", options == nullptr ? 0 : options->axis()));
    return true;
}

/// The ids are the first input, the table the second.
bool embedding_lookup(const TfliteStep& step) {
    step.add("Gather", {step.in(1), step.in(0)}, step.out());
    return true;
}

bool resize(const TfliteStep& step) {
    step.add("Resize", {step.in(0), "", "", step.in(1)}, step.out())
        .attributes.push_back(attribute_of("channels_last", 1));
    return true;
}

bool add_blocks(const TfliteStep& step, std::string_view op, std::int64_t block) {
    OnnxNode& node = step.add(op);
    node.attributes.push_back(attribute_of("channels_last", 1));
    node.attributes.push_back(attribute_of("blocksize", block));
    return true;
}
bool depth_to_space(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_DepthToSpaceOptions();
    return options != nullptr && add_blocks(step, "DepthToSpace", options->block_size());
}
bool space_to_depth(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_SpaceToDepthOptions();
    return options != nullptr && add_blocks(step, "SpaceToDepth", options->block_size());
}

bool reduce(const TfliteStep& step, std::string_view op) {
    const auto* options = step.source().builtin_options_as_ReducerOptions();
    step.add(op).attributes.push_back(attribute_of("keepdims", options != nullptr && options->keep_dims() ? 1 : 0));
    return true;
}
bool mean(const TfliteStep& step) { return reduce(step, "ReduceMean"); }
bool sum(const TfliteStep& step) { return reduce(step, "ReduceSum"); }
bool product(const TfliteStep& step) { return reduce(step, "ReduceProd"); }
bool greatest(const TfliteStep& step) { return reduce(step, "ReduceMax"); }
bool least(const TfliteStep& step) { return reduce(step, "ReduceMin"); }

bool place_of(const TfliteStep& step, std::string_view op) {
    const auto axis = step.integers(1);
    if (!axis) {
        return false;
    }
    OnnxNode& node = step.add(op, {step.in(0)}, step.out());
    node.attributes.push_back(attribute_of("axis", axis->front()));
    node.attributes.push_back(attribute_of("keepdims", 0));
    return true;
}
bool arg_max(const TfliteStep& step) { return place_of(step, "ArgMax"); }
bool arg_min(const TfliteStep& step) { return place_of(step, "ArgMin"); }

bool top_k(const TfliteStep& step) {
    add_laid_out(step, step.add("TopK"));
    return true;
}

bool one_hot(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_OneHotOptions();
    step.add("OneHot", {step.in(0), step.in(1)}, step.out())
        .attributes.push_back(attribute_of("axis", options == nullptr ? -1 : options->axis()));
    return true;
}

bool reverse(const TfliteStep& step) {
    step.add("ReverseSequence", {step.in(0)}, step.out());
    return true;
}

bool cast(const TfliteStep& step) {
    step.add("Cast", {step.in(0)}, step.out())
        .attributes.push_back(attribute_of("to", static_cast<std::int64_t>(onnx_type(step.made().type()))));
    return true;
}

/// Expands one number to a shape that is an input.
bool fill(const TfliteStep& step) {
    step.add("Expand", {step.in(1), step.in(0)}, step.out());
    return true;
}

bool zeros(const TfliteStep& step) {
    const std::string_view shape = step.between("shape");
    step.add("Shape", {step.in(0)}, shape);
    step.add("Expand", {step.constant({0}), shape}, step.out());
    return true;
}

/// State kept between calls is present when the graph starts.
bool state(const TfliteStep& step) {
    step.writer().hold(step.source().outputs()->Get(0));
    return true;
}

constexpr TfliteRow kLayouts[]{
    {BuiltinOperator::ARG_MAX, arg_max},
    {BuiltinOperator::ARG_MIN, arg_min},
    {BuiltinOperator::CAST, cast},
    {BuiltinOperator::CONCATENATION, concatenate},
    {BuiltinOperator::DEPTH_TO_SPACE, depth_to_space},
    {BuiltinOperator::EMBEDDING_LOOKUP, embedding_lookup},
    {BuiltinOperator::FILL, fill},
    {BuiltinOperator::GATHER, gather},
    {BuiltinOperator::MEAN, mean},
    {BuiltinOperator::MIRROR_PAD, mirror_pad},
    {BuiltinOperator::ONE_HOT, one_hot},
    {BuiltinOperator::PACK, pack},
    {BuiltinOperator::PAD, pad},
    {BuiltinOperator::PADV2, pad},
    {BuiltinOperator::READ_VARIABLE, state},
    {BuiltinOperator::REDUCE_ALL, least},
    {BuiltinOperator::REDUCE_ANY, greatest},
    {BuiltinOperator::REDUCE_MAX, greatest},
    {BuiltinOperator::REDUCE_MIN, least},
    {BuiltinOperator::REDUCE_PROD, product},
    {BuiltinOperator::RESHAPE, reshape},
    {BuiltinOperator::RESIZE_BILINEAR, resize},
    {BuiltinOperator::RESIZE_NEAREST_NEIGHBOR, resize},
    {BuiltinOperator::REVERSE_SEQUENCE, reverse},
    {BuiltinOperator::REVERSE_V2, reverse},
    {BuiltinOperator::SLICE, slice},
    {BuiltinOperator::SPACE_TO_DEPTH, space_to_depth},
    {BuiltinOperator::SPLIT, split},
    {BuiltinOperator::SPLIT_V, split_by_sizes},
    {BuiltinOperator::SQUEEZE, squeeze},
    {BuiltinOperator::STRIDED_SLICE, strided_slice},
    {BuiltinOperator::SUM, sum},
    {BuiltinOperator::TOPK_V2, top_k},
    {BuiltinOperator::TRANSPOSE, transpose},
    {BuiltinOperator::UNPACK, unpack},
    {BuiltinOperator::VAR_HANDLE, state},
    {BuiltinOperator::ZEROS_LIKE, zeros},
};

}  // namespace

std::span<const TfliteRow> tflite_layout_rows() { return kLayouts; }

}  // namespace berth
