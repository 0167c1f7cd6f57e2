// Model error figures of a fitted profile.
#pragma once

#include <span>
#include <vector>

#include "berth/calibration.h"
#include "calibration/fit_rows.h"

namespace berth {

/// Errors of the device by class: the spread for which nine of ten rows unseen by the fit lie within 1.645 standard
/// deviations; classes without rows keep theirs. If only whole models were measured, all classes are scaled together
/// until nine of ten models left out of the fit lie within the uncertainty of the fitted numbers and the classes.
/// `rows` and `fitted` are parallel.
[[nodiscard]] ModelError errors_of(Device device, const Profile& profile, std::span<const FitRow> rows,
                                   const std::vector<FittedRow>& fitted);

}  // namespace berth
