#include "calibration/layer_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "berth/cost.h"

namespace berth {

namespace {

using K = OperatorKind;
using F = LayerForm;

/// A standalone layer, without the prefix `ex` that the compiler adds to its own operators.
struct Named {
    std::string_view name;
    F form;
    K kind;
};
constexpr std::array<Named, 52> kLayers{{
    {"MatMul", F::kActivations, K::kMatmul},
    {"SDPAttention", F::kAttention, K::kAttention},
    {"Add", F::kElementwise, K::kAdd},
    {"Sub", F::kElementwise, K::kAdd},
    {"Sum", F::kElementwise, K::kAdd},
    {"AddRelu", F::kElementwise, K::kAdd},
    {"Max", F::kElementwise, K::kAdd},
    {"Min", F::kElementwise, K::kAdd},
    {"Mul", F::kElementwise, K::kMul},
    {"Div", F::kElementwise, K::kMul},
    {"MulRelu", F::kElementwise, K::kMul},
    {"BatchNormalization", F::kElementwise, K::kMul},
    {"Swish", F::kElementwise, K::kSilu},
    {"HardSwish", F::kElementwise, K::kSilu},
    {"Mish", F::kElementwise, K::kSilu},
    {"Gelu", F::kElementwise, K::kGelu},
    {"Relu", F::kElementwise, K::kRelu},
    {"Clip", F::kElementwise, K::kRelu},
    {"LeakyRelu", F::kElementwise, K::kRelu},
    {"PRelu", F::kElementwise, K::kRelu},
    {"Elu", F::kElementwise, K::kSigmoid},
    {"Sigmoid", F::kElementwise, K::kSigmoid},
    {"HardSigmoid", F::kElementwise, K::kSigmoid},
    {"Tanh", F::kElementwise, K::kTanh},
    {"Sqrt", F::kElementwise, K::kSigmoid},
    {"Pow", F::kElementwise, K::kSigmoid},
    {"Norm", F::kNorm, K::kLayerNorm},
    {"LayerNormalization", F::kNorm, K::kLayerNorm},
    {"LayerNorm", F::kNorm, K::kLayerNorm},
    {"InstanceNormalization", F::kNorm, K::kLayerNorm},
    {"Softmax", F::kNorm, K::kSoftmax},
    {"Softmax13", F::kNorm, K::kSoftmax},
    {"Concat", F::kConcat, K::kConcat},
    {"Split", F::kCopy, K::kSplit},
    {"Slice", F::kPart, K::kSplit},
    {"Pad", F::kPart, K::kSplit},
    {"Window", F::kPart, K::kSplit},
    {"Expand", F::kPart, K::kSplit},
    {"Tile", F::kPart, K::kSplit},
    {"DataConvert", F::kPart, K::kCast},
    {"Cast", F::kPart, K::kCast},
    {"MaxPool", F::kPool, K::kPool},
    {"AveragePool", F::kPool, K::kPool},
    {"GlobalAveragePool", F::kPool, K::kPool},
    {"GlobalMaxPool", F::kPool, K::kPool},
    {"ReduceMean", F::kPool, K::kPool},
    {"Resize", F::kPool, K::kResize},
    {"Upsample", F::kPool, K::kResize},
    {"Transpose", F::kMove, K::kTranspose},
    {"DepthToSpace", F::kMove, K::kTranspose},
    {"SpaceToDepth", F::kMove, K::kTranspose},
    {"Reshape", F::kMove, K::kReshape},
}};

// Longer names come first, since `LeakyRelu` ends in `Relu` and `ExSwish` in `Swish`.
constexpr std::array<std::pair<std::string_view, K>, 20> kFused{{
    {"ExHardSwish", K::kSilu}, {"ExLeakyRelu", K::kRelu}, {"ExSigmoid", K::kSigmoid}, {"HardSigmoid", K::kSigmoid},
    {"ExSwish", K::kSilu},     {"HardSwish", K::kSilu},   {"LeakyRelu", K::kRelu},    {"Sigmoid", K::kSigmoid},
    {"ExGelu", K::kGelu},      {"ExTanh", K::kTanh},      {"ExMish", K::kSilu},       {"Swish", K::kSilu},
    {"PRelu", K::kRelu},       {"Relu6", K::kRelu},       {"Gelu", K::kGelu},         {"Relu", K::kRelu},
    {"Clip", K::kRelu},        {"Tanh", K::kTanh},        {"Add", K::kAdd},           {"Mul", K::kMul},
}};

std::optional<std::vector<K>> fused_in(std::string_view names) {
    std::vector<K> epilogue;
    while (!names.empty()) {
        const auto found =
            std::ranges::find_if(kFused, [names](const auto& one) { return names.starts_with(one.first); });
        if (found == kFused.end() || epilogue.size() == Kernel::kMaxEpilogue) {
            return std::nullopt;
        }
        epilogue.push_back(found->second);
        names.remove_prefix(found->first.size());
    }
    return epilogue;
}

std::optional<LayerType> product_type(std::string_view name) {
    constexpr std::string_view kConv = "Conv";
    constexpr std::string_view kTransposed = "ConvTranspose";
    const bool transposed = name.starts_with(kTransposed);
    auto epilogue = fused_in(name.substr((transposed ? kTransposed : kConv).size()));
    return epilogue
               ? std::optional(LayerType{transposed ? F::kTransposed : F::kProduct, K::kMatmul, std::move(*epilogue)})
               : std::nullopt;
}

}  // namespace

std::optional<LayerType> layer_type(std::string_view name) {
    if (name.starts_with("ex")) {
        name.remove_prefix(2);
    }
    if (name.starts_with("Conv") && name != "Convert") {
        return product_type(name);
    }
    const auto found = std::ranges::find(kLayers, name, &Named::name);
    return found == kLayers.end() ? std::nullopt : std::optional(LayerType{found->form, found->kind, {}});
}

std::string class_name(const LayerType& type) {
    std::string name(traits(type.kind).name);
    for (const OperatorKind epilogue_op : type.epilogue) {
        name += fmt::format(" + {}", traits(epilogue_op).name);
    }
    return name;
}

}  // namespace berth
