// Compares operator sizes with the measured ranges.
#include "berth/evidence.h"

#include <algorithm>

namespace berth {

namespace {

constexpr std::array<std::string_view, 3> kProduct{"m", "k", "n"};
constexpr std::array<std::string_view, 3> kConvolution{"positions", "depth", "channels"};
constexpr std::array<std::string_view, 3> kAttention{"heads", "scores", "head_dim"};
constexpr std::array<std::string_view, 2> kRows{"rows", "cols"};

std::vector<std::int64_t> sizes_of(const MatmulDims& d) { return {d.batch * d.m, d.k, d.n}; }
std::vector<std::int64_t> sizes_of(const ConvDims& d) {
    return {d.batch * d.out_depth * d.out_height * d.out_width,
            d.in_channels / d.groups * d.kernel_depth * d.kernel_height * d.kernel_width, d.out_channels};
}
std::vector<std::int64_t> sizes_of(const AttentionDims& d) { return {d.batch * d.heads, d.seq * d.kv_seq, d.head_dim}; }
std::vector<std::int64_t> sizes_of(const RowsDims& d) { return {d.rows, d.cols}; }
std::vector<std::int64_t> sizes_of(const GatherDims& d) { return {d.rows, d.cols}; }
std::vector<std::int64_t> sizes_of(const ScanDims& d) { return {d.batch * d.seq, d.channels}; }

bool is_near(std::int64_t size, const SizeRange& range) {
    constexpr std::int64_t kFactor = 2;
    return size * kFactor >= range.least && size <= range.most * kFactor;
}

}  // namespace

std::span<const std::string_view> evidence_size_names(OperatorKind kind) {
    switch (traits(kind).form) {
        case DimsForm::kMatmul:
            return kProduct;
        case DimsForm::kConv:
            return kConvolution;
        case DimsForm::kAttention:
            return kAttention;
        case DimsForm::kRows:
        case DimsForm::kGather:
        case DimsForm::kScan:
            break;
    }
    return kRows;
}

std::vector<std::int64_t> evidence_sizes(const Dims& dims) {
    return std::visit([](const auto& d) { return sizes_of(d); }, dims);
}

EvidenceKind evidence_for(OperatorKind kind, DType dtype, const Dims& dims, std::span<const MeasuredKind> measured) {
    const auto found =
        std::ranges::find_if(measured, [&](const MeasuredKind& one) { return one.kind == kind && one.dtype == dtype; });
    if (found == measured.end()) {
        return EvidenceKind::kAssumed;
    }
    const auto sizes = evidence_sizes(dims);
    const bool near = !found->ranges.empty() && std::ranges::equal(sizes, found->ranges, is_near);
    return near ? EvidenceKind::kNear : EvidenceKind::kElsewhere;
}

}  // namespace berth
