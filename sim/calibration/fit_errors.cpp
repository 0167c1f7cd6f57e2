// Model error figures of a profile from the residuals of unseen rows.
#include "calibration/fit_errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "berth/statistics.h"
#include "evaluation/work.h"

namespace berth {

namespace {

constexpr double kNineTenths = 1.645;  // standard deviations that contain nine tenths of a normal distribution

// Spread for which nine of ten unseen rows lie within 1.645 standard deviations; the prior if there are none.
void widen(Parameter<double>& error, const std::vector<double>& logs) {
    const auto far = quantile(logs, 0.9);
    if (far) {
        // Lower limit: attainable agreement between rows. Upper limit: a factor of eleven means that nothing is known.
        error.value = std::clamp(std::expm1(*far / kNineTenths), 0.01, 10.0);
        error.origin = Origin::kCalibrated;
    }
}

double off_by(const FittedRow& row) { return std::abs(std::log(row.unseen / row.measured)); }

// Variance of a model's log time from the errors of its kernel classes and hand-overs.
double variance_by_classes(const FitRow& row, const Profile& profile, const Device& device) {
    std::array<Time, kErrorClassNames.size()> times{};
    for (const CountedKernel& one : row.kernels) {
        const Device& on = profile.devices[static_cast<std::size_t>(one.device)];
        times[static_cast<std::size_t>(error_class(one.kernel.kind))] +=
            kernel_cost(one.kernel, on, one.execution).total * one.times;
    }
    for (const HandedOver& one : row.handovers) {
        times[static_cast<std::size_t>(ErrorClass::kHandover)] += crossing_cost(profile, one.from, one.to, one.size);
    }
    const Time all = time_of(row, profile);
    double variance = 0;
    for (const auto& row_of : kErrorClassNames) {
        const double share = times[static_cast<std::size_t>(row_of.value)] / all;
        const double sigma = share * std::log1p(error_of(device, row_of.value).value);
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
        return one.off <= kNineTenths * std::sqrt(one.by_numbers + factor * factor * one.by_classes);
    });
    return static_cast<double>(within) / static_cast<double>(models.size());
}

// Smallest factor on all class errors for which nine of ten unseen models are within their interval; below 1 only if
// models are all that was measured.
double factor_for(const std::vector<UnseenModel>& models, bool may_narrow) {
    constexpr double kLeast = 0.1;
    constexpr double kMost = 10;
    constexpr double kGrowth = 1.02;
    double factor = may_narrow ? kLeast : 1;
    while (factor < kMost && share_within(models, factor) < 0.9) {
        factor *= kGrowth;
    }
    return factor;
}

// Widens all class errors if whole models need it, since a sequence of operators may deviate more than each alone.
void widen_for_models(Device& device, const Profile& profile, std::span<const FitRow> rows,
                      const std::vector<FittedRow>& fitted) {
    std::vector<UnseenModel> models;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].kind) {
            models.push_back(
                {off_by(fitted[i]), fitted[i].sigma * fitted[i].sigma, variance_by_classes(rows[i], profile, device)});
        }
    }
    if (models.empty()) {
        return;
    }
    const bool models_alone = models.size() == rows.size();
    const double factor = factor_for(models, models_alone);
    for (Parameter<double>* error :
         {&device.error.matmul, &device.error.attention, &device.error.vector, &device.error.handover}) {
        if (models_alone || (factor > 1 && error->origin == Origin::kCalibrated)) {
            error->value = std::clamp(error->value * factor, 0.01, 10.0);
            error->origin = Origin::kCalibrated;
        }
    }
}

}  // namespace

ModelError errors_of(Device device, const Profile& profile, std::span<const FitRow> rows,
                     const std::vector<FittedRow>& fitted) {
    std::array<std::vector<double>, kErrorClassNames.size()> far;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].kind) {
            far[static_cast<std::size_t>(error_class(*rows[i].kind))].push_back(off_by(fitted[i]));
        }
    }
    widen(device.error.matmul, far[static_cast<std::size_t>(ErrorClass::kMatmul)]);
    widen(device.error.attention, far[static_cast<std::size_t>(ErrorClass::kAttention)]);
    widen(device.error.vector, far[static_cast<std::size_t>(ErrorClass::kVector)]);
    widen_for_models(device, profile, rows, fitted);
    return device.error;
}

}  // namespace berth
