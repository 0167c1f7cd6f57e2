// When requests come: users in a closed loop, a Poisson stream, or times that were written down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "berth/units.h"

namespace berth {

enum class Variability : std::uint8_t {
    kNone,         ///< a task takes its time
    kExponential,  ///< it takes an exponentially distributed time of that mean
};

/// What may be asked for: beyond these a clock that counts to the end could not tell microseconds apart any more, or
/// memory would not hold the requests in flight.
inline constexpr int kMostUsers = 100'000;
inline constexpr Time kLongestThink = seconds(100'000);
inline constexpr Frequency kSlowestArrivals = hertz(1e-5);
inline constexpr Frequency kFastestArrivals = hertz(1e6);
inline constexpr Time kLastArrival = milliseconds(1e12);
inline constexpr std::int64_t kMostRequests = 100'000'000;
/// Of requests that no statistic counts: all of them are simulated, whatever is known before.
inline constexpr std::int64_t kMostWarmUp = 100'000;
inline constexpr std::int64_t kLargestSeed = 1'000'000'000;

/// Each user sends the next request a think time after the last one ended.
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

/// How much traffic a scenario asks to be simulated. Its length follows from how well the 95th percentile is known (see
/// SimulationOptions); a trace is simulated whole.
struct RequestStream {
    Arrivals arrivals;
    std::size_t requests = 100'000;                     ///< counted at most
    std::optional<std::size_t> warm_up = std::nullopt;  ///< first requests that no statistic counts; absent: found out
    std::uint64_t seed = 1;
};

}  // namespace berth
