// Operators as single measurements.
#include <fmt/format.h>
#include <omp.h>

#include <map>
#include <memory>
#include <utility>

#include "kernels/onednn.h"

namespace berth {

namespace {

using dnnl::algorithm;
using dnnl::memory;

/// Everything that a call uses, kept alive with the call.
struct Bench {
    OneDnn library;
    std::optional<memory> ranged;  ///< the tensor whose range is determined before the steps
    float range = 0;
    std::vector<PrimitiveCall> steps;
};

Calls calls_of(const std::shared_ptr<Bench>& bench) {
    Calls calls;
    if (bench->ranged) {
        calls.emplace_back([bench] { bench->range = range_of(*bench->ranged); });
    }
    for (const PrimitiveCall& step : bench->steps) {
        calls.emplace_back([bench, &step] { bench->library.run(step); });
    }
    return calls;
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

OneDnn::Attention heads_of(OneDnn& library, const AttentionDims& d) {
    const auto type = memory::data_type::f32;
    const Shape tokens{d.seq, d.heads * d.head_dim};
    return {library.tensor(tokens, type), library.tensor(tokens, type), library.tensor(tokens, type),
            library.tensor(tokens, type)};
}

void add_attention(Bench& bench, const AttentionDims& d) {
    OneDnn& library = bench.library;
    const memory scores = library.tensor({d.heads, d.seq, d.seq}, memory::data_type::f32);
    const auto steps = library.attention(heads_of(library, d), scores, d);
    bench.steps.assign(steps.begin(), steps.end());
}

// Processes one head and one block of queries at a time; each thread takes its share of them, with a score buffer of
// its own.
Call fused_attention(const AttentionDims& d, int threads) {
    constexpr std::int64_t kBlock = 64;
    auto benches = std::make_shared<std::vector<Bench>>(static_cast<std::size_t>(threads));
    const OneDnn::Attention heads = heads_of(benches->front().library, d);
    const std::int64_t width = d.heads * d.head_dim;
    const auto part = [&](OneDnn& library, const memory& of, std::int64_t head, std::int64_t row, const Shape& shape,
                          const Shape& strides) {
        auto* const start = static_cast<float*>(of.get_data_handle()) + row * width + head * d.head_dim;
        memory seen = library.view(of, shape, strides);
        seen.set_data_handle(start);
        return seen;
    };
    std::size_t turn = 0;
    std::map<std::pair<std::size_t, std::int64_t>, memory> scores;  // by thread and rows: the last block may be shorter
    for (std::int64_t head = 0; head < d.heads; ++head) {
        for (std::int64_t row = 0; row < d.seq; row += kBlock, ++turn) {
            const std::size_t t = turn % benches->size();
            Bench& bench = (*benches)[t];
            const std::int64_t rows = std::min(kBlock, d.seq - row);
            memory& own = scores[{t, rows}];
            if (!own) {
                own = bench.library.tensor({rows, d.seq}, memory::data_type::f32);
            }
            bench.steps.push_back(bench.library.batched_product(
                part(bench.library, heads.q, head, row, {rows, d.head_dim}, {width, 1}),
                part(bench.library, heads.k, head, 0, {d.head_dim, d.seq}, {1, width}), own, score_scale(d)));
            bench.steps.push_back(bench.library.softmax(own, own));
            bench.steps.push_back(bench.library.batched_product(
                own, part(bench.library, heads.v, head, 0, {d.seq, d.head_dim}, {width, 1}),
                part(bench.library, heads.result, head, row, {rows, d.head_dim}, {width, 1}), 1.0F));
        }
    }
    return [benches, threads] {
#pragma omp parallel num_threads(threads)
        {
            Bench& bench = (*benches)[static_cast<std::size_t>(omp_get_thread_num())];
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

std::optional<Calls> made(const KernelJob& job) {
    if (const auto* attention = std::get_if<AttentionDims>(&job.dims); attention != nullptr && job.fused) {
        return Calls{fused_attention(*attention, job.threads)};
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
    return calls_of(bench);
}

}  // namespace

std::optional<Calls> onednn_operator_calls(const KernelJob& job, std::string& why) {
    try {
        auto calls = made(job);
        why = calls ? "" : "oneDNN has no such operator";
        return calls;
    } catch (const dnnl::error& error) {
        why = fmt::format("oneDNN: {}", error.what());
        return std::nullopt;
    }
}

}  // namespace berth
