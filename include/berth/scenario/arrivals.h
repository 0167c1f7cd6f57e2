// Arrival processes of requests: users in a closed loop, a Poisson stream, or a recorded trace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "berth/base/units.h"

namespace berth {

enum class Variability : std::uint8_t {
    kNone,         ///< deterministic
    kExponential,  ///< exponentially distributed with the stated mean
};

/// Limits of inputs: beyond these a clock that counts to the end could not resolve microseconds any more, or the
/// requests in flight would not fit memory.
inline constexpr int kMostUsers = 100'000;
inline constexpr Time kLongestThink = seconds(100'000);
inline constexpr Frequency kSlowestArrivals = hertz(1e-5);
inline constexpr Frequency kFastestArrivals = hertz(1e6);
inline constexpr Time kLastArrival = milliseconds(1e12);
inline constexpr std::int64_t kMostRequests = 100'000'000;
/// Limit of the warm-up: its requests are all simulated, whatever the precision reached.
inline constexpr std::int64_t kMostWarmUp = 100'000;
inline constexpr std::int64_t kLargestSeed = 1'000'000'000;

/// Closed loop: each user sends the next request a think time after the previous one ended.
struct ClosedLoop {
    int users = 1;
    Time think;
    Variability variability = Variability::kNone;  ///< of the think time
};
struct PoissonArrivals {
    Frequency rate;
};
/// Ascending times of arrival.
struct ArrivalTrace {
    std::vector<Time> times;
};
using Arrivals = std::variant<ClosedLoop, PoissonArrivals, ArrivalTrace>;

/// Traffic that a scenario asks to be simulated. The length follows from the precision of the 95th percentile (see
/// SimulationOptions); a trace is simulated whole.
struct RequestStream {
    Arrivals arrivals;
    std::size_t requests = 100'000;                     ///< most requests counted
    std::optional<std::size_t> warm_up = std::nullopt;  ///< length of the warm-up in requests; absent: determined
    std::uint64_t seed = 1;
};

}  // namespace berth
