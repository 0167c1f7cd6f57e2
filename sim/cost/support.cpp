// Which operators a runtime takes, at which dtype, and where the others go.
#include <fmt/format.h>

#include <algorithm>

#include "berth/quantity_text.h"
#include "cost/lowering.h"

namespace berth {

namespace {

bool multiplies(const Operator& op) {
    return op.kind == OperatorKind::kMatmul || op.kind == OperatorKind::kConv2d || op.kind == OperatorKind::kAttention;
}

std::vector<DType> matrix_dtypes(const Device& device) {
    std::vector<DType> dtypes;
    for (const auto& row : kDTypeNames) {
        const auto index = static_cast<std::size_t>(row.value);
        if (std::all_of(device.clusters.begin(), device.clusters.end(),
                        [index](const CoreCluster& cluster) { return cluster.macs_per_cycle[index].has_value(); })) {
            dtypes.push_back(row.value);
        }
    }
    return dtypes;
}

// Dtypes that the rule allows and, for MACs, the engine multiplies.
std::vector<DType> offered_dtypes(const Operator& op, const OperatorRule& rule, const Device& device) {
    if (!multiplies(op)) {
        return rule.dtypes;
    }
    std::vector<DType> engine = matrix_dtypes(device);
    if (!rule.dtypes.empty()) {
        std::erase_if(engine, [&rule](DType dtype) {
            return std::find(rule.dtypes.begin(), rule.dtypes.end(), dtype) == rule.dtypes.end();
        });
    }
    return engine;
}

std::optional<std::string> exceeded_limit(const Operator& op, const OperatorRule& rule, DType ran_at) {
    if (rule.max_bytes) {
        const Bytes size = element_size(ran_at) * static_cast<double>(output_elements(op.kind, op.dims));
        if (size > rule.max_bytes->value) {
            return fmt::format("its result takes {}, the limit is {}", to_text(size), to_text(rule.max_bytes->value));
        }
    }
    const auto* matmul = std::get_if<MatmulDims>(&op.dims);
    if (rule.max_k && matmul != nullptr && matmul->k > *rule.max_k) {
        return fmt::format("k is {}, the limit is {}", matmul->k, *rule.max_k);
    }
    return std::nullopt;
}

}  // namespace

DType nearest_dtype(DType wanted, const std::vector<DType>& offered) {
    if (offered.empty() || std::find(offered.begin(), offered.end(), wanted) != offered.end()) {
        return wanted;
    }
    const Bytes size = element_size(wanted);
    DType best = offered.front();
    for (const DType dtype : offered) {
        const Bytes candidate = element_size(dtype);
        const Bytes held = element_size(best);
        const bool wide_enough = candidate >= size;
        if ((wide_enough && (held < size || candidate < held)) || (!wide_enough && held < size && candidate > held)) {
            best = dtype;
        }
    }
    return best;
}

Support operator_support(const Operator& op, const Profile& profile, const Device& device) {
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
    const std::vector<DType> offered = offered_dtypes(op, rule, device);
    if (offered.empty() && multiplies(op)) {
        return refuse(fmt::format("it multiplies no dtype that {} may have", traits(op.kind).name));
    }
    support.ran_at = nearest_dtype(op.dtype, offered);
    if (const auto limit = exceeded_limit(op, rule, support.ran_at)) {
        return refuse(*limit);
    }
    support.supported = true;
    support.multi_core = rule.multi_core;
    support.fallback.reset();
    return support;
}

}  // namespace berth
