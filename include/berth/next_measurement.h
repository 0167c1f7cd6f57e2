// Which measurement next? Kernels whose time would tell most about the decisions of a scenario.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// A kernel of a scenario, and what its time would tell.
struct WorthMeasuring {
    std::string stage, op;  ///< the first operator that runs it
    DeviceId device = 0;
    Kernel kernel;
    Execution execution;
    Time predicted;
    /// Expected share of the variance of log(time on one device / time on the other) that its measurement removes.
    double removes = 0;
};

/// Distinct kernels of the two fastest whole-model candidates of each stage that has two, those that remove most first.
/// `noise` is the relative error of a measurement. With the standard deviations of the profile's numbers as units, a
/// decision's margin has the gradient d and a kernel's log time the gradient s; measuring it removes
/// (d s)^2 / ((s s + noise^2) d d) of the margin's variance (the Kalman filter's update; Gelb 1974, section 4.2).
[[nodiscard]] std::vector<WorthMeasuring> next_measurements(const Scenario& scenario, const ScenarioResult& result,
                                                            double noise);

}  // namespace berth
