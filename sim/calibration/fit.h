// Maximum a posteriori fit by Gauss-Newton. The model is smooth in the logarithms of its numbers almost everywhere.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "calibration/fit_rows.h"
#include "calibration/number_bounds.h"

namespace berth {

/// A fitted number, in its logarithm.
struct Unknown {
    ParameterView view;
    double prior = 0, sigma = 0;
    double least = 0, most = 0;  ///< logarithms of the plausible range
    double value = 0;
    void set(double to);
};

/// Logarithms of the predicted times in seconds, by row.
[[nodiscard]] Eigen::VectorXd logs_of(const RowTimes& times, const Profile& profile);

class Fit {
  public:
    /// `bounds` must list the same unknowns in the same order. The profile must outlive the fit.
    Fit(Profile& profile, std::span<const FitRow> rows, std::vector<Unknown> unknowns, NumberBounds bounds);

    [[nodiscard]] const std::vector<Unknown>& unknowns() const { return unknowns_; }
    [[nodiscard]] const NumberBounds& bounds() const { return bounds_; }
    [[nodiscard]] double sigma() const { return sigma_; }
    [[nodiscard]] const Eigen::VectorXd& weights() const { return weights_; }

    /// Logarithms of the rows' predicted times under the profile's current numbers.
    [[nodiscard]] Eigen::VectorXd predicted() const;
    /// Derivatives of predicted() with respect to the unknowns; zero columns for unknowns that affect no row.
    [[nodiscard]] Eigen::MatrixXd jacobian();
    /// Runs run(). If large residuals remain, many rows that started with large residuals may have passed for noise or
    /// for outliers, and the fit has stayed at the prior. Then a second fit follows the rows under hardly any prior. If
    /// the rows agree under it, it judges which of them are outliers, and the fit with the prior keeps these weights
    /// (as MM-estimates do: Yohai 1987), so that rows which agree with each other move the numbers however far they are
    /// from the prior. If they do not agree, the likelier of the fits from both starts is kept.
    void run_from_afar(const Eigen::VectorXd& use);
    /// Fits with rows weighted by `use`; rows of weight 0 are left out.
    void run(const Eigen::VectorXd& use);
    /// Inverse of the posterior covariance of the logarithms.
    [[nodiscard]] Eigen::MatrixXd precision(const Eigen::MatrixXd& slopes) const;

    [[nodiscard]] std::vector<double> logs() const;
    /// Values in SI units.
    [[nodiscard]] std::vector<double> values() const;
    void set_all(const std::vector<double>& logs);
    /// Rounds all values to the digits that a profile is written with, within their bounds.
    void round_to_text();

  private:
    void set(std::size_t unknown, double to);
    void order_fitted();
    void follow() { bounds_.follow(values()); }
    /// Fits with hardly any prior, first to all rows alike.
    void follow_rows(const Eigen::VectorXd& use);
    /// Residual spread of the rows in use.
    [[nodiscard]] double spread_of(const Eigen::VectorXd& residuals, const Eigen::VectorXd& use) const;
    void weigh(const Eigen::VectorXd& residuals, const Eigen::VectorXd& use);
    /// Negative logarithm of the posterior, up to a constant; the residual spread is estimated from the rows.
    [[nodiscard]] double cost(const Eigen::VectorXd& use);
    /// Residual in standard deviations of its row, squared.
    [[nodiscard]] double distance(Eigen::Index row, double residual) const;
    [[nodiscard]] double objective(const Eigen::VectorXd& residuals) const;
    double step(const Eigen::VectorXd& residuals);

    Profile& profile_;
    RowTimes times_;
    std::vector<Unknown> unknowns_;
    NumberBounds bounds_;
    /// pairs of unknowns, the first of which is at most the second
    std::vector<std::pair<std::size_t, std::size_t>> ordered_;
    Eigen::VectorXd measured_, weights_;
    Eigen::VectorXd noise_;  ///< variance of the logarithm of a row's measured time, beside the residual spread
    std::optional<Eigen::VectorXd> judged_;  ///< weights of a fit that followed the rows; absent: those of each step
    double sigma_ = 1;
    double trust_ = 1;  ///< factor on the precision of the prior
};

}  // namespace berth
