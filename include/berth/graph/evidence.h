// Evidence behind a prediction: operators measured near its sizes, elsewhere, or not at all.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "berth/graph/operators.h"

namespace berth {

/// Range of one size among measured rows.
struct SizeRange {
    std::int64_t least = 0, most = 0;
    friend bool operator==(const SizeRange&, const SizeRange&) = default;
};

/// Forms of one kind of operator whose times do not follow from one another: convolutions with fewer input channels per
/// filter, attention that hides scores.
enum class EvidenceForm : std::uint8_t { kPlain, kGrouped, kMasked };
inline constexpr std::array<Choice<EvidenceForm>, 3> kEvidenceFormNames{
    {{"plain", EvidenceForm::kPlain}, {"grouped", EvidenceForm::kGrouped}, {"masked", EvidenceForm::kMasked}}};
[[nodiscard]] EvidenceForm evidence_form(const Dims& dims);

/// Measured operators of one kind, dtype and form (`devices.D.evidence`).
struct MeasuredKind {
    OperatorKind kind{};
    DType dtype{};
    EvidenceForm form = EvidenceForm::kPlain;
    std::vector<SizeRange> ranges;  ///< in the order of evidence_size_names(); empty: inside whole networks only
    std::int64_t most_cores = 0;    ///< most cores that worked on one; 0: not stated
    friend bool operator==(const MeasuredKind&, const MeasuredKind&) = default;
};

/// Names of the sizes that the time of a kind depends on: `m`, `k`, `n` of products; `positions`, `depth` (input
/// channels of a group x kernel), `channels` of convolutions; `heads`, `scores` (of a head), `head_dim` of attention;
/// else `rows`, `cols`. The last is `work`, their product, since the largest of each size were rarely measured
/// together.
[[nodiscard]] std::span<const std::string_view> evidence_size_names(OperatorKind kind);
[[nodiscard]] std::vector<std::int64_t> evidence_sizes(const Dims& dims);

/// `near`: each size is within what was measured, or beyond it by no more than the measured sizes span themselves and
/// by no more than a factor of two, on no more cores; `elsewhere`: the kind, dtype and form were measured, at other
/// sizes, on fewer cores or inside whole networks; `assumed`: they were not.
enum class EvidenceKind : std::uint8_t { kNear, kElsewhere, kAssumed };
inline constexpr std::array<Choice<EvidenceKind>, 3> kEvidenceKindNames{
    {{"near", EvidenceKind::kNear}, {"elsewhere", EvidenceKind::kElsewhere}, {"assumed", EvidenceKind::kAssumed}}};
[[nodiscard]] EvidenceKind evidence_for(OperatorKind kind, DType dtype, const Dims& dims, std::int64_t cores,
                                        std::span<const MeasuredKind> measured);

/// Shares of a prediction's time by evidence; they add up to 1.
struct Evidence {
    double near = 0, elsewhere = 0, assumed = 0;
    void add(EvidenceKind kind, double share) {
        (kind == EvidenceKind::kNear ? near : kind == EvidenceKind::kElsewhere ? elsewhere : assumed) += share;
    }
};

}  // namespace berth
