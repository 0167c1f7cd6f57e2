// A physical number of a profile together with its provenance: how uncertain it is and where it came from.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "berth/base/choice.h"
#include "berth/base/diagnostics.h"
#include "berth/base/units.h"

namespace berth {

/// Kind of evidence for a number. kInherited: taken from an archetype or from another chip's profile, whatever its kind
/// there.
enum class Origin { kDatasheet, kMeasured, kCalibrated, kAssumed, kInherited };

inline constexpr std::array<Choice<Origin>, 5> kOriginNames{{
    {"datasheet", Origin::kDatasheet},
    {"measured", Origin::kMeasured},
    {"calibrated", Origin::kCalibrated},
    {"assumed", Origin::kAssumed},
    {"inherited", Origin::kInherited},
}};

/// A value of quantity type `Q` (or double for a plain number). A bare number counts as assumed.
template <class Q>
struct Parameter {
    Q value{};
    double spread = 0;  ///< relative, one sigma: the value is log-normal with sigma = log(1 + spread)
    Origin origin = Origin::kAssumed;
    std::string source{};          ///< in words: document, table, measurement
    std::optional<Sharing> per{};  ///< "7.8 GB/s per core"
    SourceLocation where{};

    /// Standard deviation of the value's logarithm.
    [[nodiscard]] double log_sigma() const { return std::log1p(spread); }
};

/// A number relative to another one: `sustained: 83% of bandwidth`, `bandwidth: 16 B/cycle of clock`. Its spread is
/// that of the share, so that it follows any change of the other number.
struct RelativeNumber {
    std::string path, base;  ///< paths of both in the document, list items by name
    double share = 1;
    bool per_cycle = false;  ///< `share` is in bytes per cycle of the base, a clock
};

/// The parameter in another unit, provenance included: a count per cycle times one operation, for example.
template <class Q, class F>
[[nodiscard]] auto scaled(const Parameter<Q>& parameter, F factor) {
    return Parameter<decltype(parameter.value * factor)>{parameter.value * factor, parameter.spread, parameter.origin,
                                                         parameter.source,         parameter.per,    parameter.where};
}

}  // namespace berth
