// Space-filling samples: few points that cover many dimensions evenly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "berth/analysis/sweep.h"
#include "berth/base/choice.h"
#include "berth/base/diagnostics.h"

namespace berth {

enum class SamplingPlan : std::uint8_t {
    kLatinHypercube,  ///< one point per stratum in each dimension (McKay, Beckman and Conover 1979)
    kSobol,  ///< low-discrepancy sequence (Sobol 1967; direction numbers of Joe and Kuo 2008), shifted by the seed
};
inline constexpr std::array<Choice<SamplingPlan>, 2> kSamplingPlanNames{
    {{"lhs", SamplingPlan::kLatinHypercube}, {"sobol", SamplingPlan::kSobol}}};

struct Sampling {
    SamplingPlan plan{};
    std::size_t points = 0;
    std::uint64_t seed = 1;
};
inline constexpr std::size_t kMostSobolDimensions = 64;  ///< the time to draw grows with its square

/// `lhs:N` or `sobol:N`. Errors: another plan, no points, more than `most`.
[[nodiscard]] std::optional<Sampling> parse_sampling(std::string_view text, std::uint64_t seed, std::size_t most,
                                                     Diagnostics& diagnostics);

/// Coordinates of all points in one dimension, each in [0, 1). Deterministic for a seed, on every platform.
[[nodiscard]] std::vector<double> sample_coordinates(const Sampling& sampling, std::size_t dimension);

/// Axis of a sample, from `PATH=FROM:TO` or a list of values, with a value for each point. Values are spaced evenly, or
/// by factors where the range spans more than 16 times its start; whole numbers without a unit stay whole. Errors:
/// those of a range or a list.
[[nodiscard]] std::optional<SweepAxis> sampled_axis(std::string_view text, const std::vector<double>& coordinates,
                                                    Diagnostics& diagnostics);

}  // namespace berth
