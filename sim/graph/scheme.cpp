// Storage of constants under a scheme: bytes per weight, group scales, and operators kept at full width.
#include "berth/graph/scheme.h"

namespace berth {

namespace {

constexpr Bytes kScaleSize = bytes(2);

}  // namespace

Bytes stored_size(DType weights, std::int64_t group) {
    const Bytes element = element_size(weights);
    return group > 0 ? element + kScaleSize / static_cast<double>(group) : element;
}

WeightStorage weight_storage(OperatorKind kind, const Dims& dims, const Scheme& scheme) {
    const auto matrix = static_cast<double>(matrix_elements(dims));
    const auto all = static_cast<double>(weight_elements(kind, dims));
    WeightStorage storage;
    storage.beside_at = is_quantized(scheme.activations) ? DType::kFp32 : scheme.activations;
    storage.matrix = element_size(scheme.weights) * matrix;
    storage.scales = stored_size(scheme.weights, scheme.group) * matrix - storage.matrix;
    storage.beside = element_size(storage.beside_at) * (all - matrix);
    return storage;
}

bool multiplies_weights(OperatorKind kind, const Dims& dims) {
    const auto* matmul = std::get_if<MatmulDims>(&dims);
    const auto* conv = std::get_if<ConvDims>(&dims);
    return kind == OperatorKind::kConv2d ? conv == nullptr || conv->weights : matmul != nullptr && matmul->weights;
}

Scheme scheme_for(OperatorKind kind, const Dims& dims, const Scheme& asked) {
    if (multiplies_weights(kind, dims) || (kind == OperatorKind::kEmbedding && is_block_format(asked.weights))) {
        return asked;
    }
    Scheme plain = asked.activations;
    plain.dynamic = asked.dynamic;
    return plain;
}

}  // namespace berth
