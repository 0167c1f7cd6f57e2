// Actual token counts of inputs: a number, a range, or a column of a CSV file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/scenario/scenario.h"

namespace berth {

struct TokenLengths {
    TokenDistribution distribution;          ///< at most about kMostLengths lengths, ascending
    std::int64_t shortest = 0, longest = 0;  ///< before lengths are merged
};
inline constexpr std::size_t kMostLengths = 12;

/// Reads `tokens`. Lengths in different `buckets` (ascending) are not merged.
[[nodiscard]] std::optional<TokenLengths> read_tokens(const YamlNode& node, std::span<const std::int64_t> buckets);

/// All lengths in a column of a CSV file, ascending, with their shares. `path` is relative to the current folder.
[[nodiscard]] std::optional<std::vector<TokenShare>> read_length_table(const std::filesystem::path& path,
                                                                       const std::string& column,
                                                                       Diagnostics& diagnostics);

/// Condenses many lengths to a few. Up to kMostLengths different ones are kept. Otherwise they are merged into runs of
/// about equal share, never across a bucket boundary, and each run is represented by its mean.
[[nodiscard]] TokenDistribution condensed(const std::vector<TokenShare>& ascending,
                                          std::span<const std::int64_t> buckets);

}  // namespace berth
