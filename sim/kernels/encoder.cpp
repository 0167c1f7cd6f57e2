// Assembles a whole encoder from oneDNN kernels, as an inference runtime does: one primitive per operator, fusion into
// products where possible, weights in the layout that the library prefers, and activations in reused memory.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>

#include "base/index.h"
#include "kernels/onednn.h"

namespace berth {

namespace {

using dnnl::algorithm;
using dnnl::memory;

Shape matrix_shape(const Tensor& tensor) {
    const auto rows = std::accumulate(tensor.shape.begin(), tensor.shape.end() - 1, std::int64_t{1}, std::multiplies());
    return {rows, tensor.shape.back()};
}

/// Converts the operators to calls, one after the other.
class Assembly {
  public:
    Assembly(const Graph& graph, DType dtype) : graph_(graph), quantized_(dtype == DType::kInt8) {
        tensors_.resize(graph.tensors.size());
        fused_away_.resize(graph.operators.size());
    }

    /// False if an operator has no kernel; `missing` then names the operator.
    bool build(std::string& missing) {
        for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
            if (!fused_away_[i] && !add(i)) {
                missing = graph_.operators[i].name;
                return false;
            }
            release_read_by(i);
        }
        return true;
    }

    /// The calls in execution order, valid as long as the assembly.
    [[nodiscard]] const Calls& calls() const { return calls_; }

  private:
    [[nodiscard]] const Operator& op(std::size_t i) const { return graph_.operators[i]; }

    const memory& tensor(TensorId id) {
        auto& made = tensors_[at(id)];
        if (!made) {
            made = place(matrix_shape(graph_.tensors[at(id)]), memory::data_type::f32);
        }
        return *made;
    }

    // A tensor in memory of the same size that is no longer needed, or else in new memory.
    memory place(const Shape& shape, memory::data_type type) {
        const auto bytes = static_cast<std::size_t>(shape[0] * shape[1]) * memory::data_type_size(type);
        const auto free = free_.find(bytes);
        if (free == free_.end()) {
            return library_.tensor(shape, type);
        }
        const memory over = free->second;
        free_.erase(free);
        return library_.tensor_over(over, shape, type);
    }

    void release(const memory& over) { free_.emplace(over.get_desc().get_size(), over); }

    // Releases inputs that operator i reads last: steps run in the order of their operators, so their memory may be
    // reused.
    void release_read_by(std::size_t i) {
        for (const TensorId id : op(i).inputs) {
            const auto& readers = graph_.tensors[at(id)].consumers;
            auto& made = tensors_[at(id)];
            if (!made || at(*std::ranges::max_element(readers)) != i) {
                continue;
            }
            release(*made);
            made.reset();
            if (const auto copy = quantised_.find(id); copy != quantised_.end()) {
                release(copy->second);
                quantised_.erase(copy);
            }
        }
    }

    void add_step(PrimitiveCall step) {
        calls_.emplace_back([this, step = std::move(step)] { library_.run(step); });
    }

    bool add(std::size_t i) {
        switch (op(i).kind) {
            case OperatorKind::kMatmul:
                add_product(i);
                return true;
            case OperatorKind::kAttention:
                add_attention(op(i));
                return true;
            case OperatorKind::kLayerNorm:
                add_step(library_.layer_norm(tensor(op(i).inputs[0]), tensor(op(i).output)));
                return true;
            case OperatorKind::kGelu:
                add_step(library_.eltwise(algorithm::eltwise_gelu_erf, tensor(op(i).inputs[0]), tensor(op(i).output)));
                return true;
            case OperatorKind::kTanh:
                add_step(library_.eltwise(algorithm::eltwise_tanh, tensor(op(i).inputs[0]), tensor(op(i).output)));
                return true;
            case OperatorKind::kAdd:
                add_step(library_.binary(algorithm::binary_add, tensor(op(i).inputs[0]), tensor(op(i).inputs[1]),
                                         tensor(op(i).output)));
                return true;
            case OperatorKind::kEmbedding:
                add_gather(op(i));
                return true;
            case OperatorKind::kSplit:
            case OperatorKind::kReshape:
                add_copy(op(i));
                return true;
            case OperatorKind::kPool:
            case OperatorKind::kNormalize:
                add_reduction(op(i));
                return true;
            default:
                return false;
        }
    }

    // The reader of a tensor, if it is the only one and of this kind.
    [[nodiscard]] std::optional<std::size_t> only_reader(TensorId id, OperatorKind kind) const {
        const auto& readers = graph_.tensors[static_cast<std::size_t>(id)].consumers;
        const bool one = readers.size() == 1 && op(static_cast<std::size_t>(readers[0])).kind == kind;
        return one ? std::optional(static_cast<std::size_t>(readers[0])) : std::nullopt;
    }

    void add_product(std::size_t i) {
        OneDnn::Fused fused;
        std::size_t last = i;
        if (const auto gelu = only_reader(op(i).output, OperatorKind::kGelu)) {
            fused.activation = algorithm::eltwise_gelu_erf;
            last = *gelu;
        } else if (const auto sum = only_reader(op(i).output, OperatorKind::kAdd)) {
            const auto& inputs = op(*sum).inputs;
            const TensorId other = inputs[0] == op(i).output ? inputs[1] : inputs[0];
            fused.added = tensor(other);
            last = *sum;
        }
        if (last != i) {
            fused_away_[last] = true;
        }
        const auto& d = std::get<MatmulDims>(op(i).dims);
        memory in = tensor(op(i).inputs[0]);
        if (quantized_) {
            in = quantised(op(i).inputs[0]);
        }
        add_step(library_.product(in, tensor(op(last).output), d.bias, fused));
    }

    // Quantises an activation once for all its readers, after determining its range, as runtimes do.
    const memory& quantised(TensorId id) {
        if (const auto known = quantised_.find(id); known != quantised_.end()) {
            return known->second;
        }
        const memory from = tensor(id);
        const memory to = place(from.get_desc().dims(), memory::data_type::u8);
        calls_.emplace_back([this, from] { range_ = range_of(from); });
        add_step(library_.convert(from, to, 10.0F));
        return quantised_.emplace(id, to).first->second;
    }

    void add_attention(const Operator& one) {
        const auto& d = std::get<AttentionDims>(one.dims);
        if (!scores_) {
            scores_ = library_.tensor({d.heads, d.seq, d.seq}, memory::data_type::f32);
        }
        const OneDnn::Attention tensors{tensor(one.inputs[0]), tensor(one.inputs[1]), tensor(one.inputs[2]),
                                        tensor(one.output)};
        for (PrimitiveCall& step : library_.attention(tensors, *scores_, d)) {
            add_step(std::move(step));
        }
    }

    void add_gather(const Operator& one) {
        const auto& d = std::get<GatherDims>(one.dims);
        const memory table = library_.tensor({d.table_rows, d.cols}, memory::data_type::f32);
        const memory out = tensor(one.output);
        calls_.emplace_back([d, table, out] {
            const auto* const from = static_cast<const float*>(table.get_data_handle());
            auto* const to = static_cast<float*>(out.get_data_handle());
            const auto row = static_cast<std::size_t>(d.cols);
            for (std::int64_t i = 0; i < d.rows; ++i) {
                const auto picked = static_cast<std::size_t>(i * 7919 % d.table_rows);
                std::memcpy(to + static_cast<std::size_t>(i) * row, from + picked * row, row * sizeof(float));
            }
        });
    }

    // Copies the first rows of the input.
    void add_copy(const Operator& one) {
        const memory in = tensor(one.inputs[0]);
        const memory out = tensor(one.output);
        calls_.emplace_back([in, out] {
            std::memcpy(out.get_data_handle(), in.get_data_handle(),
                        std::min(in.get_desc().get_size(), out.get_desc().get_size()));
        });
    }

    // Mean over the rows. Also stands in for normalisation, which divides one row by its norm.
    void add_reduction(const Operator& one) {
        const memory in = tensor(one.inputs[0]);
        const memory out = tensor(one.output);
        calls_.emplace_back([in, out] {
            const auto dims = in.get_desc().dims();
            const auto* const from = static_cast<const float*>(in.get_data_handle());
            auto* const to = static_cast<float*>(out.get_data_handle());
            const auto columns = static_cast<std::size_t>(dims[1]);
            std::fill(to, to + columns, 0.0F);
            for (std::size_t r = 0; r < static_cast<std::size_t>(dims[0]); ++r) {
                for (std::size_t c = 0; c < columns; ++c) {
                    to[c] += from[r * columns + c];
                }
            }
            const float scale = 1.0F / static_cast<float>(dims[0]);
            for (std::size_t c = 0; c < columns; ++c) {
                to[c] *= scale;
            }
        });
    }

    const Graph& graph_;
    bool quantized_;
    OneDnn library_;
    std::vector<std::optional<memory>> tensors_;
    std::vector<bool> fused_away_;
    std::map<TensorId, memory> quantised_;
    std::multimap<std::size_t, memory> free_;  ///< by size in bytes
    std::optional<memory> scores_;
    Calls calls_;
    float range_ = 0;
};

struct Encoder {
    Graph graph;
    std::unique_ptr<Assembly> assembly;
};

}  // namespace

std::optional<Calls> onednn_encoder_calls(const Graph& graph, DType dtype, std::string& why) {
    auto encoder = std::make_shared<Encoder>();
    encoder->graph = graph;
    encoder->assembly = std::make_unique<Assembly>(encoder->graph, dtype);
    try {
        std::string missing;
        if (!encoder->assembly->build(missing)) {
            why = fmt::format("no kernel for {}", missing);
            return std::nullopt;
        }
    } catch (const dnnl::error& error) {
        why = fmt::format("oneDNN: {}", error.what());
        return std::nullopt;
    }
    Calls calls;
    for (const Call& call : encoder->assembly->calls()) {
        calls.emplace_back([encoder, &call] { call(); });
    }
    return calls;
}

}  // namespace berth
