// A scenario's result with all that a report of it shows: arrivals, cores per request, settings without effect.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/simulation.h"
#include "berth/sweep.h"
#include "berth/warning.h"

namespace berth {

struct AnalysisOptions {
    std::vector<Warning> warnings{};      ///< that come first
    std::optional<SweepBase> settings{};  ///< whose effect is looked at
    std::size_t traced = 0;               ///< requests of the stream whose spans are kept
    std::size_t drawn = 0;                ///< requests in the timeline; 0: no timeline
    /// Told what begins, and how far it is; empty: nobody is.
    std::function<void(const std::string&)> begins{}, reached{};
    std::function<void(const SimulationProgress&)> simulated{};
};

/// evaluate(), then the stream of a scenario with arrivals, cores per request and batches where requests compete, the
/// timeline of a few requests, and warnings. Absent, with errors, where evaluate() is.
[[nodiscard]] std::optional<ScenarioResult> analyse(const Scenario& scenario, const AnalysisOptions& options,
                                                    Diagnostics& diagnostics);

}  // namespace berth
