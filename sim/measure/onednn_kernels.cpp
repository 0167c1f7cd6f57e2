// Operators alone, as a measurement runs them.
#include <fmt/format.h>
#include <omp.h>

#include <cmath>
#include <memory>

#include "measure/onednn.h"

namespace berth {

namespace {

using dnnl::algorithm;
using dnnl::memory;

/// Everything that a call needs, kept alive as long as the call.
struct Bench {
    OneDnn library;
    std::optional<memory> ranged;  ///< whose range is looked for before the steps
    float range = 0;
    std::vector<PrimitiveCall> steps;
};

Call call_of(std::shared_ptr<Bench> bench) {
    return [bench = std::move(bench)] {
        if (bench->ranged) {
            bench->range = range_of(*bench->ranged);
        }
        for (const PrimitiveCall& step : bench->steps) {
            bench->library.run(step);
        }
    };
}

void add_matmul(Bench& bench, const MatmulDims& d, DType dtype) {
    const auto type = onednn_type(dtype);
    const auto result = dtype == DType::kInt8 ? memory::data_type::s32 : type;
    if (d.weights) {
        const memory in = bench.library.tensor({d.batch * d.m, d.k}, type);
        const memory out = bench.library.tensor({d.batch * d.m, d.n}, result);
        bench.steps.push_back(bench.library.product(in, out, d.bias, {}));
        return;
    }
    const memory a = bench.library.tensor({d.batch, d.m, d.k}, type);
    const memory b = bench.library.tensor({d.batch, d.k, d.n}, dtype == DType::kInt8 ? memory::data_type::s8 : type);
    const memory out = bench.library.tensor({d.batch, d.m, d.n}, result);
    bench.steps.push_back(bench.library.batched_product(a, b, out, 1.0F));
}

// Q, K, V and the result lie as the products before leave them: [seq, heads x head_dim].
struct Heads {
    memory q, k, v, result;
};

Heads heads_of(OneDnn& library, const AttentionDims& d) {
    const auto type = memory::data_type::f32;
    const Shape tokens{d.seq, d.heads * d.head_dim};
    return {library.tensor(tokens, type), library.tensor(tokens, type), library.tensor(tokens, type),
            library.tensor(tokens, type)};
}

void add_attention(Bench& bench, const AttentionDims& d) {
    OneDnn& library = bench.library;
    const Heads heads = heads_of(library, d);
    const std::int64_t width = d.heads * d.head_dim;
    const Shape by_head{d.heads, d.seq, d.head_dim};
    const Shape strides{d.head_dim, width, 1};
    const memory scores = library.tensor({d.heads, d.seq, d.seq}, memory::data_type::f32);
    const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(d.head_dim)));
    bench.steps.push_back(library.batched_product(
        library.view(heads.q, by_head, strides),
        library.view(heads.k, {d.heads, d.head_dim, d.seq}, {d.head_dim, 1, width}), scores, scale));
    bench.steps.push_back(library.softmax(scores, scores));
    bench.steps.push_back(library.batched_product(scores, library.view(heads.v, by_head, strides),
                                                  library.view(heads.result, by_head, strides), 1.0F));
}

// One head and one block of queries after the other; each thread takes its share of them with scores of its own.
Call fused_attention(const AttentionDims& d, int threads) {
    constexpr std::int64_t kBlock = 64;
    struct Fused {
        std::vector<std::unique_ptr<Bench>> benches;
    };
    auto fused = std::make_shared<Fused>();
    auto first = std::make_unique<Bench>();
    const Heads heads = heads_of(first->library, d);
    const std::int64_t width = d.heads * d.head_dim;
    const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(d.head_dim)));
    fused->benches.push_back(std::move(first));
    for (int t = 1; t < threads; ++t) {
        fused->benches.push_back(std::make_unique<Bench>());
    }
    const auto part = [&](OneDnn& library, const memory& of, std::int64_t head, std::int64_t row, const Shape& shape,
                          const Shape& strides) {
        auto* const start = static_cast<float*>(of.get_data_handle()) + row * width + head * d.head_dim;
        memory seen = library.view(of, shape, strides);
        seen.set_data_handle(start);
        return seen;
    };
    std::size_t turn = 0;
    std::vector<std::vector<memory>> scores(fused->benches.size());
    for (std::int64_t head = 0; head < d.heads; ++head) {
        for (std::int64_t row = 0; row < d.seq; row += kBlock, ++turn) {
            const std::size_t t = turn % fused->benches.size();
            Bench& bench = *fused->benches[t];
            const std::int64_t rows = std::min(kBlock, d.seq - row);
            const memory block = bench.library.tensor({rows, d.seq}, memory::data_type::f32);
            if (scores[t].empty() || rows != kBlock) {
                scores[t].push_back(block);
            }
            const memory& own = rows == kBlock ? scores[t].front() : scores[t].back();
            bench.steps.push_back(bench.library.batched_product(
                part(bench.library, heads.q, head, row, {rows, d.head_dim}, {width, 1}),
                part(bench.library, heads.k, head, 0, {d.head_dim, d.seq}, {1, width}), own, scale));
            bench.steps.push_back(bench.library.softmax(own, own));
            bench.steps.push_back(bench.library.batched_product(
                own, part(bench.library, heads.v, head, 0, {d.seq, d.head_dim}, {width, 1}),
                part(bench.library, heads.result, head, row, {rows, d.head_dim}, {width, 1}), 1.0F));
        }
    }
    const std::array<memory, 4> kept{heads.q, heads.k, heads.v, heads.result};
    return [fused, kept, threads] {
#pragma omp parallel num_threads(threads)
        {
            Bench& bench = *fused->benches[static_cast<std::size_t>(omp_get_thread_num())];
            for (const PrimitiveCall& step : bench.steps) {
                bench.library.run(step);
            }
        }
    };
}

std::optional<algorithm> activation_of(OperatorKind kind) {
    switch (kind) {
        case OperatorKind::kGelu:
            return algorithm::eltwise_gelu_erf;
        case OperatorKind::kSilu:
            return algorithm::eltwise_swish;
        case OperatorKind::kRelu:
            return algorithm::eltwise_relu;
        case OperatorKind::kTanh:
            return algorithm::eltwise_tanh;
        case OperatorKind::kSigmoid:
            return algorithm::eltwise_logistic;
        default:
            return std::nullopt;
    }
}

bool add_rows(Bench& bench, OperatorKind kind, const RowsDims& d, DType dtype) {
    OneDnn& library = bench.library;
    const auto type = onednn_type(dtype);
    const Shape shape{d.rows, d.cols};
    const memory in = library.tensor(shape, type);
    const memory out = library.tensor(shape, type);
    if (const auto activation = activation_of(kind)) {
        bench.steps.push_back(library.eltwise(*activation, in, out));
        return true;
    }
    switch (kind) {
        case OperatorKind::kSoftmax:
            bench.steps.push_back(library.softmax(in, out));
            return true;
        case OperatorKind::kLayerNorm:
            bench.steps.push_back(library.layer_norm(in, out));
            return true;
        case OperatorKind::kAdd:
            bench.steps.push_back(library.binary(algorithm::binary_add, in, library.tensor(shape, type), out));
            return true;
        case OperatorKind::kMul:
            bench.steps.push_back(library.binary(algorithm::binary_mul, in, library.tensor(shape, type), out));
            return true;
        case OperatorKind::kQuantize:
            bench.ranged = in;
            bench.steps.push_back(library.convert(in, library.tensor(shape, memory::data_type::u8), 10.0F));
            return true;
        case OperatorKind::kDequantize:
            bench.steps.push_back(library.convert(library.tensor(shape, memory::data_type::u8), out, 0.1F));
            return true;
        default:
            return false;
    }
}

std::optional<Call> made(const KernelJob& job) {
    if (const auto* attention = std::get_if<AttentionDims>(&job.dims); attention != nullptr && job.fused) {
        return fused_attention(*attention, job.threads);
    }
    auto bench = std::make_shared<Bench>();
    if (const auto* matmul = std::get_if<MatmulDims>(&job.dims)) {
        add_matmul(*bench, *matmul, job.dtype);
    } else if (const auto* unfused = std::get_if<AttentionDims>(&job.dims)) {
        add_attention(*bench, *unfused);
    } else if (const auto* rows = std::get_if<RowsDims>(&job.dims);
               rows == nullptr || !add_rows(*bench, job.kind, *rows, job.dtype)) {
        return std::nullopt;
    }
    return call_of(std::move(bench));
}

}  // namespace

std::optional<Call> onednn_call(const KernelJob& job, std::string& why) {
    try {
        auto call = made(job);
        why = call ? "" : fmt::format("oneDNN has no {}", traits(job.kind).name);
        return call;
    } catch (const dnnl::error& error) {
        why = fmt::format("oneDNN: {}", error.what());
        return std::nullopt;
    }
}

}  // namespace berth
