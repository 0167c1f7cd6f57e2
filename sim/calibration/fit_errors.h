// Model error figures of a fitted profile.
#pragma once

#include <span>
#include <vector>

#include "berth/calibration/calibration.h"
#include "calibration/fit_rows.h"

namespace berth {

/// Errors of a device by class, from its rows: the spread for which nine of ten rows unseen by the fit lie within 1.645
/// standard deviations; classes without rows keep theirs and are not listed. If only whole models were measured, all
/// classes are scaled together until nine of ten models left out of the fit lie within the uncertainty of the fitted
/// numbers and the classes. `rows` and `fitted` are parallel.
[[nodiscard]] std::vector<FittedError> errors_of(const Device& device, const Profile& profile,
                                                 std::span<const FitRow> rows, std::span<const FittedRow> fitted);

}  // namespace berth
