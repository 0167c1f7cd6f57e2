// A scenario's result with everything that its report shows: arrivals, cores per request, settings without effect.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/analysis/sweep.h"
#include "berth/base/warning.h"
#include "berth/evaluation/evaluation.h"
#include "berth/simulation/simulation.h"

namespace berth {

struct AnalysisOptions {
    std::vector<Warning> warnings{};      ///< warnings to put first
    std::optional<SweepBase> settings{};  ///< settings to check for having no effect
    std::size_t traced = 0;               ///< requests of the stream whose spans are kept
    std::size_t drawn = 0;                ///< requests in the timeline; 0: no timeline
    /// Callbacks: which step begins, and its progress; may be empty.
    std::function<void(const std::string&)> begins{}, reached{};
    std::function<void(const SimulationProgress&)> simulated{};
};

/// evaluate(), then the stream of a scenario with arrivals, cores per request and batches where requests compete, the
/// timeline of a few requests, and warnings. Absent, with errors, where evaluate() is.
[[nodiscard]] std::optional<ScenarioResult> analyse(const Scenario& scenario, const AnalysisOptions& options,
                                                    Diagnostics& diagnostics);

}  // namespace berth
