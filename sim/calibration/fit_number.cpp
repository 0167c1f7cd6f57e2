// Estimates one number of a profile, such as a board's memory clock, from the rows of a file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "berth/base/interval.h"
#include "berth/base/quantity_text.h"
#include "berth/base/statistics.h"
#include "berth/calibration/validation.h"
#include "calibration/fit_rows.h"

namespace berth {

namespace {

// errors of rows of one kind are correlated, so many rows are not better than this
constexpr double kLeastScatter = 0.05;
constexpr double kFarthest = 20;  // factor from the profile's value, if the number has no bounds of its own
constexpr double kWidest = 3;     // widest spread that a profile may state
constexpr int kSteps = 60;

/// Rows as a function of one number, all in logarithms.
class Curve {
  public:
    Curve(Profile& profile, std::span<const FitRow> rows, ParameterView view)
        : profile_(profile), rows_(rows), view_(std::move(view)) {
        std::map<std::size_t, double> alike;
        for (const FitRow& row : rows_) {
            alike[row.block] += 1;
        }
        for (const FitRow& row : rows_) {
            weights_.push_back(1 / alike[row.block]);  // repetitions of one shape share the weight of one row
        }
    }

    [[nodiscard]] double prior() const { return std::log(view_.value); }
    [[nodiscard]] double least() const { return std::log(std::max(view_.least, view_.value / kFarthest)); }
    [[nodiscard]] double most() const { return std::log(std::min(view_.most, view_.value * kFarthest)); }
    [[nodiscard]] const ParameterView& view() const { return view_; }

    [[nodiscard]] std::vector<double> residuals(double at) {
        view_.set(std::exp(at));
        std::vector<double> off;
        for (const FitRow& row : rows_) {
            off.push_back(std::log(time_of(row, profile_) / row.row->measured));
        }
        return off;
    }

    /// Negative logarithm of the posterior, up to a constant, for a residual spread `sigma`.
    [[nodiscard]] double cost(double at, double sigma) {
        const std::vector<double> off = residuals(at);
        double sum = 0;
        for (std::size_t i = 0; i < off.size(); ++i) {
            sum += weights_[i] * unlikelihood(off[i] / sigma);
        }
        const double believed = std::log1p(view_.spread);
        if (believed > 0) {
            const double z = (at - prior()) / believed;
            sum += z * z / 2;
        }
        return sum;
    }

    /// Robust residual spread: median absolute deviation scaled to a normal distribution.
    [[nodiscard]] double scatter(double at) {
        std::vector<double> off = residuals(at);
        for (double& one : off) {
            one = std::abs(one);
        }
        constexpr double kOfNormal = 1.4826;
        return std::max(kLeastScatter, kOfNormal * median(off).value_or(0));
    }

    /// Minimum of the cost: grid search, since the model has kinks, then golden-section search around its best point.
    [[nodiscard]] double best(double sigma) {
        const double step = (most() - least()) / kSteps;
        double at = least();
        double least_cost = cost(at, sigma);
        for (int i = 1; i <= kSteps; ++i) {
            const double here = least() + step * i;
            if (const double there = cost(here, sigma); there < least_cost) {
                at = here;
                least_cost = there;
            }
        }
        return between(std::max(least(), at - step), std::min(most(), at + step), sigma);
    }

  private:
    [[nodiscard]] double between(double low, double high, double sigma) {
        constexpr double kGolden = 0.618034;
        while (high - low > 1e-4) {
            const double a = high - kGolden * (high - low);
            const double b = low + kGolden * (high - low);
            (cost(a, sigma) < cost(b, sigma) ? high : low) = cost(a, sigma) < cost(b, sigma) ? b : a;
        }
        return (low + high) / 2;
    }

    Profile& profile_;
    std::span<const FitRow> rows_;
    ParameterView view_;
    std::vector<double> weights_;
};

std::optional<ParameterView> number_at(Profile& profile, std::string_view path, Diagnostics& diagnostics) {
    std::vector<std::string> paths;
    for (ParameterView& view : parameters(profile)) {
        if (view.path == path) {
            if (view.value > 0) {
                return std::move(view);
            }
            diagnostics.error(SourceLocation("--fit"), fmt::format("{} is zero", path), "a number above zero");
            return std::nullopt;
        }
        paths.push_back(view.path);
    }
    diagnostics.error(SourceLocation("--fit"), fmt::format("{} has no number '{}'", profile.name, path),
                      "the path of a number, as in --set", nearest_name(path, paths));
    return std::nullopt;
}

// Posterior standard deviation from the curvature of the cost; the width of the range if it is flat.
double deviation(Curve& curve, double at, double sigma) {
    constexpr double kAside = 0.05;
    const double middle = curve.cost(at, sigma);
    const double bend =
        (curve.cost(at + kAside, sigma) + curve.cost(at - kAside, sigma) - 2 * middle) / (kAside * kAside);
    const double widest = (curve.most() - curve.least()) / 2;
    return bend > 0 ? std::min(widest, 1 / std::sqrt(bend)) : widest;
}

bool moves_rows(Curve& curve, double at) {
    const std::vector<double> here = curve.residuals(at);
    const std::vector<double> there = curve.residuals(at > curve.prior() ? at - 0.1 : at + 0.1);
    return here != there;
}

}  // namespace

std::optional<FittedNumber> fit_number(const Profile& profile, std::span<const MeasuredSet> sets, std::string_view path,
                                       Diagnostics& diagnostics) {
    Profile moved = profile;
    auto view = number_at(moved, path, diagnostics);
    if (!view) {
        return std::nullopt;
    }
    std::size_t left_out = 0;
    const std::vector<FitRow> rows = fit_rows(sets, moved, left_out, diagnostics);
    if (rows.empty()) {
        diagnostics.error(SourceLocation("--fit"), "no row of the file is an operator or a model to fit to");
        return std::nullopt;
    }
    Curve curve(moved, rows, std::move(*view));
    double sigma = curve.scatter(curve.prior());
    double at = curve.prior();
    for (int round = 0; round < 3; ++round) {
        at = curve.best(sigma);
        sigma = curve.scatter(at);
    }
    if (!moves_rows(curve, at)) {
        diagnostics.error(SourceLocation("--fit"), fmt::format("no row depends on {}", path),
                          "a number that the predictions of this file use");
        return std::nullopt;
    }
    const double spread = deviation(curve, at, sigma);
    FittedNumber fitted;
    fitted.path = path;
    fitted.dimension = curve.view().dimension;
    fitted.before = std::exp(curve.prior());
    fitted.value = std::exp(at);
    fitted.low = std::exp(std::max(curve.least(), at - kNormal95 * spread));
    fitted.high = std::exp(std::min(curve.most(), at + kNormal95 * spread));
    fitted.spread = std::min(kWidest, std::expm1(spread));
    fitted.rows = rows.size();
    return fitted;
}

}  // namespace berth
