// Square roots of covariance matrices, by which correlated numbers are drawn.
#pragma once

#include <Eigen/Core>

namespace berth {

/// The symmetric square root of a covariance or correlation matrix; negative eigenvalues, which come from rounding,
/// count as zero. It turns independent values into correlated ones, each as close to its own independent value as it
/// can be (Kessy, Lewin and Strimmer 2018, "Optimal whitening and decorrelation"), and is as insensitive to
/// perturbation as the matrix itself.
[[nodiscard]] Eigen::MatrixXd symmetric_root(const Eigen::MatrixXd& covariance);

}  // namespace berth
