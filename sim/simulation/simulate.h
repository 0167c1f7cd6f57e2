// Building blocks of simulate(), for callers that simulate many similar systems.
#pragma once

#include <optional>

#include "berth/simulation/simulation.h"

namespace berth {

/// Mean arrival rate. Absent in a closed loop, where completions trigger arrivals, and for traces that are too short.
[[nodiscard]] std::optional<Frequency> offered_rate(const Arrivals& arrivals);

/// Sustainable rate of random arrivals; in a closed loop, where the tasks of users may fall into step,
/// most_completed().
[[nodiscard]] Frequency sustainable_rate(const SimulatedSystem& system, const Arrivals& arrivals);

/// Offered load relative to the sustainable rate. Absent if no arrival rate is known.
[[nodiscard]] std::optional<StreamLoad> load_of(const SimulatedSystem& system, const Arrivals& arrivals,
                                                Frequency sustainable);

/// simulate() with a known sustainable rate.
[[nodiscard]] SimulationResult simulate_within(const SimulatedSystem& system, const Arrivals& arrivals,
                                               const SimulationOptions& options, Frequency sustainable);

}  // namespace berth
