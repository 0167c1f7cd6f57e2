// Checks an operator's dims against its tensors.
#include "graph/tensor_check.h"

#include <fmt/format.h>

#include <string>

#include "base/overloaded.h"

namespace berth {

namespace {

/// Required relation between an input's elements and the sizes.
enum class Fit { kExact, kRepeats, kPart, kNewest, kOnceOrEach, kWholeOrNarrow };

struct Operand {
    std::int64_t elements = 0;
    Fit fit = Fit::kExact;
    std::int64_t granule = 1;  // kNewest: elements of one position; kOnceOrEach: elements of one copy; else: rows
    std::int64_t least = 1;    // used with kNewest
};

using Operands = std::vector<Operand>;

/// Attention reads query, key and value as separate tensors or packed in one. Keys and values of earlier tokens are in
/// a cache, so the tensors may hold fewer than kv_seq positions; with only a query, all are in the cache.
Operands attention_operands(const AttentionDims& d, std::size_t given) {
    const std::int64_t query = d.batch * d.heads * d.seq * d.head_dim;
    const auto newest = [&](std::int64_t width, std::int64_t least) {
        const std::int64_t position = d.batch * d.kv_heads * width;
        return Operand{position * d.kv_seq, Fit::kNewest, position, least};
    };
    if (given == 1) {
        Operand packed = newest(d.head_dim + value_width(d), query);
        packed.elements += query;
        return {packed};
    }
    const std::int64_t position = d.batch * d.kv_heads;
    return {{query, Fit::kExact},
            newest(d.head_dim, position * d.head_dim),
            newest(value_width(d), position * value_width(d))};
}

Operands rows_operands(OperatorKind kind, const RowsDims& d) {
    const std::int64_t all = d.rows * d.cols;
    if (kind == OperatorKind::kAdd || kind == OperatorKind::kMul) {
        return Operands(static_cast<std::size_t>(d.inputs), {all, Fit::kRepeats});
    }
    return {{all, kind == OperatorKind::kSplit ? Fit::kPart : Fit::kExact}};
}

Operands expected_operands(const Operator& op) {
    return std::visit(
        Overloaded{
            [](const MatmulDims& d) {
                // Input rows either once, or repeated for each active expert.
                const std::int64_t once = d.batch * d.m * d.k;
                Operands operands{{once * d.active, Fit::kOnceOrEach, once}};
                if (!d.weights) {
                    operands.front().fit = Fit::kRepeats;  // batches broadcast
                    operands.push_back({d.batch * d.k * d.n, Fit::kRepeats});
                }
                return operands;
            },
            [&](const AttentionDims& d) { return attention_operands(d, op.inputs.size()); },
            [&](const RowsDims& d) { return rows_operands(op.kind, d); },
            // Positions are known statically, so a gather may have no ids to read.
            [&](const GatherDims& d) {
                return Operands(op.inputs.empty() ? 0 : 1, {d.rows, Fit::kExact});
            },
            [&](const ConvDims& d) {
                const std::int64_t kernels = d.weights ? 0 : kernel_elements(d);
                Operands operands{{input_elements(op.kind, op.dims) - kernels, Fit::kExact}};
                if (!d.weights) {
                    operands.push_back({kernels, Fit::kExact});
                }
                return operands;
            },
            [](const ScanDims& d) {
                // One value per channel, or fewer if channels share them (a rate per head, a key per group).
                const std::int64_t rows = d.batch * d.seq;
                return Operands(static_cast<std::size_t>(d.inputs), {rows * d.channels, Fit::kWholeOrNarrow, rows});
            },
        },
        op.dims);
}

bool fits(const Operand& expected, std::int64_t found) {
    switch (expected.fit) {
        case Fit::kExact:
            return found == expected.elements;
        case Fit::kRepeats:
            return found > 0 && expected.elements % found == 0;
        case Fit::kPart:
            return found >= expected.elements;
        case Fit::kOnceOrEach:
            return found == expected.elements || found == expected.granule;
        case Fit::kWholeOrNarrow:
            return found > 0 && found <= expected.elements && found % expected.granule == 0;
        case Fit::kNewest:
            return found >= expected.least && found <= expected.elements &&
                   (found - expected.least) % expected.granule == 0;
    }
    return false;
}

bool result_fits(const Graph& graph, const Operator& op, Diagnostics& diagnostics) {
    const Tensor& result = graph.tensors[static_cast<std::size_t>(op.output)];
    const std::int64_t made = output_elements(op.kind, op.dims);
    if (result.elements() == made) {
        return true;
    }
    diagnostics.error(op.where, fmt::format("{}: its shape holds {} elements, but its sizes make {}", op.name,
                                            result.elements(), made));
    return false;
}

bool pieces_fit(const Graph& graph, const Operator& op, Diagnostics& diagnostics) {
    std::int64_t sum = 0;
    for (const TensorId input : op.inputs) {
        sum += graph.tensors[static_cast<std::size_t>(input)].elements();
    }
    const std::int64_t needed =
        op.kind == OperatorKind::kOther ? input_elements(op.kind, op.dims) : output_elements(op.kind, op.dims);
    const std::int64_t constants = weight_elements(op.kind, op.dims);
    const auto* rows = std::get_if<RowsDims>(&op.dims);
    if (rows != nullptr && rows->filled) {
        if (sum > needed - constants) {
            diagnostics.error(op.where, fmt::format("{}: its inputs hold {} elements together, but its sizes need at "
                                                    "most {}",
                                                    op.name, sum, needed - constants));
        }
        return sum <= needed - constants;
    }
    // Constant rows fill the remainder, repeated for each input of the batch.
    const bool fit = constants == 0 ? sum == needed : sum < needed && (needed - sum) % constants == 0;
    if (!fit) {
        diagnostics.error(op.where, fmt::format("{}: its inputs hold {} elements together, but its sizes need {}",
                                                op.name, sum, constants == 0 ? needed : needed - constants));
    }
    return fit;
}

}  // namespace

bool tensors_fit(const Graph& graph, const Operator& op, Diagnostics& diagnostics) {
    if (!result_fits(graph, op, diagnostics)) {
        return false;
    }
    if (op.kind == OperatorKind::kConcat || op.kind == OperatorKind::kOther) {
        return pieces_fit(graph, op, diagnostics);
    }
    const Operands expected = expected_operands(op);
    if (expected.size() != op.inputs.size()) {
        diagnostics.error(op.where, fmt::format("{}: {} inputs are given, but this {} reads {}", op.name,
                                                op.inputs.size(), traits(op.kind).name, expected.size()));
        return false;
    }
    bool good = true;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Tensor& input = graph.tensors[static_cast<std::size_t>(op.inputs[i])];
        if (!fits(expected[i], input.elements())) {
            diagnostics.error(op.where, fmt::format("{}: '{}' holds {} elements, but its sizes need {}", op.name,
                                                    input.name, input.elements(), expected[i].elements));
            good = false;
        }
    }
    return good;
}

}  // namespace berth
