// Thresholds of findings: each number is defined once, with its reference quantity and its reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace berth {

enum class FindingLimit : std::uint8_t {
    kTotal,
    kSpill,
    kDispatch,
    kFusion,
    kMemoryBound,
    kFasterPrecision,
    kPromisedPrecision,
    kCores,
    kCoreSplit,
};

struct FindingThreshold {
    FindingLimit limit{};
    double value = 0;
    std::string_view finding, unit, why;
};

/// In the order of FindingLimit; docs/cli.md lists the same rows.
inline constexpr std::array<FindingThreshold, 9> kFindingThresholds{{
    {FindingLimit::kTotal, 5e-4, "all", "of the total, more or less",
     "a smaller one does not show in the digits of a report"},
    {FindingLimit::kSpill, 0.01, "`spill`", "of the time on that device, less",
     "smaller gains are within the error of any profile"},
    {FindingLimit::kDispatch, 0.05, "`dispatch`", "of the stage's time for launches",
     "halving them gains half of it at most"},
    {FindingLimit::kFusion, 0.01, "`fusion`", "of the time of the stage, less",
     "smaller gains are within the error of any profile"},
    {FindingLimit::kMemoryBound, 0.1, "`memory-bound`", "of the stage's time for memory-bound matrix operators",
     "fewer bits move fewer bytes of these alone"},
    {FindingLimit::kFasterPrecision, 1.05, "`memory-bound`", "times as fast",
     "quantising takes a calibration and costs accuracy"},
    {FindingLimit::kPromisedPrecision, 0.5, "`precision`", "of the gain that the rate of multiplications promises",
     "up to here it does what its name says"},
    {FindingLimit::kCores, 0.97, "`cores`", "of the time with the number of cores now",
     "a core that is left free serves others"},
    {FindingLimit::kCoreSplit, 1.03, "`cores`", "times the requests per second, or 1 / their mean time",
     "another split starts every instance anew"},
}};

namespace finding_thresholds_detail {
consteval bool in_order() {
    for (std::size_t row = 0; row < kFindingThresholds.size(); ++row) {
        if (static_cast<std::size_t>(kFindingThresholds[row].limit) != row) {
            return false;
        }
    }
    return true;
}
static_assert(in_order(), "a row per limit, in their order");
}  // namespace finding_thresholds_detail

[[nodiscard]] constexpr double threshold(FindingLimit limit) {
    return kFindingThresholds[static_cast<std::size_t>(limit)].value;
}

}  // namespace berth
