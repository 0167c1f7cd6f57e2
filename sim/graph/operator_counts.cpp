// Work and operand sizes of an operator, in multiply-accumulates and elements.
#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "base/overloaded.h"
#include "berth/graph/operators.h"

namespace berth {

namespace {

/// Saturating product with limit kLargestCount.
std::int64_t product(std::initializer_list<std::int64_t> factors) {
    std::int64_t result = 1;
    for (const std::int64_t factor : factors) {
        if (factor == 0) {
            return 0;
        }
        if (__builtin_mul_overflow(result, factor, &result) || result > kLargestCount) {
            result = kLargestCount;
        }
    }
    return result;
}

std::int64_t sum(std::initializer_list<std::int64_t> terms) {
    std::int64_t result = 0;
    for (const std::int64_t term : terms) {
        result = std::min(result + term, kLargestCount);
    }
    return result;
}

double real(std::int64_t count) { return static_cast<double>(count); }

/// 1 + 2 + ... + n, without overflow below kLargestCount.
std::int64_t triangle(std::int64_t n) { return n % 2 == 0 ? product({n / 2, n + 1}) : product({n, (n + 1) / 2}); }

/// Constants per column: scale and shift of layer_norm, scale of rms_norm, constant operand of add and mul, what a mul
/// adds, slopes of relu, constant rows of concat.
std::int64_t constant_terms(OperatorKind kind, const RowsDims& d) {
    if (kind == OperatorKind::kConcat) {
        return d.constant_rows;
    }
    const std::int64_t terms = kind == OperatorKind::kLayerNorm ? 2 : std::max<std::int64_t>(1, d.constant_rows);
    return (d.affine ? terms : 0) + (d.shifted ? 1 : 0);
}

/// Kinds whose result has a number of rows of its own.
bool makes_other_rows(OperatorKind kind) {
    return kind == OperatorKind::kPool || kind == OperatorKind::kResize || kind == OperatorKind::kOther;
}

std::int64_t rows_inputs(OperatorKind kind, const RowsDims& d) {
    const bool reads_each_whole = kind == OperatorKind::kAdd || kind == OperatorKind::kMul;
    return product({reads_each_whole ? d.inputs : 1, d.rows, d.cols});
}

/// min(0, most) + min(1, most) + ... + min(n - 1, most).
std::int64_t bounded_sum(std::int64_t n, std::int64_t most) {
    return n <= most ? triangle(std::max<std::int64_t>(0, n - 1)) : triangle(most) + product({n - 1 - most, most});
}

/// Scores of windowed bidirectional attention: each new query sees itself, up to half of the others before it, and the
/// rest after it.
std::int64_t band_scores(const AttentionDims& d, std::int64_t window) {
    const std::int64_t before = window / 2;
    const std::int64_t behind = window - 1 - before;
    const std::int64_t earlier = d.kv_seq - d.seq;
    return sum({d.seq, bounded_sum(d.kv_seq, before) - bounded_sum(earlier, before), bounded_sum(d.seq, behind)});
}

}  // namespace

std::int64_t visible_scores(const AttentionDims& d) {
    const std::int64_t window = d.window == 0 ? d.kv_seq : std::min(d.window, d.kv_seq);
    if (!d.causal) {
        return d.seq > d.kv_seq || window == d.kv_seq ? product({d.seq, window}) : band_scores(d, window);
    }
    // Causal mask: query j of seq sees kv_seq - seq + j + 1 keys (none if negative), at most the window.
    const std::int64_t queries = std::min(d.seq, d.kv_seq);
    const std::int64_t fewest = d.kv_seq - queries + 1;
    // queries that see fewer keys than the window
    const std::int64_t growing = std::max<std::int64_t>(0, window - fewest);
    return product({queries, window}) - triangle(growing);
}

std::int64_t keys_read(const AttentionDims& d) {
    return d.window == 0 ? d.kv_seq : std::min(d.kv_seq, sum({d.window, d.seq - 1}));
}

MatmulDims met_experts(const MatmulDims& d) {
    if (d.experts == 1) {
        return d;
    }
    const double rows = real(d.batch) * real(d.m);
    const double missed = std::pow(1 - real(d.active) / real(d.experts), rows);
    MatmulDims met = d;
    met.batch = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::round(real(d.experts) * (1 - missed))));
    met.m = (product({d.batch, d.m, d.active}) + met.batch - 1) / met.batch;
    met.experts = met.active = 1;
    return met;
}

Operations macs(const Dims& dims) {
    return std::visit(
        Overloaded{
            [](const MatmulDims& d) {
                return operations(real(d.batch) * real(d.m) * real(d.active) * real(d.k) * real(d.n));
            },
            [](const AttentionDims& d) {
                return operations(real(d.batch) * real(d.heads) * real(visible_scores(d)) *
                                  real(sum({d.head_dim, value_width(d)})));
            },
            [](const RowsDims&) { return operations(0); },
            [](const GatherDims&) { return operations(0); },
            [](const ConvDims& d) {
                const double positions = d.transposed ? real(d.in_depth) * real(d.in_height) * real(d.in_width)
                                                      : real(d.out_depth) * real(d.out_height) * real(d.out_width);
                return operations(real(d.batch) * positions * real(d.out_channels) * real(d.in_channels / d.groups) *
                                  real(d.kernel_depth) * real(d.kernel_height) * real(d.kernel_width));
            },
            [](const ScanDims&) { return operations(0); },
        },
        dims);
}

std::int64_t kernel_elements(const ConvDims& d) {
    return product({d.out_channels, d.in_channels / d.groups, d.kernel_depth, d.kernel_height, d.kernel_width});
}

Bytes state_size(const ScanDims& d) {
    return element_size(DType::kFp32) * real(product({d.batch, d.channels, d.state}));
}

Operations vector_elements(const Dims& dims) {
    return std::visit(
        Overloaded{
            [](const MatmulDims&) { return operations(0); },
            [](const AttentionDims& d) { return operations(real(d.batch) * real(d.heads) * real(visible_scores(d))); },
            [](const RowsDims& d) { return operations(real(std::max(d.rows, d.out_rows)) * real(d.cols)); },
            [](const GatherDims& d) { return operations(real(d.rows) * real(d.cols)); },
            [](const ConvDims&) { return operations(0); },
            [](const ScanDims& d) {
                return operations(real(d.batch) * real(d.seq) * real(d.channels) * real(d.state));
            },
        },
        dims);
}

std::int64_t matrix_elements(const Dims& dims) {
    return std::visit(Overloaded{
                          [](const MatmulDims& d) {
                              return d.weights ? product({d.experts, d.k, d.n}) : std::int64_t{0};
                          },
                          [](const AttentionDims&) { return std::int64_t{0}; },
                          [](const RowsDims&) { return std::int64_t{0}; },
                          [](const GatherDims& d) {
                              return d.learned ? product({d.table_rows, d.cols}) : std::int64_t{0};
                          },
                          [](const ConvDims& d) { return d.weights ? kernel_elements(d) : std::int64_t{0}; },
                          [](const ScanDims&) { return std::int64_t{0}; },
                      },
                      dims);
}

std::int64_t weight_elements(OperatorKind kind, const Dims& dims) {
    const std::int64_t beside =
        std::visit(Overloaded{
                       [](const MatmulDims& d) {
                           return d.bias ? product({d.experts, d.n}) : std::int64_t{0};
                       },
                       [](const AttentionDims& d) { return d.sinks ? d.heads : std::int64_t{0}; },
                       [kind](const RowsDims& d) {
                           return product({constant_terms(kind, d), d.constant_cols > 0 ? d.constant_cols : d.cols});
                       },
                       [](const GatherDims&) { return std::int64_t{0}; },
                       [](const ConvDims& d) { return d.bias ? d.out_channels : std::int64_t{0}; },
                       [](const ScanDims& d) {
                           return product({d.constant_rows, d.channels});
                       },
                   },
                   dims);
    return sum({matrix_elements(dims), beside});
}

std::int64_t input_elements(OperatorKind kind, const Dims& dims) {
    return std::visit(
        Overloaded{
            [](const MatmulDims& d) {
                return sum({product({d.batch, d.m, d.active, d.k}), d.weights ? 0 : product({d.batch, d.k, d.n})});
            },
            [](const AttentionDims& d) {
                return sum({product({d.batch, d.heads, d.seq, d.head_dim}),
                            product({d.batch, d.kv_heads, keys_read(d), d.head_dim + value_width(d)})});
            },
            [kind](const RowsDims& d) { return rows_inputs(kind, d); },
            [](const GatherDims& d) { return d.rows; },
            [](const ConvDims& d) {
                return sum({product({d.batch, d.in_channels, d.in_depth, d.in_height, d.in_width}),
                            d.weights ? 0 : kernel_elements(d)});
            },
            [](const ScanDims& d) {
                return product({d.inputs, d.batch, d.seq, d.channels});
            },
        },
        dims);
}

std::int64_t output_elements(OperatorKind kind, const Dims& dims) {
    return std::visit(Overloaded{
                          [](const MatmulDims& d) {
                              return product({d.batch, d.m, d.active, d.n});
                          },
                          [](const AttentionDims& d) {
                              return product({d.batch, d.heads, d.seq, value_width(d)});
                          },
                          [kind](const RowsDims& d) {
                              return product({makes_other_rows(kind) ? d.out_rows : d.rows, d.cols});
                          },
                          [](const GatherDims& d) {
                              return product({d.rows, d.cols});
                          },
                          [](const ConvDims& d) {
                              return product({d.batch, d.out_channels, d.out_depth, d.out_height, d.out_width});
                          },
                          [](const ScanDims& d) {
                              return product({d.batch, d.seq, d.channels});
                          },
                      },
                      dims);
}

}  // namespace berth
