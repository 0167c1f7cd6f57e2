// Padding findings: a static shape larger than the input, and the gain of a better bucket.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

#include "analysis/variation.h"
#include "berth/base/brief_text.h"

namespace berth {

namespace {

std::int64_t longest(const ModelStage& stage) {
    const auto most = std::max_element(stage.tokens.begin(), stage.tokens.end(),
                                       [](const TokenShare& a, const TokenShare& b) { return a.tokens < b.tokens; });
    return most->tokens;
}

// Next power of two: a common choice of bucket, and a multiple of every width granule.
std::int64_t fitting_bucket(std::int64_t tokens) {
    return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(tokens, 16))));
}

}  // namespace

void find_padding(const StageView& view, std::vector<Finding>& found) {
    const ModelStage& stage = view.model_stage();
    const std::int64_t bucket = fitting_bucket(longest(stage));
    for (std::size_t d = 0; d < view.profile().devices.size(); ++d) {
        const Device& device = view.profile().devices[d];
        const Candidate* padded = view.on(static_cast<DeviceId>(d));
        if (device.runtime.shapes != ShapeRule::kStatic || padded == nullptr || stage.buckets.empty() ||
            padded->padded_tokens <= bucket) {
            continue;
        }
        std::vector<std::int64_t> buckets = stage.buckets;
        buckets.insert(std::lower_bound(buckets.begin(), buckets.end(), bucket), bucket);
        const Settings change = {
            {fmt::format("stages.{}.buckets", view.stage().name), fmt::format("[{}]", fmt::join(buckets, ", "))}};
        const auto after = vary_stage(
            view, [&buckets](ModelStage& changed) { changed.buckets = buckets; }, change);
        if (!after) {
            continue;
        }
        const Time tight = after->stage.candidates[d].latency.median;
        const double waste =
            1 - static_cast<double>(padded->actual_tokens) / static_cast<double>(padded->padded_tokens);
        Finding finding = finding_of(
            FindingKind::kPadding, view, *after,
            fmt::format(
                "{} computes {} tokens for an input of {}: {} is padding. With a bucket of {} the model takes {} there "
                "instead of {}.",
                device.name, padded->padded_tokens, padded->actual_tokens, percent_text(waste, 2), bucket, brief(tight),
                brief(padded->latency.median)));
        finding.change = change;
        found.push_back(std::move(finding));
    }
}

}  // namespace berth
