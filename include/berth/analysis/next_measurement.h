// The most informative next measurements: kernels whose time would most reduce the uncertainty of a scenario's
// decisions or, where those are certain, of its latency.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// Quantity whose variance a measurement should reduce.
enum class MeasurementGoal : std::uint8_t {
    kDecision,  ///< log(time on one device / time on the other)
    kLatency,   ///< log(time of the stage as it is placed)
};

/// A kernel of a scenario, and the information that its time would give.
struct WorthMeasuring {
    std::string stage, op;  ///< the first operator that runs it
    DeviceId device = 0;
    Kernel kernel;
    Execution execution;
    Time predicted;
    MeasurementGoal goal = MeasurementGoal::kDecision;
    double removes = 0;  ///< expected share of the goal's variance that its measurement removes
};

/// Distinct kernels of each stage, most informative first. The goal is the decision between the stage's two fastest
/// whole-model candidates, or the latency of the chosen one where that decision is 99 % certain or nothing else can
/// run. `noise` is the relative error of a measurement. In units of the standard deviations of the profile's numbers,
/// let d be the gradient of the goal and s the gradient of a kernel's log time; measuring it removes (d s)^2 / ((s s +
/// noise^2) d d) of the goal's variance (the Kalman filter's update; Gelb 1974, section 4.2).
[[nodiscard]] std::vector<WorthMeasuring> next_measurements(const Scenario& scenario, const ScenarioResult& result,
                                                            double noise);

}  // namespace berth
