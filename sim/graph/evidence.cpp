// Compares operator sizes with the measured ranges.
#include "berth/graph/evidence.h"

#include <algorithm>

namespace berth {

namespace {

constexpr std::array<std::string_view, 4> kProduct{"m", "k", "n", "work"};
constexpr std::array<std::string_view, 4> kConvolution{"positions", "depth", "channels", "work"};
constexpr std::array<std::string_view, 4> kAttention{"heads", "scores", "head_dim", "work"};
constexpr std::array<std::string_view, 3> kRows{"rows", "cols", "work"};

std::vector<std::int64_t> sizes_of(const MatmulDims& d) { return {d.batch * d.m, d.k, d.n}; }
std::vector<std::int64_t> sizes_of(const ConvDims& d) {
    return {d.batch * d.out_depth * d.out_height * d.out_width,
            d.in_channels / d.groups * d.kernel_depth * d.kernel_height * d.kernel_width, d.out_channels};
}
std::vector<std::int64_t> sizes_of(const AttentionDims& d) { return {d.batch * d.heads, d.seq * d.kv_seq, d.head_dim}; }
std::vector<std::int64_t> sizes_of(const RowsDims& d) { return {d.rows, d.cols}; }
std::vector<std::int64_t> sizes_of(const GatherDims& d) { return {d.rows, d.cols}; }
std::vector<std::int64_t> sizes_of(const ScanDims& d) { return {d.batch * d.seq, d.channels}; }

// Sizes beyond the measured ones are near as far as these span themselves: one size alone does not show how time
// depends on it.
bool is_near(std::int64_t size, const SizeRange& range) {
    constexpr double kFarthest = 2;
    const auto least = static_cast<double>(range.least);
    const auto most = static_cast<double>(range.most);
    const double reach = std::min(kFarthest, most / least);
    return static_cast<double>(size) * reach >= least && static_cast<double>(size) <= most * reach;
}

std::int64_t product_of(const std::vector<std::int64_t>& sizes) {
    double product = 1;
    for (const std::int64_t size : sizes) {
        product *= static_cast<double>(size);
    }
    return static_cast<std::int64_t>(std::min(product, static_cast<double>(kLargestCount)));
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
    auto sizes = std::visit([](const auto& d) { return sizes_of(d); }, dims);
    sizes.push_back(product_of(sizes));
    return sizes;
}

EvidenceForm evidence_form(const Dims& dims) {
    if (const auto* conv = std::get_if<ConvDims>(&dims)) {
        return conv->groups > 1 ? EvidenceForm::kGrouped : EvidenceForm::kPlain;
    }
    const auto* attention = std::get_if<AttentionDims>(&dims);
    const bool hides = attention != nullptr && visible_scores(*attention) < attention->seq * attention->kv_seq;
    return hides ? EvidenceForm::kMasked : EvidenceForm::kPlain;
}

EvidenceKind evidence_for(OperatorKind kind, DType dtype, const Dims& dims, std::int64_t cores,
                          std::span<const MeasuredKind> measured) {
    const EvidenceForm form = evidence_form(dims);
    const auto found = std::ranges::find_if(
        measured, [&](const MeasuredKind& one) { return one.kind == kind && one.dtype == dtype && one.form == form; });
    if (found == measured.end()) {
        return EvidenceKind::kAssumed;
    }
    const auto sizes = evidence_sizes(dims);
    const bool all_cores = found->most_cores == 0 || cores <= found->most_cores;
    bool near = !found->ranges.empty() && all_cores;
    for (std::size_t i = 0; i < found->ranges.size(); ++i) {  // a list may state no range of the last, 'work'
        near = near && is_near(sizes[i], found->ranges[i]);
    }
    return near ? EvidenceKind::kNear : EvidenceKind::kElsewhere;
}

}  // namespace berth
