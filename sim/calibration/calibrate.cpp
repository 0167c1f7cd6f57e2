// Maximum a posteriori by Gauss-Newton: the model is smooth in the logarithms of its numbers almost everywhere.
#include "berth/calibration.h"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "berth/statistics.h"
#include "calibration/fit_rows.h"
#include "schedule/work.h"

namespace berth {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kNarrowest = 0.01;  // no model is right to less than this: rows agree with each other at best so well
constexpr double kFreedom = 4;       // of Student's t, for outliers
constexpr double kStep = 0.01;       // of differences, in the logarithm
constexpr int kMostRounds = 40;

/// One number that is fitted, in its logarithm.
struct Unknown {
    ParameterView view;
    double prior = 0, sigma = 0;
    double most = 0;  ///< logarithm of the largest value that makes sense
    double value = 0;
    void set(double to) {
        value = std::min(to, most);
        view.set(std::exp(value));
    }
};

class Fit {
  public:
    Fit(Profile& profile, std::span<const FitRow> rows, std::vector<Unknown> unknowns)
        : profile_(profile), rows_(rows), unknowns_(std::move(unknowns)) {
        measured_ = VectorXd(static_cast<Eigen::Index>(rows.size()));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            measured_[static_cast<Eigen::Index>(i)] = std::log(in_seconds(rows[i].row->measured));
        }
        find_bandwidths();
    }

    [[nodiscard]] std::vector<Unknown>& unknowns() { return unknowns_; }
    [[nodiscard]] double sigma() const { return sigma_; }
    [[nodiscard]] const VectorXd& weights() const { return weights_; }

    [[nodiscard]] VectorXd predicted() const {
        VectorXd logs(measured_.size());
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            logs[static_cast<Eigen::Index>(i)] = std::log(in_seconds(time_of(rows_[i], profile_)));
        }
        return logs;
    }

    // Columns of unknowns that move no row are zero.
    [[nodiscard]] MatrixXd jacobian() {
        MatrixXd slopes(measured_.size(), static_cast<Eigen::Index>(unknowns_.size()));
        for (std::size_t j = 0; j < unknowns_.size(); ++j) {
            Unknown& one = unknowns_[j];
            const double at = one.value;
            one.set(at + kStep);
            const double high = one.value;
            const VectorXd up = predicted();
            one.set(at - kStep);
            const VectorXd down = predicted();
            slopes.col(static_cast<Eigen::Index>(j)) = (up - down) / (high - one.value);
            one.set(at);
        }
        return slopes;
    }

    // Rows whose `use` is 0 are left out.
    void run(const VectorXd& use) {
        for (int round = 0; round < kMostRounds; ++round) {
            const VectorXd residuals = measured_ - predicted();
            weigh(residuals, use);
            if (step(residuals) < 1e-4) {
                break;
            }
        }
    }

    /// Inverse of the covariance of the logarithms.
    [[nodiscard]] MatrixXd precision(const MatrixXd& slopes) const {
        MatrixXd precision = slopes.transpose() * weights_.asDiagonal() * slopes / (sigma_ * sigma_);
        for (std::size_t j = 0; j < unknowns_.size(); ++j) {
            const auto at = static_cast<Eigen::Index>(j);
            precision(at, at) += 1 / (unknowns_[j].sigma * unknowns_[j].sigma);
        }
        return precision;
    }

  private:
    // What one core draws of DRAM, beside what all of them do together.
    void find_bandwidths() {
        constexpr std::string_view kOne = ".dma.bandwidth";
        for (std::size_t j = 0; j < unknowns_.size(); ++j) {
            const std::string& path = unknowns_[j].view.path;
            if (!path.ends_with(kOne)) {
                continue;
            }
            const std::string all = path.substr(0, path.size() - kOne.size()) + ".dma.limit";
            const auto limit = std::ranges::find(unknowns_, all, [](const Unknown& one) { return one.view.path; });
            if (limit != unknowns_.end()) {
                bandwidths_.emplace_back(j, static_cast<std::size_t>(limit - unknowns_.begin()));
            }
        }
    }

    // More than the limit a core cannot draw: rows do not tell such a bandwidth from the limit itself.
    void keep_within_limits() {
        for (const auto& [one, all] : bandwidths_) {
            unknowns_[one].set(std::min(unknowns_[one].value, unknowns_[all].value));
        }
    }

    // The spread of what is used, from its median so that outliers do not widen it.
    void weigh(const VectorXd& residuals, const VectorXd& use) {
        std::vector<double> sizes;
        for (Eigen::Index i = 0; i < residuals.size(); ++i) {
            if (use[i] > 0) {
                sizes.push_back(std::abs(residuals[i]));
            }
        }
        sigma_ = std::max(kNarrowest, 1.4826 * median(sizes).value_or(0));
        weights_ = VectorXd(residuals.size());
        for (Eigen::Index i = 0; i < residuals.size(); ++i) {
            const double far = residuals[i] / sigma_;
            weights_[i] = use[i] * (kFreedom + 1) / (kFreedom + far * far);
        }
    }

    [[nodiscard]] double objective(const VectorXd& residuals) const {
        double sum = residuals.cwiseAbs2().dot(weights_) / (sigma_ * sigma_);
        for (const Unknown& one : unknowns_) {
            sum += (one.value - one.prior) * (one.value - one.prior) / (one.sigma * one.sigma);
        }
        return sum;
    }

    // Halves the step until it helps; how far the unknowns moved.
    double step(const VectorXd& residuals) {
        const MatrixXd slopes = jacobian();
        VectorXd gradient = slopes.transpose() * (weights_.asDiagonal() * residuals) / (sigma_ * sigma_);
        std::vector<double> from;
        for (std::size_t j = 0; j < unknowns_.size(); ++j) {
            const Unknown& one = unknowns_[j];
            gradient[static_cast<Eigen::Index>(j)] += (one.prior - one.value) / (one.sigma * one.sigma);
            from.push_back(one.value);
        }
        const VectorXd towards = precision(slopes).ldlt().solve(gradient);
        const double before = objective(residuals);
        for (double share = 1; share > 1e-3; share /= 2) {
            double moved = 0;
            for (std::size_t j = 0; j < unknowns_.size(); ++j) {
                unknowns_[j].set(from[j] + std::clamp(share * towards[static_cast<Eigen::Index>(j)], -0.5, 0.5));
                moved = std::max(moved, std::abs(unknowns_[j].value - from[j]));
            }
            keep_within_limits();
            if (objective(measured_ - predicted()) <= before) {
                return moved;
            }
        }
        for (std::size_t j = 0; j < unknowns_.size(); ++j) {
            unknowns_[j].set(from[j]);
        }
        return 0;
    }

    Profile& profile_;
    std::span<const FitRow> rows_;
    std::vector<Unknown> unknowns_;
    std::vector<std::pair<std::size_t, std::size_t>> bandwidths_;  ///< unknowns: of one core, and of all
    VectorXd measured_, weights_;
    double sigma_ = 1;
};

// Numbers in lists (clusters, fusion rules) cannot be written into a profile that extends another.
bool in_list(const std::string& path) {
    return path.find(".clusters.") != std::string::npos || path.find(".fuses.") != std::string::npos ||
           path.starts_with("links.");
}

// A capacity decides by steps which level serves a row: there is no slope to follow.
bool is_stepwise(const ParameterView& view) { return view.dimension == Bytes::kDimension; }

bool wanted(const ParameterView& view, const std::vector<std::string>& patterns) {
    return patterns.empty() || std::ranges::any_of(patterns, [&view](const std::string& pattern) {
               return matches_pattern(pattern, view.path);
           });
}

std::vector<Unknown> unknowns_of(Profile& profile, const CalibrationOptions& options, Diagnostics& diagnostics) {
    std::vector<ParameterView> views = parameters(profile);
    for (const std::string& pattern : options.fit) {
        const auto hit = [&pattern](const ParameterView& view) { return matches_pattern(pattern, view.path); };
        if (std::ranges::none_of(views, hit)) {
            diagnostics.error(SourceLocation("--fit"), fmt::format("no number of the profile is called '{}'", pattern),
                              "a path such as devices.cpu.matrix.efficiency, or devices.cpu.*");
        } else if (std::ranges::all_of(views, [&](const ParameterView& view) {
                       return !hit(view) || in_list(view.path) || is_stepwise(view);
                   })) {
            diagnostics.error(SourceLocation("--fit"), fmt::format("'{}' cannot be fitted", pattern),
                              "a number outside lists that is no capacity");
        }
    }
    std::vector<Unknown> unknowns;
    for (ParameterView& view : views) {
        if (view.spread <= 0 || in_list(view.path) || is_stepwise(view) || !wanted(view, options.fit) ||
            view.path.find(".error.") != std::string::npos) {
            continue;
        }
        Unknown one;
        one.prior = std::log(view.value);
        one.value = one.prior;
        one.sigma = std::log1p(view.spread);
        one.most = std::log(view.most);
        one.view = std::move(view);
        unknowns.push_back(std::move(one));
    }
    return unknowns;
}

// Of those that move a row.
std::vector<Unknown> that_matter(Profile& profile, std::span<const FitRow> rows, std::vector<Unknown> unknowns) {
    Fit probe(profile, rows, std::move(unknowns));
    const MatrixXd slopes = probe.jacobian();
    std::vector<Unknown> kept;
    for (std::size_t j = 0; j < probe.unknowns().size(); ++j) {
        if (slopes.col(static_cast<Eigen::Index>(j)).cwiseAbs().maxCoeff() > 1e-6) {
            kept.push_back(probe.unknowns()[j]);
        }
    }
    return kept;
}

// Each row predicted by a fit that has not seen its shape; the fit ends where it was.
VectorXd unseen_predictions(Fit& fit, std::span<const FitRow> rows, int folds) {
    std::vector<double> best;
    for (const Unknown& one : fit.unknowns()) {
        best.push_back(one.value);
    }
    VectorXd logs(static_cast<Eigen::Index>(rows.size()));
    for (int fold = 0; fold < folds; ++fold) {
        VectorXd use(logs.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            use[static_cast<Eigen::Index>(i)] =
                rows[i].block % static_cast<std::size_t>(folds) != static_cast<std::size_t>(fold);
        }
        fit.run(use);
        const VectorXd predicted = fit.predicted();
        logs = (use.array() > 0).select(logs, predicted);
        for (std::size_t j = 0; j < best.size(); ++j) {
            fit.unknowns()[j].set(best[j]);
        }
    }
    return logs;
}

ErrorSummary summary_of(const std::vector<FittedRow>& rows, Time FittedRow::*predicted) {
    std::vector<double> p;
    std::vector<double> m;
    for (const FittedRow& row : rows) {
        p.push_back(in_seconds(row.*predicted));
        m.push_back(in_seconds(row.measured));
    }
    return summarise(p, m);
}

// The spread with which nine of ten unseen rows lie within 1.645 standard deviations; the prior where there are none.
void widen(Parameter<double>& error, const std::vector<double>& logs) {
    const auto far = quantile(logs, 0.9);
    if (far) {
        error.value = std::expm1(*far / 1.645);
        error.origin = Origin::kCalibrated;
    }
}

double off_by(const FittedRow& row) { return std::abs(std::log(row.unseen / row.measured)); }

// Standard deviation of a model's log time by the errors of its kernels' classes.
double sigma_by_classes(const FitRow& row, const Device& device) {
    std::array<Time, kErrorClassNames.size()> times{};
    Time all;
    for (const CountedKernel& one : row.kernels) {
        const Time time = kernel_cost(one.kernel, device, row.execution).total * one.times;
        times[static_cast<std::size_t>(error_class(one.kernel.kind))] += time;
        all += time;
    }
    double variance = 0;
    for (const auto& row_of : kErrorClassNames) {
        const double share = times[static_cast<std::size_t>(row_of.value)] / all;
        const double sigma = share * std::log1p(error_of(device, row_of.value).value);
        variance += sigma * sigma;
    }
    return std::sqrt(variance);
}

// Operators behind one another may be further off than each alone: then all classes are, by as much as whole models
// ask.
void widen_for_models(Device& device, std::span<const FitRow> rows, const std::vector<FittedRow>& fitted) {
    std::vector<double> sigmas;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].kind) {
            sigmas.push_back(off_by(fitted[i]) / sigma_by_classes(rows[i], device));
        }
    }
    const double factor = quantile(sigmas, 0.9).value_or(0) / 1.645;
    for (Parameter<double>* error : {&device.error.matmul, &device.error.attention, &device.error.vector}) {
        if (factor > 1 && error->origin == Origin::kCalibrated) {
            error->value *= factor;
        }
    }
}

ModelError errors_of(Device device, std::span<const FitRow> rows, const std::vector<FittedRow>& fitted) {
    std::array<std::vector<double>, kErrorClassNames.size()> far;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].kind) {
            far[static_cast<std::size_t>(error_class(*rows[i].kind))].push_back(off_by(fitted[i]));
        }
    }
    widen(device.error.matmul, far[static_cast<std::size_t>(ErrorClass::kMatmul)]);
    widen(device.error.attention, far[static_cast<std::size_t>(ErrorClass::kAttention)]);
    widen(device.error.vector, far[static_cast<std::size_t>(ErrorClass::kVector)]);
    widen_for_models(device, rows, fitted);
    return device.error;
}

void note_parameters(Calibration& result, const std::vector<Unknown>& unknowns, const MatrixXd& covariance) {
    for (std::size_t j = 0; j < unknowns.size(); ++j) {
        const Unknown& one = unknowns[j];
        const auto at = static_cast<Eigen::Index>(j);
        const double sigma = std::sqrt(covariance(at, at));
        result.parameters.push_back({one.view.path, one.view.dimension, std::exp(one.prior), std::expm1(one.sigma),
                                     std::exp(one.value), std::expm1(sigma), sigma < 0.5 * one.sigma});
        for (std::size_t k = 0; k < j; ++k) {
            const auto other = static_cast<Eigen::Index>(k);
            const double shared = covariance(at, other) / std::sqrt(covariance(at, at) * covariance(other, other));
            if (std::abs(shared) > 0.9) {
                result.correlations.push_back({unknowns[k].view.path, one.view.path, shared});
            }
        }
    }
    result.covariance.assign(covariance.data(), covariance.data() + covariance.size());
}

}  // namespace

std::vector<Drift> drift_between(const Calibration& first, const Calibration& second) {
    std::vector<Drift> all;
    for (const FittedParameter& one : first.parameters) {
        const auto other = std::ranges::find(second.parameters, one.path, &FittedParameter::path);
        if (other != second.parameters.end()) {
            const double error = std::hypot(std::log1p(one.spread_after), std::log1p(other->spread_after));
            all.push_back(
                {one.path, one.dimension, one.after, other->after, std::log(other->after / one.after) / error});
        }
    }
    std::ranges::stable_sort(all, std::greater{}, [](const Drift& drift) { return std::abs(drift.sigmas); });
    return all;
}

std::optional<Calibration> calibrate(Profile& profile, std::span<const MeasuredSet> sets,
                                     const CalibrationOptions& options, Diagnostics& diagnostics) {
    Calibration result;
    result.probed = apply_memory_probes(profile, sets);
    const std::vector<FitRow> rows = fit_rows(sets, profile, result.left_out, diagnostics);
    auto unknowns = unknowns_of(profile, options, diagnostics);
    if (rows.empty()) {
        diagnostics.error(SourceLocation("--measured"), "there are no operators to fit to", "rows of operators");
    }
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    Fit fit(profile, rows, that_matter(profile, rows, std::move(unknowns)));
    const VectorXd all = VectorXd::Ones(static_cast<Eigen::Index>(rows.size()));
    fit.run(all);
    result.sigma = fit.sigma();
    const VectorXd weights = fit.weights();
    const MatrixXd slopes = fit.jacobian();
    const MatrixXd precision = fit.precision(slopes);
    const MatrixXd covariance = precision.ldlt().solve(MatrixXd::Identity(precision.rows(), precision.cols()));
    const VectorXd predicted = fit.predicted();
    const VectorXd unseen = unseen_predictions(fit, rows, options.folds);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(i);
        const double leverage = (slopes.row(at) * covariance * slopes.row(at).transpose())(0, 0) * weights[at] /
                                (result.sigma * result.sigma);
        result.rows.push_back({rows[i].row->name, rows[i].row->op_class, rows[i].row->measured,
                               seconds(std::exp(predicted[at])), seconds(std::exp(unseen[at])), leverage,
                               std::min(1.0, weights[at])});
    }
    note_parameters(result, fit.unknowns(), covariance);
    result.fitted = summary_of(result.rows, &FittedRow::predicted);
    result.unseen = summary_of(result.rows, &FittedRow::unseen);
    const Device& device = profile.devices[static_cast<std::size_t>(rows.front().row->device)];
    result.device = device.name;
    result.error = errors_of(device, rows, result.rows);
    return result;
}

}  // namespace berth
