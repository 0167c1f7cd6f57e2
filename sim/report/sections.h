// Parts of the text report, shared by the terminal and the Markdown version.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/crossover.h"
#include "berth/evaluation.h"
#include "berth/findings.h"
#include "berth/scenario.h"
#include "berth/sensitivity.h"
#include "berth/text_width.h"
#include "report/text_table.h"

namespace berth {

/// Where to run each stage, how long it takes, why; the total against the budget.
[[nodiscard]] std::string answer_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width);

/// Where to run each stage, how long a request takes and whether it stays within the budget, each with its probability.
[[nodiscard]] std::string answer_sentence(const ScenarioResult& result, const Scenario& scenario);
/// What a stream sustains, and how the passes of a stage are spread for it; none unless placed for throughput.
[[nodiscard]] std::vector<std::string> rate_sentences(const ScenarioResult& result);

// The same in parts, for pages: the total against the budget, a row per stage, and why each runs where it does.
[[nodiscard]] std::string headline(const ScenarioResult& result);
[[nodiscard]] TextTable stage_rows(const ScenarioResult& result, const Scenario& scenario);
[[nodiscard]] std::vector<std::string> stage_reasons(const ScenarioResult& result, const Scenario& scenario);

/// Every candidate of one stage; empty for a fixed stage.
[[nodiscard]] std::string candidates_text(const StageResult& stage, const ScenarioResult& result, TextWidth width);

// The same in parts, of a stage that runs a model: its placements, their time by class, what is to be said of them.
[[nodiscard]] TextTable candidate_rows(const StageResult& stage);
[[nodiscard]] TextTable candidate_classes(const StageResult& stage, TextWidth width);
/// Of a stage that generates text: how fast it comes, and the memory of keys and values at the end.
[[nodiscard]] std::optional<TextTable> candidate_paces(const StageResult& stage);
[[nodiscard]] std::vector<std::string> candidate_notes(const StageResult& stage, const ScenarioResult& result);

/// Cores per request against requests side by side; empty where they were not compared.
[[nodiscard]] std::string core_splits_text(const ScenarioResult& result, TextWidth width);

/// Inputs per pass against what is sustainable; empty where they were not compared.
[[nodiscard]] std::string batch_sizes_text(const ScenarioResult& result, TextWidth width);

/// What to act on, with the predicted gain and the line that tries it.
[[nodiscard]] std::string findings_text(std::span<const Finding> findings, TextWidth width);

/// The numbers that move the total most within their spreads; empty if no uncertainty was asked for.
[[nodiscard]] std::string assumptions_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width);
[[nodiscard]] std::optional<TextTable> assumption_rows(const ScenarioResult& result, const Scenario& scenario);

/// The same with the source of each number.
[[nodiscard]] std::optional<TextTable> sourced_assumption_rows(const ScenarioResult& result, const Scenario& scenario);
/// How much of each stage's time was measured near its sizes, at others, or is assumed.
[[nodiscard]] std::vector<std::string> stage_evidence_sentences(const ScenarioResult& result);

/// Which device is faster up to where, and where that is sure; of no crossing, which one is faster throughout.
[[nodiscard]] std::vector<std::string> crossover_sentences(const CrossoverQuestion& question,
                                                           const CrossoverAnswer& answer);

/// How sure each stage's choice is, and which numbers could reverse it.
[[nodiscard]] std::vector<std::string> decision_sentences(const Sensitivity& sensitivity);

/// A row per operator of a placement; one with a note has a "+" behind its name.
[[nodiscard]] TextTable operator_table(const Candidate& candidate, std::span<const std::string> devices);

/// What acting on a finding does to the total: "total 448 ms -> 161 ms (-64%)"; empty where it does nothing.
[[nodiscard]] std::string finding_gain(const Finding& finding);

}  // namespace berth
