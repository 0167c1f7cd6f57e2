// Parts of the text report, shared by the terminal and the Markdown version.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/findings.h"
#include "berth/scenario.h"
#include "berth/text_width.h"

namespace berth {

/// Where to run each stage, how long it takes, why; the total against the budget.
[[nodiscard]] std::string answer_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width);

/// Every candidate of one stage; empty for a fixed stage.
[[nodiscard]] std::string candidates_text(const StageResult& stage, const ScenarioResult& result, TextWidth width);

/// Cores per request against requests side by side; empty where they were not compared.
[[nodiscard]] std::string core_splits_text(const ScenarioResult& result, TextWidth width);

/// Inputs per pass against what is sustainable; empty where they were not compared.
[[nodiscard]] std::string batch_sizes_text(const ScenarioResult& result, TextWidth width);

/// What to act on, with the predicted gain and the line that tries it.
[[nodiscard]] std::string findings_text(std::span<const Finding> findings, TextWidth width);

/// The numbers that move the total most within their spreads; empty if no uncertainty was asked for.
[[nodiscard]] std::string assumptions_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width);

}  // namespace berth
