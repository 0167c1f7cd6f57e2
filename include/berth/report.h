// Results as documents: text for a terminal, JSON, CSV and a folder with everything. They read results; what they print
// was decided elsewhere. The same input gives the same bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "berth/design_review.h"
#include "berth/diagnostics.h"
#include "berth/evaluation.h"
#include "berth/findings.h"
#include "berth/pictures.h"
#include "berth/provenance.h"
#include "berth/scenario.h"
#include "berth/text_width.h"

namespace berth {

/// `berth run`: the answer per stage and its reason, the candidates, the findings with the `--set` that tries them, and
/// the numbers on which the uncertainty rests, and where all that came from. No line is wider than `width` but for a
/// path or a `--set` that is; a fixed stage has no candidates.
[[nodiscard]] std::string text_report(const ScenarioResult& result, const Scenario& scenario,
                                      std::span<const Finding> findings, const Provenance& provenance = {},
                                      TextWidth width = {});

/// The same as JSON (docs/cli.md lists the keys). Times of a candidate and its operators are of one pass of the stage,
/// `latency_ms` of the stage of all its repeats. Numbers have six significant digits; what does not exist is null.
[[nodiscard]] std::string json_report(const ScenarioResult& result, const Scenario& scenario,
                                      std::span<const Finding> findings);

/// One row per operator of each stage's chosen placement. Columns: stage, placement, operator, op, category, device,
/// runtime, dtype, start_ms, latency_ms, handover_ms, conversion_ms, bound, macs, dram_bytes, cores, dispatch_ms,
/// fork_join_ms, compute_ms, vector_ms, sram_ms, dram_ms, dma_ms, energy_mj, fused_into, fallback_reason. Empty: does
/// not apply.
[[nodiscard]] std::string csv_report(const ScenarioResult& result);

/// The text report as Markdown, with the pictures that lie beside it.
[[nodiscard]] std::string markdown_report(const ScenarioResult& result, const Scenario& scenario,
                                          std::span<const Finding> findings, std::span<const Picture> pictures,
                                          const Provenance& provenance = {});

/// The report as one page that loads nothing: the question and its answer, variants, why, what would change it, the
/// timeline, assumptions, accuracy, every operator, words, where it is from. Readable without script, which sorts and
/// filters the tables of operators, marks the same operators in all pictures, and keeps its state in the address; names
/// from files are escaped. `beside` names the files that it lies with.
[[nodiscard]] std::string html_report(const ScenarioResult& result, const Scenario& scenario,
                                      std::span<const Finding> findings, const DesignReview& review,
                                      std::span<const Picture> pictures, const Provenance& provenance = {},
                                      std::span<const std::string> beside = {});

/// `berth ops`: the operators of one placement of a stage; `devices` are the profile's names. The CSV has the columns
/// of csv_report, the JSON is {"stage", "placement", "operators": [as in json_report]}.
[[nodiscard]] std::string operators_text(std::string_view stage, const Candidate& candidate,
                                         std::span<const std::string> devices, TextWidth width = {});
[[nodiscard]] std::string operators_json(std::string_view stage, const Candidate& candidate,
                                         std::span<const std::string> devices, std::string_view runtime = {});
[[nodiscard]] std::string operators_csv(std::string_view stage, const Candidate& candidate,
                                        std::span<const std::string> devices, std::string_view runtime = {});

/// `berth ops --memory`: per operator, in execution order, its weights, the activations alive while it runs, what of
/// them stays on chip and what is spilled, and its result; peak and weights by dtype above.
[[nodiscard]] std::string memory_text(std::string_view stage, const Candidate& candidate,
                                      std::span<const std::string> devices, TextWidth width = {});
[[nodiscard]] std::string memory_json(std::string_view stage, const Candidate& candidate,
                                      std::span<const std::string> devices, std::string_view runtime = {});
[[nodiscard]] std::string memory_csv(std::string_view stage, const Candidate& candidate,
                                     std::span<const std::string> devices);

/// `berth explain`: every term of the operator's kernel with its formula, the numbers used and where they came from,
/// the tile and what it reads again, what bound it and what would bind next. `execution` is how the stage used the
/// device.
[[nodiscard]] std::string explain_text(const OperatorResult& op, const Profile& profile, const Execution& execution,
                                       TextWidth width = {});
[[nodiscard]] std::string explain_json(const OperatorResult& op, const Profile& profile, const Execution& execution);

/// `berth predict --model`: one model on one device.
struct ModelPrediction {
    std::string model, device;
    Candidate candidate;
    std::vector<Warning> warnings;
};
[[nodiscard]] std::string prediction_text(const ModelPrediction& prediction, std::span<const std::string> devices,
                                          TextWidth width = {});
[[nodiscard]] std::string prediction_json(const ModelPrediction& prediction, std::span<const std::string> devices);

/// `berth predict --op`: one kernel, explained like an operator of a model. The JSON has the keys of a model's.
[[nodiscard]] std::string kernel_text(const Kernel& kernel, const KernelPrediction& prediction, const Device& device,
                                      const Execution& execution, TextWidth width = {});
[[nodiscard]] std::string kernel_json(const Kernel& kernel, const KernelPrediction& prediction, const Device& device,
                                      const Execution& execution, std::span<const Warning> warnings = {});

/// `berth predict --csv`: the rows as they were, with predicted_us, low_us, high_us and bound added; empty where there
/// is no prediction. `rows` and `predictions` are parallel (else a std::logic_error).
[[nodiscard]] std::string predictions_csv(std::string_view header, std::span<const std::string> rows,
                                          std::span<const std::optional<KernelPrediction>> predictions);

/// `--report DIR`: index.html, a page with everything, and report.pdf, the same on A4; report.txt, report.json,
/// operators.csv, the pictures as SVG and PNG with what they show as CSV, and report.md that shows them. Each file is
/// written whole. If the pictures cannot be drawn, the rest is there all the same; false, with errors, if anything is
/// missing. Without WeasyPrint there is no PDF, and a warning.
bool write_report(const std::filesystem::path& directory, const ScenarioResult& result, const Scenario& scenario,
                  std::span<const Finding> findings, std::span<const TokenCurves> curves, const DesignReview& review,
                  const Provenance& provenance, Diagnostics& diagnostics);

}  // namespace berth
