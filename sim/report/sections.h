// Sections of the report, shared by the terminal and the Markdown version.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/analysis/crossover.h"
#include "berth/analysis/findings.h"
#include "berth/analysis/sensitivity.h"
#include "berth/base/text_width.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "report/text_table.h"

namespace berth {

/// Device, latency and reason for each stage, and the total against the budget.
[[nodiscard]] std::string answer_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width);

/// Device of each stage, latency of a request and compliance with the budget, each with its probability.
[[nodiscard]] std::string answer_sentence(const ScenarioResult& result, const Scenario& scenario);
/// The sustainable rate of a stream, and how each stage's passes are distributed for it; empty unless the objective is
/// throughput.
[[nodiscard]] std::vector<std::string> rate_sentences(const ScenarioResult& result);

// Parts of answer_text(), for pages: the total against the budget, a row per stage, and the reason for each placement.
[[nodiscard]] std::string headline(const ScenarioResult& result);
/// Whether the scenario's arrivals were simulated, so that its total is that of a request alone.
[[nodiscard]] bool has_stream(const ScenarioResult& result);
/// That requests, or chats, come faster than they are served; absent if they do not, or if none were simulated.
[[nodiscard]] std::optional<std::string> pile_up_sentence(const ScenarioResult& result);
[[nodiscard]] TextTable stage_rows(const ScenarioResult& result, const Scenario& scenario);
[[nodiscard]] std::vector<std::string> stage_reasons(const ScenarioResult& result, const Scenario& scenario);

/// Every candidate of one stage; empty for a fixed stage.
[[nodiscard]] std::string candidates_text(const StageResult& stage, const ScenarioResult& result, TextWidth width);

// Parts of candidates_text() for a stage that runs a model: its placements, their time by class, and notes on them.
[[nodiscard]] TextTable candidate_rows(const StageResult& stage);
[[nodiscard]] TextTable candidate_classes(const StageResult& stage, TextWidth width);
/// For a stage that generates text: token rates, and the KV cache size at the end.
[[nodiscard]] std::optional<TextTable> candidate_paces(const StageResult& stage);
[[nodiscard]] std::vector<std::string> candidate_notes(const StageResult& stage, const ScenarioResult& result);

/// Comparison of cores per request with concurrent requests; empty if it was not made.
[[nodiscard]] std::string core_splits_text(const ScenarioResult& result, TextWidth width);

/// Comparison of inputs per pass by sustainable rate; empty if it was not made.
[[nodiscard]] std::string batch_sizes_text(const ScenarioResult& result, TextWidth width);

/// Findings with the predicted gain and the command line that tries each.
[[nodiscard]] std::string findings_text(std::span<const Finding> findings, TextWidth width);

/// The numbers whose spreads contribute most to the uncertainty of the total; empty if no uncertainty was asked for.
[[nodiscard]] std::string assumptions_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width);
[[nodiscard]] std::optional<TextTable> assumption_rows(const ScenarioResult& result, const Scenario& scenario);

/// assumption_rows() with the source of each number.
[[nodiscard]] std::optional<TextTable> sourced_assumption_rows(const ScenarioResult& result, const Scenario& scenario);
/// Share of each stage's time that was measured near its sizes, measured at other sizes, or assumed.
[[nodiscard]] std::vector<std::string> stage_evidence_sentences(const ScenarioResult& result);

/// Which device is faster up to which value, and where that is certain; without a crossing, which device is faster
/// throughout.
[[nodiscard]] std::vector<std::string> crossover_sentences(const CrossoverQuestion& question,
                                                           const CrossoverAnswer& answer);

/// Confidence in each stage's choice, and the numbers that could reverse it.
[[nodiscard]] std::vector<std::string> decision_sentences(const Sensitivity& sensitivity);

/// A row per operator of a placement; a "+" behind the name marks an operator with a note.
[[nodiscard]] TextTable operator_table(const Candidate& candidate, std::span<const std::string> devices);

/// "spill in embed, rerank".
[[nodiscard]] std::string finding_name(const Finding& finding);

/// Effect on the total of acting on a finding: "total 448 ms -> 161 ms (-64%)"; empty if there is none.
[[nodiscard]] std::string finding_gain(const Finding& finding);

}  // namespace berth
