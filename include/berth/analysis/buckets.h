// Choice of the shapes to compile for inputs of given lengths: the bucket set with the least mean latency.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {

/// A length that could be compiled, and the cost of a pass padded to it.
struct BucketCandidate {
    std::int64_t tokens = 0;
    double cost = 0;
};

struct BucketSet {
    std::vector<std::int64_t> buckets;  ///< ascending
    double cost = 0;                    ///< mean cost over the lengths, each in the smallest bucket that holds it
};

/// Optimal sets of at most 1, 2, ... `most` buckets, by dynamic programming over the candidates. Lengths and candidates
/// ascending; empty if no candidate holds the longest length.
[[nodiscard]] std::vector<BucketSet> best_bucket_sets(std::span<const TokenShare> lengths,
                                                      std::span<const BucketCandidate> candidates, std::size_t most);

/// One bucket set with its benefits and costs.
struct BucketRow {
    std::vector<std::int64_t> buckets;
    Time mean;           ///< mean latency of a pass
    double padding = 0;  ///< share of the computed tokens that is padding
    Bytes weights;       ///< size of the weights of one compiled shape
    Bytes activations;   ///< peak activations, summed over all compiled shapes
};

struct BucketAdvice {
    std::string stage, device;
    std::vector<TokenShare> lengths;
    std::vector<BucketRow> rows;           ///< best sets of at most 1, 2, ... buckets
    Time unpadded;                         ///< mean latency with a bucket for every length
    std::optional<BucketRow> now;          ///< the stage's own buckets, if they hold the lengths
    std::vector<SettingChange> changes{};  ///< overrides of the scenario, for titles
};

/// Considers as buckets the lengths themselves and those rounded up to a multiple of 16, since a longer one may be
/// faster; beyond a thousand candidates, only multiples of 16 and the longest length. Errors: a stage that generates
/// text, a length that the model does not accept, a device that cannot run it.
[[nodiscard]] std::optional<BucketAdvice> advise_buckets(const Stage& stage, const Profile& profile, DeviceId device,
                                                         std::vector<TokenShare> lengths, std::size_t most,
                                                         Diagnostics& diagnostics);

}  // namespace berth
