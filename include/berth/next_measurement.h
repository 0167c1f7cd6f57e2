// Which measurement next? Kernels whose time would tell most about the decisions of a scenario, or where those are
// sure, about its latency.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// What a measurement is to narrow.
enum class MeasurementGoal : std::uint8_t {
    kDecision,  ///< log(time on one device / time on the other)
    kLatency,   ///< log(time of the stage as it is placed)
};

/// A kernel of a scenario, and what its time would tell.
struct WorthMeasuring {
    std::string stage, op;  ///< the first operator that runs it
    DeviceId device = 0;
    Kernel kernel;
    Execution execution;
    Time predicted;
    MeasurementGoal goal = MeasurementGoal::kDecision;
    double removes = 0;  ///< expected share of the goal's variance that its measurement removes
};

/// Distinct kernels of each stage, those that remove most first: of its two fastest whole-model candidates while it is
/// open which of them is the faster, and of the chosen one for its latency where that is sure to 99 % or nothing else
/// can run. `noise` is the relative error of a measurement. With the standard deviations of the profile's numbers as
/// units, the goal has the gradient d and a kernel's log time the gradient s; measuring it removes
/// (d s)^2 / ((s s + noise^2) d d) of the goal's variance (the Kalman filter's update; Gelb 1974, section 4.2).
[[nodiscard]] std::vector<WorthMeasuring> next_measurements(const Scenario& scenario, const ScenarioResult& result,
                                                            double noise);

}  // namespace berth
