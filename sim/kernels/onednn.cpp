// Creates oneDNN primitives once and runs them repeatedly.
#include "kernels/onednn.h"

#include <alloca.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace berth {

namespace {

using dnnl::memory;

Shape row_major(const Shape& shape) {
    Shape strides(shape.size(), 1);
    for (std::size_t i = shape.size() - 1; i-- > 0;) {
        strides[i] = strides[i + 1] * shape[i + 1];
    }
    return strides;
}

memory::desc plain(const Shape& shape, memory::data_type type) { return {shape, type, row_major(shape)}; }

// Fills a tensor with small numbers of both signs: no zeros, which some kernels skip, and no subnormals, which are
// slow.
void fill(const memory& target) {
    const std::size_t size = target.get_desc().get_size();
    auto* const data = static_cast<unsigned char*>(target.get_data_handle());
    const auto type = target.get_desc().data_type();
    for (std::size_t i = 0, at = 0; at + sizeof(float) <= size; ++i, at += sizeof(float)) {
        const float value = 0.01F * static_cast<float>(static_cast<int>(i * 37 % 101) - 50);
        if (type == memory::data_type::f32) {
            std::memcpy(data + at, &value, sizeof value);
        } else if (type == memory::data_type::bf16) {
            std::uint32_t bits = 0;
            std::memcpy(&bits, &value, sizeof bits);
            const std::uint32_t both = (bits >> 16U) | (bits & 0xffff0000U);
            std::memcpy(data + at, &both, sizeof both);
        } else {
            const auto pattern = static_cast<std::uint32_t>(i * 2654435761U) & 0x3f3f3f3fU;
            std::memcpy(data + at, &pattern, sizeof pattern);
        }
    }
}

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLine = 64;
constexpr std::size_t kRoom = 4 * kPage;  // around a tensor: margins on both sides, and its offset
constexpr unsigned char kUntouched = 0xa5;

// Start of the `count`-th tensor: after a margin of one page, on a cache line that differs from tensor to tensor. A
// core takes a load to depend on an earlier store if the low twelve bits of their addresses are equal; with the heap's
// placement of large blocks, this would hold for all tensors.
unsigned char* inside(unsigned char* block, std::size_t count) {
    constexpr std::size_t kStride = 27;                            // in lines; spreads consecutive tensors far apart
    const auto address = reinterpret_cast<std::uintptr_t>(block);  // NOLINT: alignment needs the number
    return block + (kPage - address % kPage) + kPage + count * kStride * kLine % kPage;
}

bool is_integer(memory::data_type type) { return type == memory::data_type::u8 || type == memory::data_type::s8; }

// Kernels that keep vectors on the stack do not align it: a softmax takes 0.52 or 0.73 ns per element, depending on the
// stack address modulo 32 bytes. OpenMP threads have the slower alignment, the first thread either one. The slower one
// is set for it too, because otherwise neither one and two threads nor two runs would be comparable.
void execute_on_fixed_stack(const dnnl::primitive& primitive, const dnnl::stream& stream,
                            const std::vector<dnnl_exec_arg_t>& arguments) {
#if defined(__x86_64__)
    std::uintptr_t stack = 0;
    asm volatile("mov %%rsp, %0" : "=r"(stack));
    constexpr std::size_t kVector = 32;
    if (stack % kVector == 0) {
        asm volatile("" : : "r"(alloca(1)) : "memory");  // the 16 bytes of the guaranteed stack alignment
    }
#endif
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(primitive.get(), stream.get(), static_cast<int>(arguments.size()), arguments.data()),
        "could not execute a primitive");
}

}  // namespace

memory::data_type onednn_type(DType dtype) {
    constexpr std::array<std::pair<DType, memory::data_type>, 5> kTypes{{{DType::kFp32, memory::data_type::f32},
                                                                         {DType::kFp16, memory::data_type::f16},
                                                                         {DType::kBf16, memory::data_type::bf16},
                                                                         {DType::kInt8, memory::data_type::u8},
                                                                         {DType::kInt32, memory::data_type::s32}}};
    for (const auto& [own, type] : kTypes) {
        if (own == dtype) {
            return type;
        }
    }
    throw std::logic_error("a dtype that oneDNN does not have");
}

// Some kernels of this library write past a ragged edge of a tensor. A margin of one page on either side protects the
// heap from this and makes it detectable.
memory OneDnn::allocate(const memory::desc& desc) {
    Block block{std::make_unique<unsigned char[]>(desc.get_size() + kRoom), desc.get_size()};
    std::memset(block.data.get(), kUntouched, block.size + kRoom);
    block.start = inside(block.data.get(), blocks_.size());
    memory made(desc, engine_, block.start);
    blocks_.push_back(std::move(block));
    return made;
}

void OneDnn::run(const PrimitiveCall& step) {
    std::vector<dnnl_exec_arg_t> arguments;
    arguments.reserve(step.arguments.size());
    for (const auto& [role, tensor] : step.arguments) {
        arguments.push_back({role, tensor.get(true)});
    }
    execute_on_fixed_stack(step.primitive, stream_, arguments);
    stream_.wait();
}

bool OneDnn::intact() const {
    return std::ranges::all_of(blocks_, [](const Block& block) {
        unsigned char* const data = block.data.get();
        const auto untouched = [](unsigned char byte) { return byte == kUntouched; };
        return std::all_of(data, block.start, untouched) &&
               std::all_of(block.start + block.size, data + block.size + kRoom, untouched);
    });
}

memory OneDnn::tensor(const Shape& shape, memory::data_type type) {
    memory made = allocate(plain(shape, type));
    fill(made);
    return made;
}

memory OneDnn::tensor_over(const memory& other, const Shape& shape, memory::data_type type) const {
    return {plain(shape, type), engine_, other.get_data_handle()};
}

memory OneDnn::view(const memory& of, const Shape& shape, const Shape& strides) const {
    return {memory::desc(shape, of.get_desc().data_type(), strides), engine_, of.get_data_handle()};
}

memory OneDnn::placed(const memory& given, const memory::desc& wanted) {
    if (given.get_desc() == wanted) {
        return given;
    }
    memory source = given;  // copy of the handle, because the library requires a mutable one
    memory target = allocate(wanted);
    dnnl::reorder(source, target).execute(stream_, source, target);
    stream_.wait();
    return target;
}

PrimitiveCall OneDnn::product(const memory& in, const memory& out, bool bias, const Fused& fused) {
    const auto rows = in.get_desc().dims();
    const auto type = in.get_desc().data_type();
    const std::int64_t n = out.get_desc().dims().back();
    const auto weight_type = is_integer(type) ? memory::data_type::s8 : type;
    const memory weights = tensor({rows.back(), n}, weight_type);
    const memory::desc any({rows.back(), n}, weight_type, memory::format_tag::any);

    PrimitiveCall step;
    dnnl::primitive_attr attributes;
    dnnl::post_ops after;
    if (fused.activation) {
        after.append_eltwise(1.0F, *fused.activation, 0.0F, 0.0F);
    }
    if (fused.added) {
        step.arguments[DNNL_ARG_ATTR_MULTIPLE_POST_OP(after.len()) | DNNL_ARG_SRC_1] = *fused.added;
        after.append_binary(dnnl::algorithm::binary_add, fused.added->get_desc());
    }
    attributes.set_post_ops(after);
    if (is_integer(type) && out.get_desc().data_type() == memory::data_type::f32) {
        attributes.set_output_scales(0, {1e-4F});
    }
    const memory::desc bias_desc = plain({1, n}, memory::data_type::f32);
    const dnnl::matmul::desc desc = bias ? dnnl::matmul::desc(in.get_desc(), any, bias_desc, out.get_desc())
                                         : dnnl::matmul::desc(in.get_desc(), any, out.get_desc());
    const dnnl::matmul::primitive_desc chosen(desc, attributes, engine_);
    step.primitive = dnnl::matmul(chosen);
    step.arguments[DNNL_ARG_SRC] = in;
    step.arguments[DNNL_ARG_WEIGHTS] = placed(weights, chosen.weights_desc());
    step.arguments[DNNL_ARG_DST] = out;
    if (bias) {
        step.arguments[DNNL_ARG_BIAS] = tensor({1, n}, memory::data_type::f32);
    }
    return step;
}

PrimitiveCall OneDnn::batched_product(const memory& a, const memory& b, const memory& out, float scale) const {
    dnnl::primitive_attr attributes;
    if (scale != 1.0F) {
        attributes.set_output_scales(0, {scale});
    }
    const dnnl::matmul::primitive_desc chosen({a.get_desc(), b.get_desc(), out.get_desc()}, attributes, engine_);
    return {dnnl::matmul(chosen), {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, out}}};
}

PrimitiveCall OneDnn::softmax(const memory& in, const memory& out) const {
    const auto axis = static_cast<int>(in.get_desc().dims().size()) - 1;
    const dnnl::softmax_v2_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate, in.get_desc(), out.get_desc(), axis},
        engine_);
    return {dnnl::softmax_v2_forward(chosen), {{DNNL_ARG_SRC, in}, {DNNL_ARG_DST, out}}};
}

std::array<PrimitiveCall, 3> OneDnn::attention(const Attention& tensors, const memory& scores,
                                               const AttentionDims& d) const {
    const std::int64_t width = d.heads * d.head_dim;
    const Shape by_head{d.heads, d.seq, d.head_dim};
    const Shape strides{d.head_dim, width, 1};
    const memory keys = view(tensors.k, {d.heads, d.head_dim, d.seq}, {d.head_dim, 1, width});
    return {batched_product(view(tensors.q, by_head, strides), keys, scores, score_scale(d)), softmax(scores, scores),
            batched_product(scores, view(tensors.v, by_head, strides), view(tensors.result, by_head, strides), 1.0F)};
}

float score_scale(const AttentionDims& dims) {
    return static_cast<float>(1 / std::sqrt(static_cast<double>(dims.head_dim)));
}

PrimitiveCall OneDnn::layer_norm(const memory& in, const memory& out) {
    using Flags = dnnl::normalization_flags;
    const dnnl::layer_normalization_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, in.get_desc(), 1e-5F, Flags::use_scale | Flags::use_shift}, engine_);
    const Shape width{in.get_desc().dims().back()};
    return {dnnl::layer_normalization_forward(chosen),
            {{DNNL_ARG_SRC, in},
             {DNNL_ARG_DST, out},
             {DNNL_ARG_SCALE, tensor(width, memory::data_type::f32)},
             {DNNL_ARG_SHIFT, tensor(width, memory::data_type::f32)}}};
}

PrimitiveCall OneDnn::eltwise(dnnl::algorithm algorithm, const memory& in, const memory& out) {
    const dnnl::eltwise_forward::primitive_desc chosen({dnnl::prop_kind::forward_inference, algorithm, in.get_desc(),
                                                        algorithm == dnnl::algorithm::eltwise_swish ? 1.0F : 0.0F},
                                                       engine_);
    return {dnnl::eltwise_forward(chosen), {{DNNL_ARG_SRC, in}, {DNNL_ARG_DST, out}}};
}

PrimitiveCall OneDnn::binary(dnnl::algorithm algorithm, const memory& a, const memory& b, const memory& out) {
    const dnnl::binary::primitive_desc chosen({algorithm, a.get_desc(), b.get_desc(), out.get_desc()}, engine_);
    return {dnnl::binary(chosen), {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, out}}};
}

PrimitiveCall OneDnn::convert(const memory& in, const memory& out, float scale) {
    dnnl::primitive_attr attributes;
    attributes.set_output_scales(0, {scale});
    const dnnl::reorder::primitive_desc chosen(engine_, in.get_desc(), engine_, out.get_desc(), attributes);
    return {dnnl::reorder(chosen), {{DNNL_ARG_FROM, in}, {DNNL_ARG_TO, out}}};
}

}  // namespace berth
