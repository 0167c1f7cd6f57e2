// Evidence behind a prediction: operators measured near its sizes, elsewhere, or not at all.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "berth/operators.h"

namespace berth {

/// Range of one size among measured rows.
struct SizeRange {
    std::int64_t least = 0, most = 0;
    friend bool operator==(const SizeRange&, const SizeRange&) = default;
};

/// Measured operators of one kind and dtype (`devices.D.evidence`).
struct MeasuredKind {
    OperatorKind kind{};
    DType dtype{};
    std::vector<SizeRange> ranges;  ///< in the order of evidence_size_names(); empty: inside whole networks only
    friend bool operator==(const MeasuredKind&, const MeasuredKind&) = default;
};

/// Names of the sizes that the time of a kind depends on: `m`, `k`, `n` of products; `positions`, `depth` (input
/// channels of a group x kernel), `channels` of convolutions; `heads`, `scores` (of a head), `head_dim` of attention;
/// else `rows`, `cols`.
[[nodiscard]] std::span<const std::string_view> evidence_size_names(OperatorKind kind);
[[nodiscard]] std::vector<std::int64_t> evidence_sizes(const Dims& dims);

/// `near`: each size within a factor of two of what was measured; `elsewhere`: the kind and dtype were measured, at
/// other sizes or inside whole networks; `assumed`: they were not.
enum class EvidenceKind : std::uint8_t { kNear, kElsewhere, kAssumed };
inline constexpr std::array<Choice<EvidenceKind>, 3> kEvidenceKindNames{
    {{"near", EvidenceKind::kNear}, {"elsewhere", EvidenceKind::kElsewhere}, {"assumed", EvidenceKind::kAssumed}}};
[[nodiscard]] EvidenceKind evidence_for(OperatorKind kind, DType dtype, const Dims& dims,
                                        std::span<const MeasuredKind> measured);

/// Shares of a prediction's time by evidence; they add up to 1.
struct Evidence {
    double near = 0, elsewhere = 0, assumed = 0;
    void add(EvidenceKind kind, double share) {
        (kind == EvidenceKind::kNear ? near : kind == EvidenceKind::kElsewhere ? elsewhere : assumed) += share;
    }
};

}  // namespace berth
