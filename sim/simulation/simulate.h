// Pieces of simulate() for those who simulate many systems that differ little.
#pragma once

#include <optional>

#include "berth/simulation.h"

namespace berth {

/// Mean rate of arrivals; absent where ends of requests bring the next ones, or where there are too few to tell.
[[nodiscard]] std::optional<Frequency> offered_rate(const Arrivals& arrivals);

/// Of what is sustainable. Absent without a rate.
[[nodiscard]] std::optional<StreamLoad> load_of(const SimulatedSystem& system, const Arrivals& arrivals,
                                                Frequency sustainable);

/// simulate() where what is sustainable is known.
[[nodiscard]] SimulationResult simulate_within(const SimulatedSystem& system, const Arrivals& arrivals,
                                               const SimulationOptions& options, Frequency sustainable);

}  // namespace berth
