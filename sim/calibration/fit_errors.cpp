// How far a fit leaves rows that it has not seen, as the error figures of a profile.
#include "calibration/fit_errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "berth/statistics.h"
#include "evaluation/work.h"

namespace berth {

namespace {

// The spread with which nine of ten unseen rows lie within 1.645 standard deviations; the prior where there are none.
void widen(Parameter<double>& error, const std::vector<double>& logs) {
    const auto far = quantile(logs, 0.9);
    if (far) {
        // Rows agree with each other at best so well; a factor of eleven says that nothing is known.
        error.value = std::clamp(std::expm1(*far / 1.645), 0.01, 10.0);
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
            error->value = std::min(error->value * factor, 10.0);
        }
    }
}

}  // namespace

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

}  // namespace berth
