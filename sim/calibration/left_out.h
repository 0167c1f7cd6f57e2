// Leave-one-network-out cross-validation: each network is predicted by a fit to the others.
#pragma once

#include <Eigen/Core>
#include <span>

#include "berth/calibration/calibration.h"
#include "calibration/fit.h"

namespace berth {

/// Logarithms of predicted times of rows by a fit without their network; NaN for rows without one. The memory clock
/// state is estimated from the network's own rows, since it is a property of their board. The fit is restored at the
/// end. `fitted` is the profile that the fit modifies.
[[nodiscard]] Eigen::VectorXd predict_networks_left_out(Fit& fit, std::span<const FitRow> rows, const Profile& fitted,
                                                        std::vector<LeftOutNetwork>& networks);

/// Coverage of the intervals of `stated` for these predictions: sets the coverage of the networks, and the
/// calibration's classes and distances.
void check_intervals(std::span<const FitRow> rows, const Eigen::VectorXd& unseen, const Profile& stated,
                     Calibration& result);

}  // namespace berth
