// A calibration as text for a terminal and as JSON. Reports only format results; nothing is computed here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "berth/analysis/scenario_diff.h"
#include "berth/base/text_width.h"
#include "berth/calibration/calibration.h"
#include "berth/report/pictures.h"

namespace berth {

/// The rows of each device: `1 row of cpu, 160 rows of npu (8 without repetitions)`.
[[nodiscard]] std::string rows_by_device(const Calibration& calibration);

/// Numbers before and after, pairs that the rows cannot separate, errors on fitted and unseen rows, outliers.
[[nodiscard]] std::string calibration_text(const Calibration& calibration, TextWidth width = {});

/// {"devices": [...], "rows", "sigma", "parameters": [...], "correlations": [...], "following": [...], "held": [...],
/// "fitted":
/// {...}, "unseen": {...}, "residuals": [...]}; errors and spreads are ratios, times microseconds.
[[nodiscard]] std::string calibration_json(const Calibration& calibration);

/// Draws `residuals` into `directory`, which exists: predicted / measured of shapes that a fit has not seen, against
/// the measured time. Returns what was drawn.
[[nodiscard]] std::vector<Picture> draw_residuals(const std::filesystem::path& directory,
                                                  const Calibration& calibration, Diagnostics& diagnostics);

/// Numbers that drifted by more than two standard errors, and the count of the others.
[[nodiscard]] std::string drift_text(const std::vector<Drift>& drift, TextWidth width = {});
/// {"numbers": [{"path", "first", "second", "sigmas"}] (SI), "decisions": [{"stage", "first", "second"}] or null}.
[[nodiscard]] std::string drift_json(const std::vector<Drift>& drift, const std::vector<DecisionChange>* decisions);
/// Stages of a scenario whose recommended placement differs under the second calibration.
[[nodiscard]] std::string decisions_text(const std::vector<DecisionChange>& decisions, TextWidth width = {});

}  // namespace berth
