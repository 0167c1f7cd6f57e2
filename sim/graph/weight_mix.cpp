// Mixed weight formats of llama.cpp: which matrices are stored wider than the rest.
#include <optional>

#include "berth/graph/scheme.h"

namespace berth {

namespace {

/// Subsets of layers whose matrices are stored wider.
enum class WiderLayers : std::uint8_t {
    kFirstEighth,
    kFirstSixteenth,
    kFirstTwo,
    kFirstFour,
    kMoreBits,  ///< the first and the last eighth, and every third between (use_more_bits in llama-quant.cpp)
    kAll
};

bool is_among(WiderLayers which, std::int64_t layer, std::int64_t layers) {
    switch (which) {
        case WiderLayers::kFirstEighth:
            return layer < layers / 8;
        case WiderLayers::kFirstSixteenth:
            return layer < layers / 16;
        case WiderLayers::kFirstTwo:
            return layer < 2;
        case WiderLayers::kFirstFour:
            return layer < 4;
        case WiderLayers::kMoreBits:
            return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
        case WiderLayers::kAll:
            return true;
    }
    return false;
}

struct WiderMatrix {
    DType base;
    WeightMix mix;
    std::string_view suffix;  ///< suffix of the operator's name
    WiderLayers layers;
    DType format;
};

// The first matching row applies. Follows llama_tensor_get_type() of llama-quant.cpp (ggml-org/llama.cpp, 2024 to
// 2026), for models without an exception of their own there: attn_v is `attention.value`, ffn_down `ffn.down`,
// attn_output `attention.output`.
constexpr std::array<WiderMatrix, 11> kWiderMatrices{{
    {DType::kQ3K, WeightMix::kMedium, ".attention.value", WiderLayers::kFirstTwo, DType::kQ5K},
    {DType::kQ3K, WeightMix::kMedium, ".attention.value", WiderLayers::kAll, DType::kQ4K},
    {DType::kQ3K, WeightMix::kMedium, ".attention.output", WiderLayers::kAll, DType::kQ4K},
    {DType::kQ3K, WeightMix::kMedium, ".ffn.down", WiderLayers::kFirstSixteenth, DType::kQ5K},
    {DType::kQ3K, WeightMix::kMedium, ".ffn.down", WiderLayers::kAll, DType::kQ4K},
    {DType::kQ4K, WeightMix::kSmall, ".attention.value", WiderLayers::kFirstFour, DType::kQ5K},
    {DType::kQ4K, WeightMix::kSmall, ".ffn.down", WiderLayers::kFirstEighth, DType::kQ5K},
    {DType::kQ4K, WeightMix::kMedium, ".attention.value", WiderLayers::kMoreBits, DType::kQ6K},
    {DType::kQ4K, WeightMix::kMedium, ".ffn.down", WiderLayers::kMoreBits, DType::kQ6K},
    {DType::kQ5K, WeightMix::kMedium, ".attention.value", WiderLayers::kMoreBits, DType::kQ6K},
    {DType::kQ5K, WeightMix::kMedium, ".ffn.down", WiderLayers::kMoreBits, DType::kQ6K},
}};

}  // namespace

DType weight_format(const Scheme& scheme, const MixedOperator& op) {
    if (scheme.mix == WeightMix::kNone) {
        return scheme.weights;
    }
    if (op.category == Category::kHead || op.tied) {
        return scheme.weights == DType::kInt8 ? DType::kInt8 : DType::kQ6K;
    }
    for (const WiderMatrix& row : kWiderMatrices) {
        if (op.layer >= 0 && row.base == scheme.weights && row.mix == scheme.mix && op.name.ends_with(row.suffix) &&
            is_among(row.layers, op.layer, op.layers)) {
            return row.format;
        }
    }
    return scheme.weights;
}

Scheme unmixed(Scheme scheme, const MixedOperator& op) {
    scheme.weights = weight_format(scheme, op);
    scheme.group = is_block_format(scheme.weights) ? 0 : scheme.group;
    scheme.mix = WeightMix::kNone;
    return scheme;
}

}  // namespace berth
