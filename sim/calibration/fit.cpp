#include "calibration/fit.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "berth/base/statistics.h"

namespace berth {

using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double kNarrowest = 0.01;  // lower bound on the residual spread: no model is more accurate than this
constexpr double kUsual = 0.1;       // usual residual spread in the logarithm of a time, and its weight in rows
constexpr double kUsualRows = 1;
constexpr double kSure = 0.05;    // residual spread assumed when following the rows instead of the prior
constexpr double kHardly = 0.01;  // share of the prior's precision then: spreads ten times as wide
constexpr double kAgree = 0.5;    // largest share of the residual spread that is left where rows agree
constexpr double kFreedom = 4;    // degrees of freedom of Student's t, which tolerates outliers
constexpr double kStep = 0.01;    // step of finite differences in the logarithm
constexpr int kMostRounds = 40;

}  // namespace

VectorXd logs_of(const RowTimes& times, const Profile& profile) {
    const std::vector<double> logs = times.logs(profile);
    return VectorXd::Map(logs.data(), static_cast<Eigen::Index>(logs.size()));
}

void Unknown::set(double to) {
    value = std::clamp(to, least, most);
    view.set(std::exp(value));
}

Fit::Fit(Profile& profile, std::span<const FitRow> rows, std::vector<Unknown> unknowns, NumberBounds bounds)
    : profile_(profile), times_(rows), unknowns_(std::move(unknowns)), bounds_(std::move(bounds)) {
    measured_ = VectorXd(static_cast<Eigen::Index>(rows.size()));
    noise_ = measured_;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        measured_[static_cast<Eigen::Index>(i)] = std::log(in_seconds(rows[i].measured));
        noise_[static_cast<Eigen::Index>(i)] = rows[i].noise * rows[i].noise;
    }
    const auto place = [this](const std::string& path) {
        const auto found = std::ranges::find(unknowns_, path, [](const Unknown& one) { return one.view.path; });
        return static_cast<std::size_t>(found - unknowns_.begin());
    };
    for (const NumberOrder& order : bounds_.between_fitted()) {
        ordered_.emplace_back(place(order.lesser), place(order.greater));
    }
    set_all(logs());
}

VectorXd Fit::predicted() const { return logs_of(times_, profile_); }

MatrixXd Fit::jacobian() {
    MatrixXd slopes(measured_.size(), static_cast<Eigen::Index>(unknowns_.size()));
    for (std::size_t j = 0; j < unknowns_.size(); ++j) {
        const double at = unknowns_[j].value;
        set(j, at + kStep);
        const double high = unknowns_[j].value;
        const VectorXd up = predicted();
        set(j, at - kStep);
        const double width = high - unknowns_[j].value;
        slopes.col(static_cast<Eigen::Index>(j)) =
            width > 0 ? VectorXd((up - predicted()) / width) : VectorXd::Zero(up.size());
        set(j, at);
    }
    return slopes;
}

void Fit::run_from_afar(const VectorXd& use) {
    run(use);
    constexpr double kFar = 0.3;  // root mean square residual of the worst measurements
    if (std::sqrt((measured_ - predicted()).cwiseAbs2().dot(use) / use.sum()) < kFar) {
        return;
    }
    const std::vector<double> nearby = logs();
    const double nearby_cost = cost(use);
    const double nearby_sigma = sigma_;
    follow_rows(use);
    if (sigma_ <= kAgree * nearby_sigma) {
        judged_ = weights_;
        run(use);
        sigma_ = spread_of(measured_ - predicted(), use);
        run(use);
        return;
    }
    run(use);
    if (cost(use) > nearby_cost) {
        set_all(nearby);
        run(use);
    }
}

void Fit::follow_rows(const VectorXd& use) {
    trust_ = kHardly;
    for (int round = 0; round < kMostRounds; ++round) {
        weights_ = use;
        sigma_ = kSure;
        if (step(measured_ - predicted()) < 1e-3) {
            break;
        }
    }
    run(use);
    trust_ = 1;
}

void Fit::run(const VectorXd& use) {
    for (int round = 0; round < kMostRounds; ++round) {
        const VectorXd residuals = measured_ - predicted();
        if (judged_) {
            weights_ = use.cwiseProduct(*judged_);
        } else {
            weigh(residuals, use);
        }
        if (step(residuals) < 1e-4) {
            break;
        }
    }
}

MatrixXd Fit::precision(const MatrixXd& slopes) const {
    MatrixXd precision = slopes.transpose() * weights_.asDiagonal() * slopes / (sigma_ * sigma_);
    for (std::size_t j = 0; j < unknowns_.size(); ++j) {
        const auto at = static_cast<Eigen::Index>(j);
        precision(at, at) += trust_ / (unknowns_[j].sigma * unknowns_[j].sigma);
    }
    return precision;
}

std::vector<double> Fit::logs() const {
    std::vector<double> logs;
    for (const Unknown& one : unknowns_) {
        logs.push_back(one.value);
    }
    return logs;
}

std::vector<double> Fit::values() const {
    std::vector<double> values;
    for (const Unknown& one : unknowns_) {
        values.push_back(std::exp(one.value));
    }
    return values;
}

void Fit::set(std::size_t unknown, double to) {
    unknowns_[unknown].set(to);
    follow();
}

void Fit::set_all(const std::vector<double>& logs) {
    for (std::size_t j = 0; j < unknowns_.size(); ++j) {
        unknowns_[j].set(logs[j]);
    }
    order_fitted();
    follow();
}

void Fit::round_to_text() {
    constexpr double kNext = 1e-3;  // more than the fourth digit
    std::vector<double> rounded;
    for (const Unknown& one : unknowns_) {
        const auto text = [&one](double log) { return std::log(as_written(std::exp(log), one.view.dimension)); };
        double value = text(one.value);
        value = value > one.most ? text(one.value - kNext) : value;
        rounded.push_back(value < one.least ? text(one.value + kNext) : value);
    }
    set_all(rounded);
}

// Enforces the order of fitted pairs: a core cannot draw more than the limit, and rows cannot distinguish such a
// bandwidth from the limit itself.
void Fit::order_fitted() {
    for (const auto& [lesser, greater] : ordered_) {
        if (unknowns_[lesser].value > unknowns_[greater].value) {
            unknowns_[lesser].set(unknowns_[greater].value);
        }
    }
}

// Residual spread of the rows in use, from their median, which is robust to outliers. A few rows that as many numbers
// fit exactly say nothing about their accuracy, so the estimate is shrunk towards the usual spread of whole networks (a
// scaled inverse chi-squared prior; Gelman et al., Bayesian Data Analysis, section 3.2).
double Fit::spread_of(const VectorXd& residuals, const VectorXd& use) const {
    std::vector<double> sizes;
    for (Eigen::Index i = 0; i < residuals.size(); ++i) {
        if (use[i] > 0) {
            sizes.push_back(std::abs(residuals[i]));
        }
    }
    const double seen = 1.4826 * median(sizes).value_or(0);
    const double rows = static_cast<double>(sizes.size());
    return std::max(kNarrowest, std::sqrt((kUsualRows * kUsual * kUsual + rows * seen * seen) / (kUsualRows + rows)));
}

void Fit::weigh(const VectorXd& residuals, const VectorXd& use) {
    sigma_ = spread_of(residuals, use);
    weights_ = VectorXd(residuals.size());
    for (Eigen::Index i = 0; i < residuals.size(); ++i) {
        const double share = sigma_ * sigma_ / (sigma_ * sigma_ + noise_[i]);
        weights_[i] = use[i] * share * (kFreedom + 1) / (kFreedom + distance(i, residuals[i]));
    }
}

double Fit::distance(Eigen::Index row, double residual) const {
    return residual * residual / (sigma_ * sigma_ + noise_[row]);
}

double Fit::objective(const VectorXd& residuals) const {
    double sum = residuals.cwiseAbs2().dot(weights_) / (sigma_ * sigma_);
    for (const Unknown& one : unknowns_) {
        sum += trust_ * (one.value - one.prior) * (one.value - one.prior) / (one.sigma * one.sigma);
    }
    return sum;
}

double Fit::cost(const VectorXd& use) {
    const VectorXd residuals = measured_ - predicted();
    weigh(residuals, use);
    // The spread's own prior, without which rows that are all far off pass for inaccurate ones.
    double sum = kUsualRows * std::log(sigma_) + kUsualRows * kUsual * kUsual / (2 * sigma_ * sigma_);
    for (Eigen::Index i = 0; i < residuals.size(); ++i) {
        sum += use[i] * std::log(sigma_ * sigma_ + noise_[i]) / 2;
        sum += use[i] * (kFreedom + 1) / 2 * std::log1p(distance(i, residuals[i]) / kFreedom);
    }
    for (const Unknown& one : unknowns_) {
        sum += (one.value - one.prior) * (one.value - one.prior) / (one.sigma * one.sigma) / 2;
    }
    return sum;
}

// Gauss-Newton step, halved until it improves the objective; returns how far the unknowns moved.
double Fit::step(const VectorXd& residuals) {
    const MatrixXd slopes = jacobian();
    VectorXd gradient = slopes.transpose() * (weights_.asDiagonal() * residuals) / (sigma_ * sigma_);
    const std::vector<double> from = logs();
    for (std::size_t j = 0; j < unknowns_.size(); ++j) {
        const Unknown& one = unknowns_[j];
        gradient[static_cast<Eigen::Index>(j)] += trust_ * (one.prior - one.value) / (one.sigma * one.sigma);
    }
    const VectorXd towards = precision(slopes).ldlt().solve(gradient);
    const double before = objective(residuals);
    for (double share = 1; share > 1e-3; share /= 2) {
        std::vector<double> to = from;
        for (std::size_t j = 0; j < to.size(); ++j) {
            to[j] += std::clamp(share * towards[static_cast<Eigen::Index>(j)], -0.5, 0.5);
        }
        set_all(to);
        if (objective(measured_ - predicted()) <= before) {
            double moved = 0;
            for (std::size_t j = 0; j < to.size(); ++j) {
                moved = std::max(moved, std::abs(unknowns_[j].value - from[j]));
            }
            return moved;
        }
    }
    set_all(from);
    return 0;
}

}  // namespace berth
