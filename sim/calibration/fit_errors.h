// The error figures of a profile that was fitted.
#pragma once

#include <span>
#include <vector>

#include "berth/calibration.h"
#include "calibration/fit_rows.h"

namespace berth {

/// The device's errors by class, each with the spread with which nine of ten rows that the fit has not seen lie within
/// 1.645 standard deviations; classes without rows keep theirs. Where
/// whole models are all that was measured, the errors of all classes are scaled together until nine of ten models that
/// the fit left out lie within what the fitted numbers and the classes say. `rows` and `fitted` are parallel.
[[nodiscard]] ModelError errors_of(Device device, const Profile& profile, std::span<const FitRow> rows,
                                   const std::vector<FittedRow>& fitted);

}  // namespace berth
