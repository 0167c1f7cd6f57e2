// Model error figures of a profile from the residuals of unseen rows.
#include "calibration/fit_errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "berth/base/interval.h"
#include "berth/base/statistics.h"
#include "evaluation/work.h"

namespace berth {

namespace {

using TimesByClass = std::array<Time, kErrorClassNames.size()>;

/// Errors of a device by class, and which of them were changed.
class DeviceErrors {
  public:
    explicit DeviceErrors(const Device& device) : device_(device) {}

    [[nodiscard]] double value(ErrorClass of) const {
        const FittedError* found = changed(of);
        return found == nullptr ? error_of(device_, of).value : found->after;
    }
    /// Whether rows set it: these, or those of an earlier calibration.
    [[nodiscard]] bool calibrated(ErrorClass of) const {
        return changed(of) != nullptr || error_of(device_, of).origin == Origin::kCalibrated;
    }
    void set(ErrorClass of, double value, bool of_rows) {
        // Lower limit: attainable agreement between rows. Upper limit: a factor of eleven means that nothing is known.
        const double after = std::clamp(value, 0.01, 10.0);
        const auto found = std::ranges::find(errors_, of, &FittedError::of);
        if (found == errors_.end()) {
            errors_.push_back({of, error_of(device_, of), after, of_rows});
        } else {
            found->after = after;
        }
    }
    [[nodiscard]] std::vector<FittedError> changes() const { return errors_; }

  private:
    [[nodiscard]] const FittedError* changed(ErrorClass of) const {
        const auto found = std::ranges::find(errors_, of, &FittedError::of);
        return found == errors_.end() ? nullptr : &*found;
    }

    const Device& device_;
    std::vector<FittedError> errors_;
};

// Root mean square over the repetitions of a row, so that their scatter counts as well as their distance.
double off_by(const FittedRow& row) {
    double sum = 0;
    for (const Time time : row.times) {
        const double off = std::log(row.unseen / time);
        sum += off * off;
    }
    return std::sqrt(sum / static_cast<double>(row.times.size()));
}

// Time of a model by the class of its kernels, and of its hand-overs.
TimesByClass times_by_class(const FitRow& row, const Profile& profile) {
    TimesByClass times{};
    for (const CountedKernel& one : row.kernels) {
        const Device& on = profile.devices[static_cast<std::size_t>(one.device)];
        times[static_cast<std::size_t>(error_class(one.kernel.kind))] +=
            kernel_cost(one.kernel, on, one.execution).total * one.times;
    }
    for (const HandedOver& one : row.handovers) {
        times[static_cast<std::size_t>(ErrorClass::kHandover)] += crossing_cost(profile, one.from, one.to, one.size);
    }
    return times;
}

// Variance of a model's log time from the errors of its kernel classes and hand-overs.
double variance_by_classes(const TimesByClass& times, Time all, const DeviceErrors& errors) {
    double variance = 0;
    for (const auto& row_of : kErrorClassNames) {
        const double share = times[static_cast<std::size_t>(row_of.value)] / all;
        const double sigma = share * std::log1p(errors.value(row_of.value));
        variance += sigma * sigma;
    }
    return variance;
}

/// A model left out of the fit: absolute residual, and variances of its log time from the numbers and from the classes.
struct UnseenModel {
    double off = 0, by_numbers = 0, by_classes = 0;
};

// Share of models within their nine-tenths interval if the class errors are scaled by `factor`.
double share_within(const std::vector<UnseenModel>& models, double factor) {
    const auto within = std::ranges::count_if(models, [factor](const UnseenModel& one) {
        return one.off <= kNormal95 * std::sqrt(one.by_numbers + factor * factor * one.by_classes);
    });
    return static_cast<double>(within) / static_cast<double>(models.size());
}

// Smallest factor on all class errors for which nine of ten unseen models are within their interval; below 1 only if
// models are all that was measured. Of n samples the largest is expected at n / (n + 1) of a distribution, so fewer
// than nine say nothing of its nine tenths by themselves: what they narrow counts in proportion.
double factor_for(const std::vector<UnseenModel>& models, bool may_narrow) {
    constexpr double kLeast = 0.1;
    constexpr double kMost = 10;
    constexpr double kGrowth = 1.02;
    constexpr double kEnough = 9;
    double factor = may_narrow ? kLeast : 1;
    while (factor < kMost && share_within(models, factor) < 0.9) {
        factor *= kGrowth;
    }
    const double say = std::min(1.0, static_cast<double>(models.size()) / kEnough);
    return factor < 1 ? 1 - (1 - factor) * say : factor;
}

// Widens all class errors if whole models need it, since a sequence of operators may deviate more than each alone. They
// narrow the errors of classes that occur in them.
void widen_for_models(DeviceErrors& errors, const Profile& profile, std::span<const FitRow> rows,
                      std::span<const FittedRow> fitted) {
    std::vector<UnseenModel> models;
    TimesByClass occurs{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].kind) {
            continue;
        }
        const TimesByClass times = times_by_class(rows[i], profile);
        std::ranges::transform(occurs, times, occurs.begin(), std::plus{});
        models.push_back({off_by(fitted[i]), fitted[i].sigma * fitted[i].sigma,
                          variance_by_classes(times, time_of(rows[i], profile), errors)});
    }
    if (models.empty()) {
        return;
    }
    const bool models_alone = models.size() == rows.size();
    const double factor = factor_for(models, models_alone);
    for (const ErrorClass of :
         {ErrorClass::kMatmul, ErrorClass::kVector, ErrorClass::kAttention, ErrorClass::kHandover}) {
        const bool known = occurs[static_cast<std::size_t>(of)] > Time{};
        if (factor > 1 ? models_alone || errors.calibrated(of) : models_alone && known) {
            errors.set(of, errors.value(of) * factor, known);
        }
    }
}

}  // namespace

std::vector<FittedError> errors_of(const Device& device, const Profile& profile, std::span<const FitRow> rows,
                                   std::span<const FittedRow> fitted) {
    std::array<std::vector<double>, kErrorClassNames.size()> far;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].kind) {
            far[static_cast<std::size_t>(error_class(*rows[i].kind))].push_back(off_by(fitted[i]));
        }
    }
    DeviceErrors errors(device);
    for (const ErrorClass of : {ErrorClass::kMatmul, ErrorClass::kVector, ErrorClass::kAttention}) {
        if (const auto most = quantile(far[static_cast<std::size_t>(of)], 0.9)) {
            errors.set(of, std::expm1(*most / kNormal95), true);
        }
    }
    widen_for_models(errors, profile, rows, fitted);
    return errors.changes();
}

}  // namespace berth
