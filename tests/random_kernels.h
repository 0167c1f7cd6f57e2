// Kernels of any kind and size for rapidcheck, and a board with every rule of the matrix array.
#pragma once

#include <rapidcheck.h>

#include <cstdint>

#include "berth/cost/cost.h"
#include "hardware_fixtures.h"

namespace berth {

// The board of the unit tests with every rule of the matrix array that a profile can have.
inline Profile board_with_all_rules() {
    Profile profile = *read_board().profile;
    MatrixEngine& matrix = profile.devices[0].matrix;
    matrix.min_rows = 16;
    matrix.align_n[static_cast<std::size_t>(DType::kFp16)] = 16;
    matrix.reserve[static_cast<std::size_t>(DType::kInt8)] = Parameter<Bytes>{kibibytes(32)};
    matrix.layout_block = Parameter<Bytes>{bytes(16)};
    matrix.library_row_tile = Parameter<Bytes>{kibibytes(160)};
    matrix.int32_output = Parameter<Bandwidth>{gigabytes_per_second(2)};
    matrix.result_buffer = Parameter<Bytes>{kibibytes(32)};
    matrix.result_rows = 64;
    return profile;
}

inline MatmulDims any_matmul() {
    return {*rc::gen::inRange<std::int64_t>(1, 3),
            *rc::gen::inRange<std::int64_t>(1, 1200),
            *rc::gen::inRange<std::int64_t>(1, 4100),
            *rc::gen::inRange<std::int64_t>(1, 4100),
            *rc::gen::arbitrary<bool>(),
            *rc::gen::arbitrary<bool>()};
}

inline Dims any_dims(OperatorKind kind) {
    const auto rows = *rc::gen::inRange<std::int64_t>(1, 2000);
    const auto cols = *rc::gen::inRange<std::int64_t>(1, 2000);
    switch (traits(kind).form) {
        case DimsForm::kMatmul:
            return any_matmul();
        case DimsForm::kAttention: {
            const auto heads = *rc::gen::inRange<std::int64_t>(1, 17);
            const auto seq = *rc::gen::inRange<std::int64_t>(1, 600);
            return AttentionDims{1, heads, heads, seq, seq, 32 * *rc::gen::inRange<std::int64_t>(1, 5)};
        }
        case DimsForm::kGather:
            return GatherDims{rows, cols, 1000};
        case DimsForm::kConv: {
            const auto channels = *rc::gen::inRange<std::int64_t>(1, 300);
            const auto side = *rc::gen::inRange<std::int64_t>(3, 60);
            ConvDims conv;
            conv.in_channels = channels;
            conv.out_channels = *rc::gen::arbitrary<bool>() ? channels : 2 * channels;
            conv.groups = *rc::gen::arbitrary<bool>() ? channels : 1;
            conv.in_height = conv.in_width = conv.out_height = conv.out_width = side;
            conv.kernel_height = conv.kernel_width = 3;
            return conv;
        }
        case DimsForm::kScan:
            return ScanDims{1, rows, cols, *rc::gen::inRange<std::int64_t>(1, 65), 2, 0};
        case DimsForm::kRows:
            break;
    }
    RowsDims dims{rows, cols};
    dims.inputs = kind == OperatorKind::kAdd || kind == OperatorKind::kMul ? 2 : 1;
    return dims;
}

inline OperatorKind any_kind() {
    return *rc::gen::element(OperatorKind::kMatmul, OperatorKind::kConv2d, OperatorKind::kAttention,
                             OperatorKind::kSoftmax, OperatorKind::kLayerNorm, OperatorKind::kGelu, OperatorKind::kAdd,
                             OperatorKind::kTranspose, OperatorKind::kEmbedding);
}

inline Kernel kernel_at(OperatorKind kind, const Dims& dims, DType dtype) {
    Kernel kernel;
    kernel.kind = kind;
    kernel.dims = dims;
    kernel.input = kernel.weight = kernel.output = dtype;
    return kernel;
}

inline Kernel any_npu_kernel() {
    const OperatorKind kind = any_kind();
    Kernel kernel = kernel_at(kind, any_dims(kind), *rc::gen::element(DType::kInt8, DType::kFp16));
    kernel.library_call = kind == OperatorKind::kMatmul && *rc::gen::arbitrary<bool>();
    kernel.keeps_accumulators = kernel.library_call;
    return kernel;
}

}  // namespace berth
