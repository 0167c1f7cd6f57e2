// Measured choices as a document: text for a terminal, Markdown and JSON.
#pragma once

#include <span>
#include <string>

#include "berth/base/text_width.h"
#include "berth/calibration/choices.h"

namespace berth {

/// How often the faster alternative is predicted, by the setting that differs; the calibration of predicted
/// probabilities; and tables of the choices between runtimes and devices, those of whole models, and those predicted
/// wrong although the alternatives differ by a fifth or more.
[[nodiscard]] std::string choices_text(std::span<const MeasuredChoice> choices, TextWidth width = {});
/// The same in Markdown.
[[nodiscard]] std::string choices_markdown(std::span<const MeasuredChoice> choices);
/// {"counts": [...], "reliability": [...], "choices": [{"work", "of", "faster", "slower", "measured_ratio",
/// "predicted_ratio", "probability", "right"}]}, all of them; times in microseconds.
[[nodiscard]] std::string choices_json(std::span<const MeasuredChoice> choices);

}  // namespace berth
