#include "calibration/layer_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "berth/cost/cost.h"

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
constexpr auto kLayers = std::to_array<Named>({
    {"MatMul", F::kActivations, K::kMatmul},
    {"SDPAttention", F::kAttention, K::kAttention},
    {"Add", F::kElementwise, K::kAdd},
    {"Sub", F::kElementwise, K::kAdd},
    {"Sum", F::kElementwise, K::kAdd},
    {"Max", F::kElementwise, K::kAdd},
    {"Min", F::kElementwise, K::kAdd},
    {"Equal", F::kElementwise, K::kAdd},
    {"Greater", F::kElementwise, K::kAdd},
    {"Less", F::kElementwise, K::kAdd},
    {"Where", F::kElementwise, K::kMul},
    {"Mul", F::kElementwise, K::kMul},
    {"Div", F::kElementwise, K::kMul},
    {"BatchNormalization", F::kElementwise, K::kMul},
    {"Swish", F::kElementwise, K::kSilu},
    {"HardSwish", F::kElementwise, K::kSilu},
    {"Mish", F::kElementwise, K::kSilu},
    {"SwooshR", F::kElementwise, K::kSilu},
    {"SwooshL", F::kElementwise, K::kSilu},
    {"Glu", F::kPart, K::kSilu},
    {"Gelu", F::kElementwise, K::kGelu},
    {"Relu", F::kElementwise, K::kRelu},
    {"Clip", F::kElementwise, K::kRelu},
    {"LeakyRelu", F::kElementwise, K::kRelu},
    {"PRelu", F::kElementwise, K::kRelu},
    {"Abs", F::kElementwise, K::kRelu},
    {"Neg", F::kElementwise, K::kRelu},
    {"Elu", F::kElementwise, K::kSigmoid},
    {"Softplus", F::kElementwise, K::kSigmoid},
    {"Sigmoid", F::kElementwise, K::kSigmoid},
    {"HardSigmoid", F::kElementwise, K::kSigmoid},
    {"Tanh", F::kElementwise, K::kTanh},
    {"Erf", F::kElementwise, K::kTanh},
    {"Sqrt", F::kElementwise, K::kSigmoid},
    {"Pow", F::kElementwise, K::kSigmoid},
    {"Exp", F::kElementwise, K::kSigmoid},
    {"Log", F::kElementwise, K::kSigmoid},
    {"Sin", F::kElementwise, K::kSigmoid},
    {"Cos", F::kElementwise, K::kSigmoid},
    {"Reciprocal", F::kElementwise, K::kSigmoid},
    {"Norm", F::kNorm, K::kLayerNorm},
    {"LayerNormalization", F::kNorm, K::kLayerNorm},
    {"LayerNorm", F::kNorm, K::kLayerNorm},
    {"RMSNorm", F::kNorm, K::kRmsNorm},
    {"InstanceNormalization", F::kNorm, K::kLayerNorm},
    {"InstanceNorm", F::kNorm, K::kLayerNorm},
    {"GroupNormalization", F::kNorm, K::kLayerNorm},
    {"LpNormalization", F::kNorm, K::kLayerNorm},
    {"Softmax", F::kNorm, K::kSoftmax},
    {"Hardmax", F::kNorm, K::kSoftmax},
    {"Softmax13", F::kNorm, K::kSoftmax},
    {"SoftmaxMask", F::kNorm, K::kSoftmax},
    {"LogSoftmax", F::kNorm, K::kSoftmax},
    {"Concat", F::kConcat, K::kConcat},
    {"MultiConcat", F::kConcat, K::kConcat},
    {"Split", F::kCopy, K::kSplit},
    {"Slice", F::kPart, K::kSplit},
    {"StridedSlice", F::kPart, K::kSplit},
    {"Pad", F::kPart, K::kSplit},
    {"Window", F::kPart, K::kSplit},
    {"Expand", F::kPart, K::kSplit},
    {"Tile", F::kPart, K::kSplit},
    {"Gather", F::kPart, K::kSplit},
    {"GatherElements", F::kPart, K::kSplit},
    {"DataConvert", F::kPart, K::kCast},
    {"Cast", F::kPart, K::kCast},
    {"QuantizeLinear", F::kPart, K::kCast},
    {"DequantizeLinear", F::kPart, K::kCast},
    {"MaxPool", F::kPool, K::kPool},
    {"AveragePool", F::kPool, K::kPool},
    {"GlobalAveragePool", F::kPool, K::kPool},
    {"GlobalMaxPool", F::kPool, K::kPool},
    {"ReduceMean", F::kPool, K::kPool},
    {"ReduceSum", F::kPool, K::kPool},
    {"ReduceMax", F::kPool, K::kPool},
    {"ReduceMin", F::kPool, K::kPool},
    {"ArgMax", F::kPool, K::kPool},
    {"ArgMin", F::kPool, K::kPool},
    {"Resize", F::kPool, K::kResize},
    {"Upsample", F::kPool, K::kResize},
    {"Transpose", F::kMove, K::kTranspose},
    {"DepthToSpace", F::kMove, K::kTranspose},
    {"SpaceToDepth", F::kMove, K::kTranspose},
    {"Reshape", F::kMove, K::kReshape},
    {"Flatten", F::kMove, K::kReshape},
    {"Squeeze", F::kMove, K::kReshape},
    {"Unsqueeze", F::kMove, K::kReshape},
});

// Names of convolutions, as printed and as the support list writes them. Longer names come first.
struct Convolution {
    std::string_view name;
    bool transposed = false;
};
constexpr auto kConvolutions = std::to_array<Convolution>({
    {"DepthwiseConvolution"},
    {"DepthwiseConv"},
    {"FullyConnected"},
    {"Gemm"},
    {"Convolution"},
    {"ConvTranspose", true},
    {"ConvTranpose", true},
    {"Deconvolution", true},
    {"Deconv", true},
    {"Conv"},
});

// Longer names come first, since `LeakyRelu` ends in `Relu` and `ExSwish` in `Swish`.
// `Ex` marks the compiler's own ones.
constexpr auto kFused = std::to_array<std::pair<std::string_view, K>>({
    {"HardSigmoid", K::kSigmoid},
    {"HardSwish", K::kSilu},
    {"LeakyRelu", K::kRelu},
    {"Sigmoid", K::kSigmoid},
    {"Softplus", K::kSigmoid},
    {"SwooshR", K::kSilu},
    {"SwooshL", K::kSilu},
    {"Swish", K::kSilu},
    {"PRelu", K::kRelu},
    {"Relu6", K::kRelu},
    {"Gelu", K::kGelu},
    {"Mish", K::kSilu},
    {"Relu", K::kRelu},
    {"Clip", K::kRelu},
    {"Tanh", K::kTanh},
    {"Elu", K::kSigmoid},
    {"Add", K::kAdd},
    {"Mul", K::kMul},
});

std::string_view without_mark(std::string_view name, std::string_view mark) {
    return name.starts_with(mark) ? name.substr(mark.size()) : name;
}

std::optional<std::vector<K>> fused_in(std::string_view names) {
    std::vector<K> epilogue;
    while (!names.empty()) {
        names = without_mark(names, "Ex");
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

// Splits `ConvExSwishAdd` into the convolution and what is fused behind it.
std::optional<LayerType> product_type(std::string_view name) {
    for (const Convolution& one : kConvolutions) {
        auto epilogue = name.starts_with(one.name) ? fused_in(name.substr(one.name.size())) : std::nullopt;
        if (epilogue) {
            return LayerType{one.transposed ? F::kTransposed : F::kProduct, K::kMatmul, std::move(*epilogue)};
        }
    }
    return std::nullopt;
}

// Splits `AddRelu` into an addition, a subtraction or a multiplication and what is fused behind it.
std::optional<LayerType> elementwise_type(std::string_view name) {
    for (const Named& one : kLayers) {
        const bool binary = one.kind == K::kAdd || one.kind == K::kMul;
        auto epilogue = binary && name.starts_with(one.name) ? fused_in(name.substr(one.name.size())) : std::nullopt;
        if (epilogue && !epilogue->empty()) {
            return LayerType{one.form, one.kind, {}};
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<LayerType> layer_type(std::string_view name) {
    name = without_mark(name, "ex");
    if (auto product = product_type(name)) {
        return product;
    }
    const auto found = std::ranges::find(kLayers, name, &Named::name);
    return found != kLayers.end() ? std::optional(LayerType{found->form, found->kind, {}}) : elementwise_type(name);
}

std::string class_name(const LayerType& type) {
    std::string name(traits(type.kind).name);
    for (const OperatorKind epilogue_op : type.epilogue) {
        name += fmt::format(" + {}", traits(epilogue_op).name);
    }
    return name;
}

}  // namespace berth
