// By eigenvalues.
#include "evaluation/symmetric_root.h"

#include <Eigen/Eigenvalues>

namespace berth {

Eigen::MatrixXd symmetric_root(const Eigen::MatrixXd& covariance) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
    return solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() *
           solver.eigenvectors().transpose();
}

}  // namespace berth
