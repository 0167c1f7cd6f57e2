// Kernels of oneDNN over memory that the caller gives, as steps of a sequence or alone.
#pragma once

#include <array>
#include <dnnl.hpp>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "berth/operators.h"
#include "measure/timing.h"

namespace berth {

/// A prepared primitive with its arguments; running it waits for the result.
struct PrimitiveCall {
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
};

using Shape = std::vector<std::int64_t>;

[[nodiscard]] dnnl::memory::data_type onednn_type(DType dtype);

/// Makes primitives for the number of threads that are set when it is called. Errors of the library are thrown as
/// dnnl::error: it has no such kernel on this machine.
class OneDnn {
  public:
    OneDnn() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}

    /// Rows lie one after the other, filled with small numbers.
    [[nodiscard]] dnnl::memory tensor(const Shape& shape, dnnl::memory::data_type type);
    /// A tensor where another one lies that nobody reads any more and that takes as many bytes.
    [[nodiscard]] dnnl::memory tensor_over(const dnnl::memory& other, const Shape& shape,
                                           dnnl::memory::data_type type) const;
    /// The same memory seen with other sizes and strides.
    [[nodiscard]] dnnl::memory view(const dnnl::memory& of, const Shape& shape, const Shape& strides) const;

    /// What is fused into a product: an activation, and a tensor that is added.
    struct Fused {
        std::optional<dnnl::algorithm> activation;
        std::optional<dnnl::memory> added;
    };
    /// in [m, k] x weights [k, n] + bias -> out [m, n]. The library chooses how the weights lie; they are brought there
    /// before. An int8 product takes unsigned rows around `zero_point` and leaves int32, or float scaled.
    [[nodiscard]] PrimitiveCall product(const dnnl::memory& in, const dnnl::memory& out, bool bias, const Fused& fused);
    /// a x b for every element of the leading dimensions, both given.
    [[nodiscard]] PrimitiveCall batched_product(const dnnl::memory& a, const dnnl::memory& b, const dnnl::memory& out,
                                                float scale) const;
    [[nodiscard]] PrimitiveCall softmax(const dnnl::memory& in, const dnnl::memory& out) const;
    /// Attention as two products and a softmax: all heads at once, scores [heads, seq, seq] in memory of their own.
    struct Attention {
        dnnl::memory q, k, v, result;  ///< [seq, heads x head_dim], as the products before leave them
    };
    [[nodiscard]] std::array<PrimitiveCall, 3> attention(const Attention& tensors, const dnnl::memory& scores,
                                                         const AttentionDims& dims) const;
    [[nodiscard]] PrimitiveCall layer_norm(const dnnl::memory& in, const dnnl::memory& out);
    [[nodiscard]] PrimitiveCall eltwise(dnnl::algorithm algorithm, const dnnl::memory& in, const dnnl::memory& out);
    [[nodiscard]] PrimitiveCall binary(dnnl::algorithm algorithm, const dnnl::memory& a, const dnnl::memory& b,
                                       const dnnl::memory& out);
    /// Another data type: quantise, dequantise, narrow.
    [[nodiscard]] PrimitiveCall convert(const dnnl::memory& in, const dnnl::memory& out, float scale);

    void run(const PrimitiveCall& step);

    /// Whether a kernel wrote around one of the tensors: then its library is broken on this machine.
    [[nodiscard]] bool intact() const;

  private:
    struct Block {
        std::unique_ptr<unsigned char[]> data;
        std::size_t size;
        unsigned char* start = nullptr;  ///< of the tensor
    };
    [[nodiscard]] dnnl::memory allocate(const dnnl::memory::desc& desc);
    [[nodiscard]] dnnl::memory placed(const dnnl::memory& given, const dnnl::memory::desc& wanted);

    dnnl::engine engine_;
    dnnl::stream stream_;
    std::vector<Block> blocks_;
};

/// Largest less smallest element of float rows: what dynamic quantisation looks for first.
[[nodiscard]] float range_of(const dnnl::memory& rows);

/// 1 / sqrt(head_dim), which scores are scaled by.
[[nodiscard]] float score_scale(const AttentionDims& dims);

/// The calls of one operator alone, on memory of its own: one, or those of its parts. Absent, with the reason in `why`,
/// if oneDNN has no such kernel.
[[nodiscard]] std::optional<Calls> onednn_calls(const KernelJob& job, std::string& why);

}  // namespace berth
