// Networks left out of a fit one after the other, each predicted by the fit of the others.
#pragma once

#include <Eigen/Core>
#include <span>

#include "berth/calibration.h"
#include "calibration/fit.h"

namespace berth {

/// Logarithms of the times of rows whose network the fit did not see; NaN for rows without one. The state of the memory
/// is that which the network's own rows say: it is a property of their board. The fit ends where it was. `fitted` is
/// the profile that the fit changes.
[[nodiscard]] Eigen::VectorXd predict_networks_left_out(Fit& fit, std::span<const FitRow> rows, const Profile& fitted,
                                                        std::vector<LeftOutNetwork>& networks);

/// How far the intervals that `stated` gives hold for these predictions: sets the networks' coverage, and the classes
/// and distances of the calibration.
void check_intervals(std::span<const FitRow> rows, const Eigen::VectorXd& unseen, const Profile& stated,
                     Calibration& result);

}  // namespace berth
