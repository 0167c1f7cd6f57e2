// Operator support of a runtime: which operators it takes, at which dtypes, and where the others fall back to.
#include <fmt/format.h>

#include <algorithm>

#include "berth/base/diagnostics.h"
#include "berth/base/quantity_text.h"
#include "cost/lowering.h"
#include "cost/rounding.h"

namespace berth {

namespace {

bool multiplies(OperatorKind kind) {
    return kind == OperatorKind::kMatmul || kind == OperatorKind::kConv2d || kind == OperatorKind::kAttention;
}

std::string names_of(const DTypeSet& set) {
    std::vector<std::string> names;
    for (const auto& row : kDTypeNames) {
        if (set.test(static_cast<std::size_t>(row.value))) {
            names.emplace_back(row.name);
        }
    }
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    }
    return text.empty() ? "nothing" : text;
}

std::string name_of(DType dtype) { return std::string(choice_name(kDTypeNames, dtype)); }

bool has(const DTypeSet& set, DType dtype) { return set.test(static_cast<std::size_t>(dtype)); }

bool any_float(const DTypeSet& set) {
    return std::any_of(kDTypeNames.begin(), kDTypeNames.end(),
                       [&set](const auto& row) { return has(set, row.value) && is_float(row.value); });
}

std::int64_t size_of(const MatmulDims& dims, ProductDim dim) {
    return dim == ProductDim::kM ? dims.m : dim == ProductDim::kK ? dims.k : dims.n;
}

// The product that the rule's limits are about; null for other operators, and for one that runs as a convolution.
const MatmulDims* limited_product(const Operator& op, const OperatorRule& rule) {
    const bool convolution = rule.as_convolution && multiplies_weights(op.kind, op.dims);
    return convolution ? nullptr : std::get_if<MatmulDims>(&op.dims);
}

// Fewest pieces that keep each dimension within its limit, for the dimensions that the runtime cuts.
ProductCut cut_of(const Operator& op, const OperatorRule& rule) {
    ProductCut cut;
    const auto* matmul = limited_product(op, rule);
    for (const auto& row : kProductDimNames) {
        const auto at = static_cast<std::size_t>(row.value);
        const ProductLimit& limit = rule.product_limits[at];
        if (matmul != nullptr && limit.most && limit.cut) {
            cut.pieces[at] = ceil_div(size_of(*matmul, row.value), *limit.most);
        }
    }
    return cut;
}

// Largest height and width of a convolution's kernel.
std::optional<std::int64_t> most_kernel(const ConvDims& conv, const OperatorRule& rule) {
    return is_depthwise(conv) && rule.max_depthwise_kernel ? rule.max_depthwise_kernel : rule.max_kernel;
}

std::optional<std::string> exceeded_limit(const Operator& op, const OperatorRule& rule, DType ran_at) {
    if (rule.max_bytes) {
        const Bytes size = element_size(ran_at) * static_cast<double>(output_elements(op.kind, op.dims));
        if (size > rule.max_bytes->value) {
            return fmt::format("its result takes {}, the limit is {}", to_text(size), to_text(rule.max_bytes->value));
        }
    }
    const auto* matmul = limited_product(op, rule);
    for (const auto& row : kProductDimNames) {
        const ProductLimit& limit = rule.product_limits[static_cast<std::size_t>(row.value)];
        if (matmul != nullptr && limit.falls_back() && size_of(*matmul, row.value) > *limit.most) {
            return fmt::format("{} is {}, the limit is {}", row.name, size_of(*matmul, row.value), *limit.most);
        }
    }
    const auto* conv = std::get_if<ConvDims>(&op.dims);
    const bool line = conv != nullptr && rule.cuts_lines && std::min(conv->kernel_height, conv->kernel_width) == 1;
    const auto most = conv != nullptr && !line ? most_kernel(*conv, rule) : std::nullopt;
    if (most && std::max(conv->kernel_height, conv->kernel_width) > *most) {
        return fmt::format("its kernel is {} x {}, the limit is {}", conv->kernel_height, conv->kernel_width, *most);
    }
    if (conv != nullptr && rule.max_kernel_depth && conv->kernel_depth > *rule.max_kernel_depth) {
        return fmt::format("its kernel is {} deep, the limit is {}", conv->kernel_depth, *rule.max_kernel_depth);
    }
    const auto* any_product = std::get_if<MatmulDims>(&op.dims);
    if (any_product != nullptr && rule.weights_only && !any_product->weights) {
        return "neither factor is a constant";
    }
    const auto* rows = std::get_if<RowsDims>(&op.dims);
    if (rule.max_pooled && op.kind == OperatorKind::kPool && rows != nullptr && rows->out_rows > 0 &&
        rows->rows / rows->out_rows > *rule.max_pooled) {
        return fmt::format("each result is made of {} positions, the limit is {}", rows->rows / rows->out_rows,
                           *rule.max_pooled);
    }
    return std::nullopt;
}

// Reason why a runtime cannot multiply by the operator's weights under its scheme. Floating-point models are converted
// to an available dtype; changing the dtype of a quantised model would make it another model.
std::optional<std::string> scheme_trouble(const Operator& op, const DTypeSet& offered, const Device& device) {
    const DType wanted = op.dtype.activations;
    if (is_quantized(wanted) ? !has(offered, wanted) : !any_float(offered)) {
        // What the array could multiply is a matter of the runtime, or of its rule for this operator.
        return has(matrix_dtypes(device), wanted)
                   ? fmt::format("its runtime computes it in {} there, not in {}, which the array of {} multiplies",
                                 names_of(offered), name_of(wanted), device.name)
                   : fmt::format("{} multiplies {}, not {}", device.name, names_of(offered), name_of(wanted));
    }
    if (op.dtype.dynamic && device.runtime.quantization == QuantizationScheme::kStatic) {
        return fmt::format("it needs the scales of {} activations when it compiles", name_of(wanted));
    }
    const auto& unpacks = device.matrix.weight_only;
    if (is_block_format(op.dtype.weights) && !unpacks) {
        return fmt::format("{} reads no blocks of {}", device.name, name_of(op.dtype.weights));
    }
    if (op.dtype.weight_only() && unpacks) {
        const auto at = (*unpacks)[static_cast<std::size_t>(op.dtype.weights)];
        if (!at) {
            DTypeSet stored;
            for (std::size_t i = 0; i < kDTypeCount; ++i) {
                stored.set(i, (*unpacks)[i].has_value());
            }
            return fmt::format("{} widens weights of {}, not {}", device.name, names_of(stored),
                               name_of(op.dtype.weights));
        }
    }
    return std::nullopt;
}

}  // namespace

DTypeSet matrix_dtypes(const Device& device) {
    DTypeSet dtypes;
    for (std::size_t i = 0; i < kDTypeCount; ++i) {
        dtypes.set(i, std::all_of(device.clusters.begin(), device.clusters.end(),
                                  [i](const CoreCluster& cluster) { return cluster.macs_per_cycle[i].has_value(); }));
    }
    return dtypes;
}

DType nearest_dtype(DType wanted, const DTypeSet& offered, std::span<const DType> preferred) {
    if (has(offered, wanted)) {
        return wanted;
    }
    const Bytes size = element_size(wanted);
    std::optional<DType> best;
    for (const DType dtype : preferred) {
        if (!has(offered, dtype)) {
            continue;
        }
        const Bytes candidate = element_size(dtype);
        const Bytes held = best ? element_size(*best) : Bytes{};
        const bool wide_enough = candidate >= size;
        if (!best || (wide_enough && (held < size || candidate < held)) ||
            (!wide_enough && held < size && candidate > held)) {
            best = dtype;
        }
    }
    return best.value_or(wanted);
}

bool shared_by_cores(const Runtime& runtime, OperatorKind kind, bool weights) {
    const OperatorRule& rule = runtime.operators[static_cast<std::size_t>(kind)];
    const bool convolution = weights && rule.as_convolution;
    return (convolution ? runtime.operators[static_cast<std::size_t>(OperatorKind::kConv2d)] : rule).multi_core;
}

Support operator_support(const Operator& op, const Profile& profile, const Device& device, const DTypeSet& engine,
                         Purpose purpose) {
    const OperatorRule& rule = device.runtime.operators[static_cast<std::size_t>(op.kind)];
    Support support;
    if (rule.fallback) {
        support.fallback = device_named(profile, *rule.fallback);
    }
    const auto refuse = [&](std::string_view why) {
        support.reason = fmt::format("{} does not run {} here: {}", device.runtime.name, traits(op.kind).name, why);
        return support;
    };
    if (!rule.supported) {
        return refuse(rule.reason.empty() ? "the profile does not list it" : rule.reason);
    }
    DTypeSet offered;
    for (const DType dtype : rule.dtypes) {
        offered.set(static_cast<std::size_t>(dtype), !multiplies(op.kind) || has(engine, dtype));
    }
    if (offered.none() && multiplies(op.kind)) {
        return refuse(fmt::format("it multiplies no dtype that {} may have", traits(op.kind).name));
    }
    const bool weighted = multiplies_weights(op.kind, op.dims);
    const bool held_to_offer = purpose == Purpose::kModel || op.dtype.weight_only();
    if (weighted && held_to_offer && device.runtime.precisions && !offers(device, op.dtype)) {
        return refuse(fmt::format("models are compiled for {}, not for {}", fmt::join(offered_precisions(device), ", "),
                                  scheme_name(op.dtype)));
    }
    if (weighted) {
        if (const auto trouble = scheme_trouble(op, offered, device)) {
            return refuse(*trouble);
        }
    }
    support.scheme = nearest_dtype(op.dtype.activations, offered, rule.dtypes);
    if (weighted && op.dtype.weight_only()) {
        support.scheme.weights = op.dtype.weights;
        support.scheme.group = op.dtype.group;
        if (device.matrix.weight_only) {
            support.multiply = (*device.matrix.weight_only)[static_cast<std::size_t>(op.dtype.weights)];
        }
    }
    if (op.kind == OperatorKind::kEmbedding && op.dtype.weight_only()) {
        support.scheme.weights = op.dtype.weights;  // quantised rows are dequantised at lookup
        support.scheme.group = op.dtype.group;
    }
    if (weighted && !op.dtype.weight_only()) {
        support.scheme.group = op.dtype.group;
    }
    if (op.cache) {
        // A cache is storage: what it holds is widened or narrowed on the way to what attention computes in.
        support.scheme.weights = op.cache->dtype;
        support.scheme.group = op.cache->group;
        support.multiply = support.ran_at();
    }
    if (const auto limit = exceeded_limit(op, rule, support.ran_at())) {
        refuse(*limit);
        if (!rule.own_code) {
            return support;
        }
        support.own_code = true;
        support.reason += ". Its own code on a core of the host computes it";
    }
    support.cut = cut_of(op, rule);
    support.supported = true;
    support.multi_core = shared_by_cores(device.runtime, op.kind, weighted) && !support.own_code;
    support.fallback.reset();
    return support;
}

}  // namespace berth
