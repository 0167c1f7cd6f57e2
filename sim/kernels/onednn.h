// oneDNN kernels over memory of the caller, run as a sequence or alone.
#pragma once

#include <array>
#include <dnnl.hpp>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "berth/graph/graph.h"
#include "berth/graph/operators.h"
#include "measure/timing.h"

namespace berth {

/// A prepared primitive with its arguments; running it blocks until the result is ready.
struct PrimitiveCall {
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
};

using Shape = std::vector<std::int64_t>;

[[nodiscard]] dnnl::memory::data_type onednn_type(DType dtype);

/// Creates primitives for the number of threads that is set at the time of the call. A library error is thrown as
/// dnnl::error: it has no such kernel on this machine.
class OneDnn {
  public:
    OneDnn() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}

    /// Allocates a row-major tensor, filled with small numbers.
    [[nodiscard]] dnnl::memory tensor(const Shape& shape, dnnl::memory::data_type type);
    /// A tensor in the memory of another one of the same byte size, which is no longer read.
    [[nodiscard]] dnnl::memory tensor_over(const dnnl::memory& other, const Shape& shape,
                                           dnnl::memory::data_type type) const;
    /// A view of the same memory with other sizes and strides.
    [[nodiscard]] dnnl::memory view(const dnnl::memory& of, const Shape& shape, const Shape& strides) const;

    /// Operations fused into a product: an activation, and a tensor to add.
    struct Fused {
        std::optional<dnnl::algorithm> activation;
        std::optional<dnnl::memory> added;
    };
    /// in [m, k] x weights [k, n] + bias -> out [m, n]. The library chooses the layout of the weights, which are
    /// reordered beforehand. An int8 product reads unsigned rows with the zero point `zero_point`, and writes int32, or
    /// float after scaling.
    [[nodiscard]] PrimitiveCall product(const dnnl::memory& in, const dnnl::memory& out, bool bias, const Fused& fused);
    /// a x b for each index of the leading dimensions, which both factors have.
    [[nodiscard]] PrimitiveCall batched_product(const dnnl::memory& a, const dnnl::memory& b, const dnnl::memory& out,
                                                float scale) const;
    [[nodiscard]] PrimitiveCall softmax(const dnnl::memory& in, const dnnl::memory& out) const;
    /// Attention as two products and a softmax over all heads at once, with the scores [heads, seq, seq] in separate
    /// memory.
    struct Attention {
        dnnl::memory q, k, v, result;  ///< [seq, heads x head_dim], as the preceding products write them
    };
    [[nodiscard]] std::array<PrimitiveCall, 3> attention(const Attention& tensors, const dnnl::memory& scores,
                                                         const AttentionDims& dims) const;
    [[nodiscard]] PrimitiveCall layer_norm(const dnnl::memory& in, const dnnl::memory& out);
    [[nodiscard]] PrimitiveCall eltwise(dnnl::algorithm algorithm, const dnnl::memory& in, const dnnl::memory& out);
    [[nodiscard]] PrimitiveCall binary(dnnl::algorithm algorithm, const dnnl::memory& a, const dnnl::memory& b,
                                       const dnnl::memory& out);
    /// Converts the data type: quantise, dequantise, narrow.
    [[nodiscard]] PrimitiveCall convert(const dnnl::memory& in, const dnnl::memory& out, float scale);

    void run(const PrimitiveCall& step);

    /// False if a kernel wrote outside one of the tensors; the library is then broken on this machine.
    [[nodiscard]] bool intact() const;

  private:
    struct Block {
        std::unique_ptr<unsigned char[]> data;
        std::size_t size;
        unsigned char* start = nullptr;  ///< start of the tensor
    };
    [[nodiscard]] dnnl::memory allocate(const dnnl::memory::desc& desc);
    [[nodiscard]] dnnl::memory placed(const dnnl::memory& given, const dnnl::memory::desc& wanted);

    dnnl::engine engine_;
    dnnl::stream stream_;
    std::vector<Block> blocks_;
};

/// Largest minus smallest element of float rows, which dynamic quantisation determines first.
[[nodiscard]] float range_of(const dnnl::memory& rows);

/// 1 / sqrt(head_dim), the scale of attention scores.
[[nodiscard]] float score_scale(const AttentionDims& dims);

// The functions of KernelModule.
[[nodiscard]] std::optional<Calls> onednn_operator_calls(const KernelJob& job, std::string& why);
[[nodiscard]] std::optional<Calls> onednn_encoder_calls(const Graph& graph, DType dtype, std::string& why);

}  // namespace berth
