// How many tokens inputs really hold: a number, a range, or a column of a CSV file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/scenario.h"
#include "berth/yaml_reader.h"

namespace berth {

struct TokenLengths {
    TokenDistribution distribution;  ///< at most about kMostLengths lengths, ascending
    std::int64_t longest = 0;
};
inline constexpr std::size_t kMostLengths = 12;

/// Reads `tokens`; `buckets` (ascending) are kept apart where lengths are put together.
[[nodiscard]] std::optional<TokenLengths> read_tokens(const YamlNode& node, std::span<const std::int64_t> buckets);

/// All lengths of a column of a CSV file, ascending, with their shares. `path` is relative to the current folder.
[[nodiscard]] std::optional<std::vector<TokenShare>> read_length_table(const std::filesystem::path& path,
                                                                       const std::string& column,
                                                                       Diagnostics& diagnostics);

/// Few lengths that stand for many. Up to kMostLengths different ones stay as they are; more are put together in runs
/// of about equal share, never across a bucket, each run at its mean.
[[nodiscard]] TokenDistribution condensed(const std::vector<TokenShare>& ascending,
                                          std::span<const std::int64_t> buckets);

}  // namespace berth
