// Maximum a posteriori by Gauss-Newton: the model is smooth in the logarithms of its numbers almost everywhere.
#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "calibration/fit_rows.h"
#include "calibration/number_bounds.h"

namespace berth {

/// One number that is fitted, in its logarithm.
struct Unknown {
    ParameterView view;
    double prior = 0, sigma = 0;
    double least = 0, most = 0;  ///< logarithms of what makes sense
    double value = 0;
    void set(double to);
};

/// Logarithms of seconds, by row.
[[nodiscard]] Eigen::VectorXd logs_of(const RowTimes& times, const Profile& profile);

class Fit {
  public:
    /// `bounds` is about the same unknowns in the same order. The profile lives longer than the fit.
    Fit(Profile& profile, std::span<const FitRow> rows, std::vector<Unknown> unknowns, NumberBounds bounds);

    [[nodiscard]] const std::vector<Unknown>& unknowns() const { return unknowns_; }
    [[nodiscard]] const NumberBounds& bounds() const { return bounds_; }
    [[nodiscard]] double sigma() const { return sigma_; }
    [[nodiscard]] const Eigen::VectorXd& weights() const { return weights_; }

    /// Logarithms of the rows' times as the profile is now.
    [[nodiscard]] Eigen::VectorXd predicted() const;
    /// Of those by the unknowns; columns of unknowns that move no row are zero.
    [[nodiscard]] Eigen::MatrixXd jacobian();
    /// run(), and where that leaves rows far off, another try: from where the rows lead if next to nothing was
    /// believed. Where many rows are far off at first they look like noise, in which the fit would stay with what was
    /// believed. What is likelier stays.
    void run_from_afar(const Eigen::VectorXd& use);
    /// Rows whose `use` is 0 are left out.
    void run(const Eigen::VectorXd& use);
    /// Inverse of the covariance of the logarithms.
    [[nodiscard]] Eigen::MatrixXd precision(const Eigen::MatrixXd& slopes) const;

    [[nodiscard]] std::vector<double> logs() const;
    /// Values in SI.
    [[nodiscard]] std::vector<double> values() const;
    void set_all(const std::vector<double>& logs);
    /// Rounds all to what a profile has written, within their bounds.
    void round_to_text();

  private:
    void set(std::size_t unknown, double to);
    void order_fitted();
    void follow() { bounds_.follow(values()); }
    void weigh(const Eigen::VectorXd& residuals, const Eigen::VectorXd& use);
    /// Minus the logarithm of the posterior probability, up to a constant; the spread is that of the rows as they are.
    [[nodiscard]] double cost(const Eigen::VectorXd& use);
    [[nodiscard]] double objective(const Eigen::VectorXd& residuals) const;
    double step(const Eigen::VectorXd& residuals);

    Profile& profile_;
    RowTimes times_;
    std::vector<Unknown> unknowns_;
    NumberBounds bounds_;
    std::vector<std::pair<std::size_t, std::size_t>> ordered_;  ///< unknowns: the first is at most the second
    Eigen::VectorXd measured_, weights_;
    double sigma_ = 1;
};

}  // namespace berth
