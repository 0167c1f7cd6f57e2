// Converts between named sizes (`m`, `head_dim`, ...) and operator dims, and checks relations between sizes.
#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <string>

#include "berth/graph/operators.h"

namespace berth {

namespace {

/// Member that stores a named size: a number or a flag.
template <class D>
struct Member {
    std::string_view name;
    std::int64_t D::*number = nullptr;
    bool D::*flag = nullptr;
};

template <class D>
constexpr auto kMembers = 0;
template <>
constexpr auto kMembers<MatmulDims> = std::array<Member<MatmulDims>, 8>{{
    {"batch", &MatmulDims::batch},
    {"m", &MatmulDims::m},
    {"k", &MatmulDims::k},
    {"n", &MatmulDims::n},
    {"weights", nullptr, &MatmulDims::weights},
    {"bias", nullptr, &MatmulDims::bias},
    {"experts", &MatmulDims::experts},
    {"active", &MatmulDims::active},
}};
template <>
constexpr auto kMembers<AttentionDims> = std::array<Member<AttentionDims>, 11>{{
    {"batch", &AttentionDims::batch},
    {"heads", &AttentionDims::heads},
    {"kv_heads", &AttentionDims::kv_heads},
    {"seq", &AttentionDims::seq},
    {"kv_seq", &AttentionDims::kv_seq},
    {"head_dim", &AttentionDims::head_dim},
    {"causal", nullptr, &AttentionDims::causal},
    {"window", &AttentionDims::window},
    {"value_dim", &AttentionDims::value_dim},
    {"sinks", nullptr, &AttentionDims::sinks},
    {"heads_apart", nullptr, &AttentionDims::heads_apart},
}};
template <>
constexpr auto kMembers<RowsDims> = std::array<Member<RowsDims>, 11>{{
    {"rows", &RowsDims::rows},
    {"cols", &RowsDims::cols},
    {"inputs", &RowsDims::inputs},
    {"out_rows", &RowsDims::out_rows},
    {"constant_rows", &RowsDims::constant_rows},
    {"constant_cols", &RowsDims::constant_cols},
    {"run", &RowsDims::run},
    {"out_run", &RowsDims::out_run},
    {"affine", nullptr, &RowsDims::affine},
    {"shifted", nullptr, &RowsDims::shifted},
    {"filled", nullptr, &RowsDims::filled},
}};
template <>
constexpr auto kMembers<GatherDims> = std::array<Member<GatherDims>, 4>{{
    {"rows", &GatherDims::rows},
    {"cols", &GatherDims::cols},
    {"table_rows", &GatherDims::table_rows},
    {"learned", nullptr, &GatherDims::learned},
}};
template <>
constexpr auto kMembers<ConvDims> = std::array<Member<ConvDims>, 17>{{
    {"batch", &ConvDims::batch},
    {"in_channels", &ConvDims::in_channels},
    {"out_channels", &ConvDims::out_channels},
    {"in_height", &ConvDims::in_height},
    {"in_width", &ConvDims::in_width},
    {"kernel_height", &ConvDims::kernel_height},
    {"kernel_width", &ConvDims::kernel_width},
    {"stride", &ConvDims::stride},
    {"groups", &ConvDims::groups},
    {"out_height", &ConvDims::out_height},
    {"out_width", &ConvDims::out_width},
    {"bias", nullptr, &ConvDims::bias},
    {"in_depth", &ConvDims::in_depth},
    {"kernel_depth", &ConvDims::kernel_depth},
    {"out_depth", &ConvDims::out_depth},
    {"weights", nullptr, &ConvDims::weights},
    {"transposed", nullptr, &ConvDims::transposed},
}};

template <>
constexpr auto kMembers<ScanDims> = std::array<Member<ScanDims>, 6>{{
    {"batch", &ScanDims::batch},
    {"seq", &ScanDims::seq},
    {"channels", &ScanDims::channels},
    {"state", &ScanDims::state},
    {"inputs", &ScanDims::inputs},
    {"constant_rows", &ScanDims::constant_rows},
}};

template <class D>
const Member<D>& member(std::string_view name) {
    for (const auto& each : kMembers<D>) {
        if (each.name == name) {
            return each;
        }
    }
    throw std::logic_error("a size field without a member");
}

Dims empty_dims(DimsForm form) {
    switch (form) {
        case DimsForm::kMatmul:
            return MatmulDims{};
        case DimsForm::kAttention:
            return AttentionDims{};
        case DimsForm::kRows:
            return RowsDims{};
        case DimsForm::kGather:
            return GatherDims{};
        case DimsForm::kConv:
            return ConvDims{};
        case DimsForm::kScan:
            return ScanDims{};
    }
    throw std::logic_error("unknown form of dims");
}

void store(Dims& dims, std::string_view name, std::int64_t value) {
    std::visit(
        [&]<class D>(D& d) {
            const auto& where = member<D>(name);
            if (where.number != nullptr) {
                d.*where.number = value;
            } else {
                d.*where.flag = value != 0;
            }
        },
        dims);
}

std::int64_t load(const Dims& dims, std::string_view name) {
    return std::visit(
        [&]<class D>(const D& d) -> std::int64_t {
            const auto& where = member<D>(name);
            return where.number != nullptr ? d.*where.number : static_cast<std::int64_t>(d.*where.flag);
        },
        dims);
}

std::string range_text(const SizeField& field) {
    return field.max == kLargestCount ? fmt::format("{} or more", field.min)
                                      : fmt::format("{} to {}", field.min, field.max);
}

/// Description of a violated relation between sizes; empty if all hold.
std::string conflict(OperatorKind kind, const Dims& dims) {
    if (const auto* matmul = std::get_if<MatmulDims>(&dims)) {
        if (matmul->active > matmul->experts) {
            return fmt::format("active {} is more than experts {}", matmul->active, matmul->experts);
        }
        if (matmul->experts > 1 && !matmul->weights) {
            return fmt::format("experts {} are weights", matmul->experts);
        }
    }
    if (const auto* conv = std::get_if<ConvDims>(&dims)) {
        if (conv->in_channels % conv->groups != 0 || conv->out_channels % conv->groups != 0) {
            return fmt::format("groups {} does not divide in_channels {} and out_channels {}", conv->groups,
                               conv->in_channels, conv->out_channels);
        }
    }
    if (const auto* attention = std::get_if<AttentionDims>(&dims)) {
        if (attention->heads % attention->kv_heads != 0) {
            return fmt::format("heads {} is not divisible by kv_heads {}", attention->heads, attention->kv_heads);
        }
    }
    if (const auto* rows = std::get_if<RowsDims>(&dims)) {
        if (rows->constant_rows > 0 && rows->rows % rows->constant_rows != 0 && rows->affine) {
            return fmt::format("constant_rows {} do not repeat into rows {}", rows->constant_rows, rows->rows);
        }
        if (rows->constant_cols > 0 && rows->cols % rows->constant_cols != 0) {
            return fmt::format("constant_cols {} do not repeat into cols {}", rows->constant_cols, rows->cols);
        }
        if (rows->out_rows > rows->rows && kind == OperatorKind::kPool) {
            return fmt::format("out_rows {} is more than rows {}", rows->out_rows, rows->rows);
        }
    }
    return {};
}

/// Whether all counts are below the saturation limit kLargestCount; otherwise the operator cannot be costed.
bool countable(OperatorKind kind, const Dims& dims) {
    return output_elements(kind, dims) < kLargestCount && input_elements(kind, dims) < kLargestCount &&
           weight_elements(kind, dims) < kLargestCount &&
           vector_elements(dims) < operations(static_cast<double>(kLargestCount));
}

}  // namespace

std::optional<Dims> make_dims(OperatorKind kind, std::span<const std::optional<std::int64_t>> sizes,
                              std::string_view name, const SourceLocation& where, Diagnostics& diagnostics) {
    const auto fields = size_fields(kind);
    if (sizes.size() != fields.size()) {
        throw std::logic_error("sizes do not match the operator's size fields");
    }
    const std::size_t errors_before = diagnostics.error_count();
    Dims dims = empty_dims(traits(kind).form);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const SizeField& field = fields[i];
        const auto given = sizes[i] ? sizes[i] : field.fallback;
        if (given && (*given < field.min || *given > field.max)) {
            diagnostics.error(where, fmt::format("{}: {} is {}", name, field.name, *given), range_text(field));
        } else if (given) {
            store(dims, field.name, *given);
        } else if (field.required()) {
            diagnostics.error(where, fmt::format("{}: {} needs the size {}", name, traits(kind).name, field.name));
        }
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!sizes[i] && !fields[i].same_as.empty()) {
            store(dims, fields[i].name, load(dims, fields[i].same_as));
        }
    }
    if (diagnostics.error_count() != errors_before) {
        return std::nullopt;
    }
    if (std::string problem = conflict(kind, dims); !problem.empty()) {
        diagnostics.error(where, fmt::format("{}: {}", name, problem));
        return std::nullopt;
    }
    if (!countable(kind, dims)) {
        diagnostics.error(where, fmt::format("{}: its tensors would hold more than {} elements", name, kLargestCount));
        return std::nullopt;
    }
    return dims;
}

bool possible_dims(OperatorKind kind, const Dims& dims) {
    for (const SizeField& field : size_fields(kind)) {
        const std::int64_t value = load(dims, field.name);
        if (value < field.min || value > field.max) {
            return false;
        }
    }
    return conflict(kind, dims).empty() && countable(kind, dims);
}

std::vector<std::int64_t> size_values(OperatorKind kind, const Dims& dims) {
    std::vector<std::int64_t> values;
    for (const SizeField& field : size_fields(kind)) {
        values.push_back(load(dims, field.name));
    }
    return values;
}

std::vector<StatedSize> stated_sizes(OperatorKind kind, const Dims& dims) {
    std::vector<StatedSize> stated;
    for (const SizeField& field : size_fields(kind)) {
        const std::int64_t value = load(dims, field.name);
        const auto otherwise = field.same_as.empty() ? field.fallback : std::optional(load(dims, field.same_as));
        if (value != otherwise) {
            stated.push_back({&field, value});
        }
    }
    return stated;
}

}  // namespace berth
