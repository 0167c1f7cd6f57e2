// Which shapes to compile for inputs of given lengths: the bucket set with the least mean latency.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// A length that could be compiled, and what a pass padded to it costs.
struct BucketCandidate {
    std::int64_t tokens = 0;
    double cost = 0;
};

struct BucketSet {
    std::vector<std::int64_t> buckets;  ///< ascending
    double cost = 0;                    ///< mean over the lengths, each in the smallest bucket that holds it
};

/// The best sets of at most 1, 2, ... `most` buckets, by dynamic programming over the candidates: exact. Lengths and
/// candidates ascending; empty if no candidate holds the longest.
[[nodiscard]] std::vector<BucketSet> best_bucket_sets(std::span<const TokenShare> lengths,
                                                      std::span<const BucketCandidate> candidates, std::size_t most);

/// One bucket set with what it gives and takes.
struct BucketRow {
    std::vector<std::int64_t> buckets;
    Time mean;           ///< of a pass
    double padding = 0;  ///< share of the computed tokens that no input holds
    Bytes weights;       ///< of one compiled shape
    Bytes activations;   ///< of all compiled shapes at their peaks
};

struct BucketAdvice {
    std::string stage, device;
    std::vector<TokenShare> lengths;
    std::vector<BucketRow> rows;           ///< at most 1, 2, ... buckets
    Time unpadded;                         ///< mean with a bucket for every length
    std::optional<BucketRow> now;          ///< the stage's own buckets, if they hold the lengths
    std::vector<SettingChange> changes{};  ///< of the scenario, for titles
};

/// Compares the lengths themselves and those rounded up to a multiple of 16 as buckets, since a longer one may be
/// faster. Beyond a thousand, only multiples of 16 and the longest length. Errors: a stage that generates text, a
/// length that the model does not take, a device that does not run it.
[[nodiscard]] std::optional<BucketAdvice> advise_buckets(const Stage& stage, const Profile& profile, DeviceId device,
                                                         std::vector<TokenShare> lengths, std::size_t most,
                                                         Diagnostics& diagnostics);

}  // namespace berth
