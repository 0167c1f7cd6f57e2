// Groups equal operators of a graph into classes, so that repeated layers are lowered once.
#include <variant>

#include "base/mapped.h"
#include "base/overloaded.h"
#include "cost/lowering.h"
#include "cost/terms.h"

namespace berth {

namespace {

std::uint64_t mixed(std::initializer_list<std::int64_t> values) {
    std::uint64_t hash = 0;
    for (const std::int64_t value : values) {
        hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 32U;
    }
    return hash;
}

// Equal operators have equal hashes. Sizes that rarely differ on their own are left out of the hash.
std::uint64_t hash_of(const Operator& op) {
    const std::uint64_t sizes = std::visit(Overloaded{
                                               [](const MatmulDims& d) {
                                                   return mixed({d.m, d.k, d.n});
                                               },
                                               [](const AttentionDims& d) {
                                                   return mixed({d.heads, d.seq, d.kv_seq});
                                               },
                                               [](const RowsDims& d) {
                                                   return mixed({d.rows, d.cols, d.inputs});
                                               },
                                               [](const GatherDims& d) {
                                                   return mixed({d.rows, d.cols, d.table_rows});
                                               },
                                               [](const ConvDims& d) {
                                                   return mixed({d.in_channels, d.out_channels, d.out_width});
                                               },
                                               [](const ScanDims& d) {
                                                   return mixed({d.seq, d.channels, d.state});
                                               },
                                           },
                                           op.dims);
    return sizes + static_cast<std::uint64_t>(op.kind);
}

bool alike(const Operator& a, const Operator& b) { return a.kind == b.kind && a.dims == b.dims && a.dtype == b.dtype; }

// Hash table with open addressing, at least twice as many slots as operators.
class ClassTable {
  public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    explicit ClassTable(std::size_t operators) {
        std::size_t size = 16;
        while (size < 2 * operators) {
            size *= 2;
        }
        slots_.assign(size, kNone);
    }

    // Slot of the class that equals `op`, or the free slot where it belongs.
    std::uint32_t& slot(const Operator& op, const std::vector<OperatorClass>& classes) {
        std::size_t at = hash_of(op) & (slots_.size() - 1);
        while (slots_[at] != kNone && !alike(*classes[slots_[at]].example, op)) {
            at = (at + 1) & (slots_.size() - 1);
        }
        return slots_[at];
    }

  private:
    std::vector<std::uint32_t> slots_;
};

// Keys and values that lie in a cache: attention whose inputs hold fewer positions than it attends to.
Bytes cache_read(const Graph& graph, const Operator& op, const Scheme& scheme) {
    const auto* d = std::get_if<AttentionDims>(&op.dims);
    const auto elements = [&graph](TensorId input) {
        return graph.tensors[static_cast<std::size_t>(input)].elements();
    };
    if (d == nullptr || sum_of<std::int64_t>(op.inputs, elements) >= input_elements(op.kind, op.dims)) {
        return {};
    }
    return cached_size(*d, scheme.weights, scheme.group);
}

OperatorClass decided(const Graph& graph, const Operator& op, const Profile& profile, const Device& device,
                      const DTypeSet& engine) {
    OperatorClass made;
    made.example = &op;
    made.support = operator_support(op, profile, device, engine);
    made.made_at = result_dtype(device.runtime, made.support.ran_at());
    made.made_element = element_size(made.made_at);
    made.weights = weight_storage(op.kind, op.dims, made.support.scheme).total();
    made.cache = cache_read(graph, op, made.support.scheme);
    return made;
}

}  // namespace

OperatorClasses classify(const Graph& graph, const Profile& profile, const Device& device) {
    const DTypeSet engine = matrix_dtypes(device);
    OperatorClasses result;
    result.of.reserve(graph.operators.size());
    result.made.reserve(graph.operators.size());
    result.classes.reserve(32);
    ClassTable table(graph.operators.size());
    std::vector<std::size_t> latest;  // [class] its latest operator
    // position of a likely equal operator: the one behind the previous operator of the latest operator's class
    std::size_t likely = 0;
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator& op = graph.operators[i];
        if (likely < i && alike(*result[likely].example, op)) {
            result.of.push_back(result.of[likely]);
        } else {
            std::uint32_t& slot = table.slot(op, result.classes);
            if (slot == ClassTable::kNone) {
                slot = static_cast<std::uint32_t>(result.classes.size());
                result.classes.push_back(decided(graph, op, profile, device, engine));
                latest.push_back(i);
            }
            result.of.push_back(slot);
            likely = latest[slot];
        }
        result.made.push_back(op.output);
        latest[result.of[i]] = i;
        ++likely;
    }
    return result;
}

}  // namespace berth
