// A validation as a document: text for a terminal, Markdown and JSON. They read results; nothing is computed here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "berth/base/text_width.h"
#include "berth/calibration/validation.h"
#include "berth/report/pictures.h"

namespace berth {

/// Per set a table of errors by class, and the rows that are furthest off.
[[nodiscard]] std::string validation_text(const Validation& validation, TextWidth width = {});

/// The same tables in Markdown, one section per set.
[[nodiscard]] std::string validation_markdown(const Validation& validation);

/// {"profile", "sets": [{"name", "file", "form", "use", "note", "classes": [...], "decisions": [...], "rows": [...],
/// "left_out": [...]}]}; errors are ratios, times microseconds; null for what there are not enough rows for.
[[nodiscard]] std::string validation_json(const Validation& validation);

/// Draws `parity-SET` for each set into `directory`, which exists: predicted against measured, with a band of 10 %.
/// Returns what was drawn.
[[nodiscard]] std::vector<Picture> draw_parity(const std::filesystem::path& directory, const Validation& validation,
                                               Diagnostics& diagnostics);

}  // namespace berth
