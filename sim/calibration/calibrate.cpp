// Fits a profile to rows: choice of the numbers, starting values, and the reported result.
#include "berth/calibration/calibration.h"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "berth/base/quantity_text.h"
#include "calibration/fit.h"
#include "calibration/fit_errors.h"
#include "calibration/left_out.h"
#include "evaluation/work.h"

namespace berth {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// Capacities select a memory level by a step, so they have no usable gradient.
bool is_stepwise(const ParameterView& view) { return view.dimension == Bytes::kDimension; }

// Zero has no logarithm, and model errors are estimated from the residuals.
bool can_be_fitted(const ParameterView& view) {
    return view.spread > 0 && view.value > 0 && !in_list(view.path) && !is_stepwise(view) &&
           view.used_by != UsedBy::kModelError;
}

// The bandwidth of all devices together does not show in rows of one device; it is only fitted on request, and
// otherwise follows.
bool wanted(const ParameterView& view, const std::vector<std::string>& patterns) {
    if (patterns.empty()) {
        return !view.path.starts_with("memory.");
    }
    return std::ranges::any_of(patterns,
                               [&view](const std::string& pattern) { return matches_pattern(pattern, view.path); });
}

// Standard deviation of the prior. When networks are left out, numbers calibrated on the same rows get a wide prior, so
// that the left-out rows do not support their own prediction.
double prior_sigma(const ParameterView& view, const CalibrationOptions& options) {
    constexpr double kNextToNothing = 1;  // a factor of two
    const bool set_by_rows = options.leave_out == LeftOut::kNetwork && view.origin == Origin::kCalibrated;
    return std::log1p(set_by_rows ? std::max(view.spread, kNextToNothing) : view.spread);
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
        if (!can_be_fitted(view) || !wanted(view, options.fit) ||
            std::ranges::find(options.kept, view.path) != options.kept.end()) {
            continue;
        }
        Unknown one;
        one.prior = std::log(view.value);
        one.value = one.prior;
        one.sigma = prior_sigma(view, options);
        one.view = std::move(view);
        unknowns.push_back(std::move(one));
    }
    return unknowns;
}

/// Fits a profile. Restarts from the initial values whenever further numbers turn out to affect the rows.
class Calibrator {
  public:
    Calibrator(Profile& profile, std::span<const FitRow> rows, const CalibrationOptions& options,
               const std::vector<FittedParameter>& probed, std::vector<Unknown> candidates)
        : profile_(profile),
          rows_(rows),
          times_(rows),
          options_(options),
          believed_(parameters(profile)),
          candidates_(std::move(candidates)) {
        for (const FittedParameter& one : probed) {
            probed_.push_back(one.path);
        }
    }

    /// Fits with restarts: a number without effect at the start, such as one above a limit, may have an effect at the
    /// end.
    [[nodiscard]] Fit run() {
        constexpr int kMostStarts = 4;
        std::vector<Unknown> chosen = that_matter(candidates_, {});
        for (int start = 1;; ++start) {
            Fit fit = fit_of(chosen);
            fit.run_from_afar(VectorXd::Ones(static_cast<Eigen::Index>(rows_.size())));
            auto more = that_matter(remaining(fit), fit.bounds().moved());
            if (more.empty() || start == kMostStarts) {
                return fit;
            }
            chosen = fit.unknowns();
            chosen.insert(chosen.end(), more.begin(), more.end());
            for (const ParameterView& view : believed_) {
                view.set(view.value);
            }
        }
    }

  private:
    // A device limit above the sustained memory bandwidth has no effect, so the fit starts at that bandwidth.
    [[nodiscard]] Fit fit_of(std::vector<Unknown> unknowns) {
        std::vector<std::string> paths;
        for (const Unknown& one : unknowns) {
            paths.push_back(one.view.path);
        }
        NumberBounds bounds(profile_, paths, probed_, options_.kept);
        for (Unknown& one : unknowns) {
            // e to this is 22,000: rows that need a larger factor describe something else
            constexpr double kFarthest = 10;
            const DimensionRange range = plausible_range(one.view.dimension);
            const double least = std::max(range.least, bounds.least(one.view.path));
            const double most = std::min(range.most, bounds.most(one.view.path));
            one.least = std::max(one.prior - kFarthest, std::log(least));
            one.most = std::min(one.prior + kFarthest, std::log(most));
            one.value = std::min(one.value, std::log(bounds.no_use_beyond(one.view.path)));
        }
        return {profile_, rows_, std::move(unknowns), std::move(bounds)};
    }

    /// Candidates that are not fitted yet, at the profile's current values.
    [[nodiscard]] std::vector<Unknown> remaining(const Fit& fit) const {
        std::vector<Unknown> rest;
        for (const Unknown& one : candidates_) {
            if (std::ranges::none_of(fit.unknowns(), [&](const Unknown& o) { return o.view.path == one.view.path; })) {
                rest.push_back(one);
            }
        }
        return rest;
    }

    // Unknowns that affect a row, except those that merely follow others.
    [[nodiscard]] std::vector<Unknown> that_matter(const std::vector<Unknown>& unknowns,
                                                   const std::vector<FollowingNumber>& following) {
        const VectorXd here = logs_of(times_, profile_);
        std::vector<Unknown> kept;
        for (const Unknown& one : unknowns) {
            if (std::ranges::find(following, one.view.path, &FollowingNumber::path) != following.end()) {
                continue;
            }
            double moved = 0;
            for (const double share : {-kLook, kLook}) {
                one.view.set(std::min(one.view.value * std::exp(share), one.view.most));
                moved = std::max(moved, (logs_of(times_, profile_) - here).cwiseAbs().maxCoeff());
            }
            one.view.set(one.view.value);
            if (moved > kMoves) {
                kept.push_back(one);
            }
        }
        return kept;
    }

    static constexpr double kLook = 0.01;
    static constexpr double kMoves = 1e-8;

    Profile& profile_;
    std::span<const FitRow> rows_;
    RowTimes times_;
    const CalibrationOptions& options_;
    std::vector<ParameterView> believed_;
    std::vector<Unknown> candidates_;
    std::vector<std::string> probed_;
};

// Cross-validation by shape: each row is predicted by a fit without its shape. The fit is restored at the end.
VectorXd unseen_predictions(Fit& fit, std::span<const FitRow> rows, int folds) {
    const std::vector<double> best = fit.logs();
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
        fit.set_all(best);
    }
    return logs;
}

// Layers so short that most of their time is the profiler's own.
bool too_short(const FitRow& row) { return !row.network.empty() && row.measured < microseconds(20); }

// Rows of networks are predicted by fits without their network, all others by fits without their shape.
VectorXd unseen_by_network(Fit& fit, std::span<const FitRow> rows, const CalibrationOptions& options,
                           const Profile& fitted, const Profile& stated, Calibration& result) {
    const VectorXd by_network = predict_networks_left_out(fit, rows, fitted, result.networks);
    check_intervals(rows, by_network, stated, result);
    const VectorXd by_shape = unseen_predictions(fit, rows, options.folds);
    return by_network.array().isNaN().select(by_shape, by_network);
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

// Replaces a fitted clock's previous value in the list of selectable clocks.
void note_clocks(Calibration& result, Profile& profile) {
    for (Device& device : profile.devices) {
        CoreCluster& cluster = device.clusters.front();
        const std::string path = "devices." + device.name + ".clock";
        const auto fitted = std::ranges::find(result.parameters, path, &FittedParameter::path);
        if (!cluster.clock_at_device || cluster.clocks.empty() || fitted == result.parameters.end()) {
            continue;
        }
        const auto nearest = std::ranges::min_element(
            cluster.clocks, {}, [&fitted](Frequency one) { return std::abs(in_hertz(one) - fitted->before); });
        *nearest = cluster.clock.value;
        result.clocks.push_back({path + "s", cluster.clocks});
    }
}

void note_parameters(Calibration& result, const std::vector<Unknown>& unknowns, const MatrixXd& covariance) {
    for (std::size_t j = 0; j < unknowns.size(); ++j) {
        const Unknown& one = unknowns[j];
        const auto at = static_cast<Eigen::Index>(j);
        const double sigma = std::sqrt(covariance(at, at));
        result.parameters.push_back({one.view.path, one.view.dimension, std::exp(one.prior), std::expm1(one.sigma),
                                     std::exp(one.value), std::expm1(sigma), sigma < 0.5 * one.sigma, one.view.base,
                                     one.view.share, one.view.per_cycle, one.view.origin, one.view.source});
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

// Writes links with a fitted number in full.
void note_links(Calibration& result, Profile& profile) {
    const std::vector<ParameterView> views = parameters(profile);
    for (std::size_t i = 0; i < profile.links.size(); ++i) {
        const std::string prefix = fmt::format("links.{}.", i);
        const auto own = [&prefix](const std::string& path) { return path.starts_with(prefix); };
        if (std::ranges::none_of(result.parameters, own, &FittedParameter::path)) {
            continue;
        }
        const auto name = [&profile](DeviceId id) { return profile.devices[static_cast<std::size_t>(id)].name; };
        FittedLink link{name(profile.links[i].from), name(profile.links[i].to), {}};
        for (const ParameterView& view : views) {
            if (own(view.path)) {
                const auto fitted = std::ranges::find(result.parameters, view.path, &FittedParameter::path);
                FittedParameter number{view.path,   view.dimension, view.value, view.spread, view.value,
                                       view.spread, false,          view.base,  view.share,  view.per_cycle,
                                       view.origin, view.source,    false};
                number = fitted == result.parameters.end() ? number : *fitted;
                number.path = view.path.substr(prefix.size());
                link.numbers.push_back(std::move(number));
            }
        }
        result.links.push_back(std::move(link));
    }
}

// Value of timing a row that was not measured: its predicted standard deviation under the posterior, and the share of
// the total posterior variance that its measurement would remove. With covariance C of the logarithms and the row's
// gradient s, a measurement with standard deviation `noise` reduces the trace of C by s C C s / (s C s + noise^2) (the
// Kalman filter's update; Gelb 1974, section 4.2).
WorthTiming worth_timing(const FitRow& row, Profile& profile, std::vector<Unknown> unknowns, const MatrixXd& covariance,
                         double noise) {
    constexpr double kAside = 0.01;
    VectorXd slopes(static_cast<Eigen::Index>(unknowns.size()));
    const auto log_time = [&] { return std::log(in_seconds(time_of(row, profile))); };
    for (std::size_t j = 0; j < unknowns.size(); ++j) {
        const double at = unknowns[j].value;
        unknowns[j].set(at + kAside);
        const double up = log_time();
        unknowns[j].set(at - kAside);
        slopes[static_cast<Eigen::Index>(j)] = (up - log_time()) / (2 * kAside);
        unknowns[j].set(at);
    }
    const VectorXd shared = covariance * slopes;
    const double variance = slopes.dot(shared);
    return {row.row->name, time_of(row, profile), std::sqrt(variance),
            shared.squaredNorm() / (variance + noise * noise) / covariance.trace()};
}

void note_next(Calibration& result, Profile& profile, const std::vector<MeasuredRow>& candidates,
               const std::vector<Unknown>& unknowns, const MatrixXd& covariance) {
    for (const MeasuredRow& candidate : candidates) {
        Diagnostics own;  // a row that the device cannot run is no candidate
        const auto row = fit_row(candidate, profile, own);
        const auto same = [&candidate](const FittedRow& timed) {
            return timed.op_class == candidate.op_class && timed.device == candidate.device;
        };
        if (row && std::ranges::none_of(result.rows, same)) {
            result.next.push_back(worth_timing(*row, profile, unknowns, covariance, result.sigma));
        }
    }
    std::ranges::stable_sort(result.next, std::greater{}, &WorthTiming::removes);
}

// Credits each device with what its own rows say.
void note_devices(Calibration& result, const Profile& profile, const std::vector<FitRow>& rows) {
    for (std::size_t at = 0; at < profile.devices.size(); ++at) {
        const auto id = static_cast<DeviceId>(at);
        std::vector<FitRow> own;
        std::vector<FittedRow> fitted;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].row->device == id) {
                own.push_back(rows[i]);
                fitted.push_back(result.rows[i]);
            }
        }
        if (own.empty()) {
            continue;
        }
        const Device& device = profile.devices[at];
        FittedDevice noted;
        noted.name = device.name;
        noted.works = own.size();
        for (const FitRow& row : own) {
            noted.rows += row.times.size();
        }
        noted.errors = errors_of(device, profile, own, fitted);
        noted.evidence = device.evidence.value_or(std::vector<MeasuredKind>{});
        add_evidence(noted.evidence, own, id);
        result.devices.push_back(std::move(noted));
    }
}

FittedRow fitted_row(const FitRow& row) {
    FittedRow fitted;
    fitted.name = row.row->name;
    fitted.op_class = row.row->op_class;
    fitted.times = row.times;
    fitted.measured = row.measured;
    fitted.device = row.row->device;
    return fitted;
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
    const Profile stated = profile;
    result.probed = apply_memory_probes(profile, sets, options.kept);
    std::vector<FitRow> rows = without_repetitions(fit_rows(sets, profile, result.left_out, diagnostics));
    if (options.leave_out == LeftOut::kNetwork) {
        std::erase_if(rows, too_short);
    }
    auto unknowns = unknowns_of(profile, options, diagnostics);
    if (rows.empty()) {
        diagnostics.error(SourceLocation("--measured"), "there are no operators to fit to", "rows of operators");
    }
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    Fit fit = Calibrator(profile, rows, options, result.probed, std::move(unknowns)).run();
    result.sigma = fit.sigma();
    const VectorXd weights = fit.weights();
    const MatrixXd slopes = fit.jacobian();
    const MatrixXd precision = fit.precision(slopes);
    const MatrixXd covariance = precision.ldlt().solve(MatrixXd::Identity(precision.rows(), precision.cols()));
    fit.round_to_text();
    const VectorXd predicted = fit.predicted();
    const VectorXd unseen = options.leave_out == LeftOut::kNetwork
                                ? unseen_by_network(fit, rows, options, profile, stated, result)
                                : unseen_predictions(fit, rows, options.folds);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(i);
        const double variance = (slopes.row(at) * covariance * slopes.row(at).transpose())(0, 0);
        FittedRow row = fitted_row(rows[i]);
        row.predicted = seconds(std::exp(predicted[at]));
        row.unseen = seconds(std::exp(unseen[at]));
        row.network = options.leave_out == LeftOut::kNetwork ? rows[i].network : "";
        row.leverage = variance * weights[at] / (result.sigma * result.sigma);
        row.weight = std::min(1.0, weights[at]);
        row.sigma = std::sqrt(variance);
        result.rows.push_back(std::move(row));
    }
    note_parameters(result, fit.unknowns(), covariance);
    result.following = fit.bounds().moved();
    result.held = fit.bounds().held(fit.values());
    note_clocks(result, profile);
    result.fitted = summary_of(result.rows, &FittedRow::predicted);
    result.unseen = summary_of(result.rows, &FittedRow::unseen);
    note_devices(result, profile, rows);
    note_links(result, profile);
    note_next(result, profile, options.candidates, fit.unknowns(), covariance);
    return result;
}

}  // namespace berth
