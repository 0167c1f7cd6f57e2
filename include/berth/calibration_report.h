// A calibration as a document: text for a terminal, and JSON. They read results; nothing is computed here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "berth/calibration.h"
#include "berth/pictures.h"
#include "berth/scenario_diff.h"
#include "berth/text_width.h"

namespace berth {

/// Numbers before and after, those the rows cannot tell apart, errors on rows seen and unseen, rows that stand out.
[[nodiscard]] std::string calibration_text(const Calibration& calibration, TextWidth width = {});

/// {"device", "rows", "sigma", "parameters": [...], "correlations": [...], "following": [...], "held": [...], "fitted":
/// {...}, "unseen": {...}, "residuals": [...]}; errors and spreads are ratios, times microseconds.
[[nodiscard]] std::string calibration_json(const Calibration& calibration);

/// Draws `residuals` into `directory`, which exists: predicted / measured of shapes that a fit has not seen, against
/// the measured time. Returns what was drawn.
[[nodiscard]] std::vector<Picture> draw_residuals(const std::filesystem::path& directory,
                                                  const Calibration& calibration, Diagnostics& diagnostics);

/// The numbers that moved by more than two standard errors, and how many did not.
[[nodiscard]] std::string drift_text(const std::vector<Drift>& drift, TextWidth width = {});
/// {"numbers": [{"path", "first", "second", "sigmas"}] (SI), "decisions": [{"stage", "first", "second"}] or null}.
[[nodiscard]] std::string drift_json(const std::vector<Drift>& drift, const std::vector<DecisionChange>* decisions);
/// Which stages of a scenario the second calibration recommends elsewhere.
[[nodiscard]] std::string decisions_text(const std::vector<DecisionChange>& decisions, TextWidth width = {});

}  // namespace berth
