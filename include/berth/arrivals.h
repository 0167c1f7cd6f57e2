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

/// How much traffic a scenario asks to be simulated.
struct RequestStream {
    Arrivals arrivals;
    std::size_t requests = 20'000;  ///< counted, behind the warm-up
    std::size_t warm_up = 1'000;    ///< first requests that no statistic counts
    std::uint64_t seed = 1;
};

}  // namespace berth
