// Shape rules of Fourier transforms, windows and filter banks, and of image operators that follow a size from an input.
// Sources: github.com/onnx/onnx, docs/Operators.md; github.com/microsoft/onnxruntime, docs/ContribOperators.md.
#include <algorithm>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

/// A whole number from an input; absent if it is not known.
std::optional<std::int64_t> known_number(const RuleContext& c, std::size_t i) {
    const auto* data = c.data(i);
    return data == nullptr || data->empty() ? std::nullopt : std::optional(whole_number(data->front()));
}

/// Frequencies of a transform of `length` samples: of real samples, half of them repeat the other half.
std::int64_t frequencies(std::int64_t length, bool onesided) { return onesided ? length / 2 + 1 : length; }

/// [..., samples, ..., real or complex] to [..., frequencies, ..., 2].
bool dft(const RuleContext& c) {
    const Shape* from = c.shape(0);
    if (from == nullptr || from->size() < 2) {
        return false;
    }
    // Operator set 17 has the axis as an attribute, and as the first axis after the batch if there is none.
    const std::int64_t otherwise = c.node().integer("axis", c.step.inputs.size() > 2 ? -2 : 1);
    const auto axis = axis_of(known_number(c, 2).value_or(otherwise), from->size());
    if (!axis) {
        return false;
    }
    Shape result = *from;
    const std::int64_t length = known_number(c, 1).value_or((*from)[*axis]);
    const bool inverse = c.node().integer("inverse", 0) != 0;
    result[*axis] = frequencies(length, c.node().integer("onesided", 0) != 0 && !inverse);
    result.back() = 2;
    return length > 0 && c.make(0, std::move(result));
}

/// [batch, samples, 1] to [batch, frames, frequencies, 2].
bool stft(const RuleContext& c) {
    const Shape *from = c.shape(0), *window = c.shape(2);
    const auto step = known_number(c, 1);
    const std::int64_t whole = window != nullptr && window->size() == 1 ? window->front() : 0;
    const std::int64_t length = c.in(3) != nullptr ? known_number(c, 3).value_or(0) : whole;
    if (from == nullptr || from->size() < 2 || step.value_or(0) < 1 || length < 1 || (*from)[1] < length) {
        return false;
    }
    const std::int64_t frames = ((*from)[1] - length) / *step + 1;
    return c.make(0, {from->front(), frames, frequencies(length, c.node().integer("onesided", 1) != 0), 2});
}

/// [..., samples] to [..., frequencies, 2].
bool real_transform(const RuleContext& c) {
    const Shape* from = c.shape(0);
    if (from == nullptr || from->empty() || c.node().integer("signal_ndim", 1) != 1) {
        return false;
    }
    Shape result = *from;
    result.back() = frequencies(result.back(), c.node().integer("onesided", 1) != 0);
    result.push_back(2);
    return c.make(0, std::move(result));
}

/// As real_transform, the other way round.
bool real_transform_back(const RuleContext& c) {
    const Shape* from = c.shape(0);
    if (from == nullptr || from->size() < 2 || from->back() != 2 || c.node().integer("signal_ndim", 1) != 1) {
        return false;
    }
    Shape result(from->begin(), from->end() - 1);
    result.back() = c.node().integer("onesided", 1) != 0 ? 2 * (result.back() - 1) : result.back();
    return c.make(0, std::move(result));
}

bool made_constant(const RuleContext& c, Shape shape) {
    c.make(0, std::move(shape));
    OnnxFacts& made = c.values[static_cast<std::size_t>(c.step.outputs[0])];
    made.constant = true;
    made.type = OnnxType::kFloat;
    return true;
}

bool window(const RuleContext& c) {
    const auto length = known_number(c, 0);
    return length && *length > 0 && made_constant(c, {*length});
}

/// Weights from frequencies to mel bands: [frequencies, bands].
bool mel_weights(const RuleContext& c) {
    const auto bands = known_number(c, 0), length = known_number(c, 1);
    return bands && length && *bands > 0 && *length > 0 && made_constant(c, {frequencies(*length, true), *bands});
}

/// Overlapping blocks, one per column, added into an image.
bool columns_to_image(const RuleContext& c) {
    const Shape* from = c.shape(0);
    const auto image = c.integers(1, ""), block = c.integers(2, "");
    if (from == nullptr || from->size() != 3 || !image || !block) {
        return false;
    }
    const std::int64_t area = elements_of(*block);
    if (area < 1 || (*from)[1] % area != 0) {
        return false;
    }
    Shape result{from->front(), (*from)[1] / area};
    result.insert(result.end(), image->begin(), image->end());
    return c.make(0, std::move(result));
}

bool center_crop_or_pad(const RuleContext& c) {
    const Shape* from = c.shape(0);
    const auto sizes = c.integers(1, "");
    if (from == nullptr || !sizes) {
        return false;
    }
    const Shape axes = c.node().integers("axes");
    Shape result = *from;
    for (std::size_t i = 0; i < sizes->size(); ++i) {
        const std::int64_t place = i < axes.size() ? axes[i] : static_cast<std::int64_t>(i);
        const auto axis = axis_of(place, from->size());
        if (!axis || (!axes.empty() && i >= axes.size())) {
            return false;
        }
        result[*axis] = (*sizes)[i];
    }
    return c.make(0, std::move(result));
}

/// The points of a grid for GridSample: [batch, ..., axes] for an image [batch, channels, ...].
bool affine_grid(const RuleContext& c) {
    const auto size = c.integers(1, "");
    if (!size || size->size() < 4) {
        return false;
    }
    Shape result{size->front()};
    result.insert(result.end(), size->begin() + 2, size->end());
    result.push_back(static_cast<std::int64_t>(size->size()) - 2);
    return c.make(0, std::move(result));
}

/// The most boxes that may be selected, each as [batch, class, box].
bool suppressed(const RuleContext& c) {
    const Shape *boxes = c.shape(0), *scores = c.shape(1);
    if (boxes == nullptr || boxes->size() != 3 || scores == nullptr || scores->size() != 3) {
        return false;
    }
    const std::int64_t each = std::min(known_number(c, 2).value_or(0), (*boxes)[1]);
    return each > 0 && c.make(0, {elements_of({(*scores)[0], (*scores)[1], each}), 3});
}

bool max_regions(const RuleContext& c) {
    const Shape *from = c.shape(0), *boxes = c.shape(1);
    const Shape pooled = c.node().integers("pooled_shape");
    return from != nullptr && from->size() == 4 && boxes != nullptr && !boxes->empty() && pooled.size() == 2 &&
           c.make(0, {boxes->front(), (*from)[1], pooled.front(), pooled.back()});
}

constexpr NamedRule kSignal[]{
    {"AffineGrid", affine_grid},
    {"BlackmanWindow", window},
    {"CenterCropPad", center_crop_or_pad},
    {"Col2Im", columns_to_image},
    {"DFT", dft},
    {"HammingWindow", window},
    {"HannWindow", window},
    {"Irfft", real_transform_back},
    {"MaxRoiPool", max_regions},
    {"MelWeightMatrix", mel_weights},
    {"NonMaxSuppression", suppressed},
    {"Rfft", real_transform},
    {"STFT", stft},
};

}  // namespace

bool transforms(std::string_view op) { return op == "DFT" || op == "STFT" || op == "Rfft" || op == "Irfft"; }

std::span<const NamedRule> signal_rules() { return kSignal; }

}  // namespace berth
