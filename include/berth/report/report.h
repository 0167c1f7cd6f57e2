// Results as documents: text for a terminal, JSON, CSV and a folder with all of them. Reports only format results and
// compute nothing. The same input gives the same bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/analysis/design_review.h"
#include "berth/analysis/findings.h"
#include "berth/analysis/inherited_mechanisms.h"
#include "berth/base/diagnostics.h"
#include "berth/base/text_width.h"
#include "berth/evaluation/evaluation.h"
#include "berth/report/pictures.h"
#include "berth/report/provenance.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// `berth run`: the answer per stage and its reason, the candidates, the findings with the `--set` that tries them, the
/// numbers that the uncertainty rests on, and the provenance. No line is wider than `width`, except for a path or a
/// `--set` that is itself wider; a fixed stage has no candidates.
[[nodiscard]] std::string text_report(const ScenarioResult& result, const Scenario& scenario,
                                      std::span<const Finding> findings, const Provenance& provenance = {},
                                      TextWidth width = {});

/// The report as JSON (docs/cli.md lists the keys). Times of a candidate and its operators are of one pass of the
/// stage, a stage's `latency_ms` of all its repeats. Numbers have six significant digits; absent values are null.
[[nodiscard]] std::string json_report(const ScenarioResult& result, const Scenario& scenario,
                                      std::span<const Finding> findings);

/// One row per operator of each stage's chosen placement. Columns: stage, placement, operator, op, category, device,
/// runtime, dtype, start_ms, latency_ms, handover_ms, conversion_ms, bound, macs, dram_bytes, cores, dispatch_ms,
/// fork_join_ms, compute_ms, vector_ms, sram_ms, dram_ms, dma_ms, energy_mj, fused_into, fallback_reason. Empty: does
/// not apply.
[[nodiscard]] std::string csv_report(const ScenarioResult& result);

/// The text report as Markdown, with the pictures in the same folder.
[[nodiscard]] std::string markdown_report(const ScenarioResult& result, const Scenario& scenario,
                                          std::span<const Finding> findings, std::span<const Picture> pictures,
                                          const Provenance& provenance = {});

/// What a whole report shows of one result.
struct ReportContent {
    const ScenarioResult& result;
    const Scenario& scenario;
    std::vector<Finding> findings{};
    std::vector<TokenCurves> curves{};
    DesignReview review{};
    Provenance provenance{};
};

/// The report as one self-contained page: the question and its answer, variants, reasons, what would change the answer,
/// the timeline, assumptions, accuracy, every operator, a glossary, provenance. Readable without JavaScript, which
/// sorts and filters the tables of operators, highlights the same operators in all pictures, and keeps its state in the
/// URL; names from files are escaped. `beside` names the files in the same folder.
[[nodiscard]] std::string html_report(const ReportContent& content, std::span<const Picture> pictures,
                                      std::span<const std::string> beside = {});

/// `berth ops`: the operators of one placement of a stage; `devices` are the profile's names. The CSV has the columns
/// of csv_report, the JSON is {"stage", "placement", "operators": [as in json_report]}.
[[nodiscard]] std::string operators_text(std::string_view stage, const Candidate& candidate,
                                         std::span<const std::string> devices, TextWidth width = {});
[[nodiscard]] std::string operators_json(std::string_view stage, const Candidate& candidate,
                                         std::span<const std::string> devices, std::string_view runtime = {});
[[nodiscard]] std::string operators_csv(std::string_view stage, const Candidate& candidate,
                                        std::span<const std::string> devices, std::string_view runtime = {});

/// `berth ops --memory`: per operator, in execution order, its weights, the activations alive while it runs, the parts
/// of them that stay on chip and that are spilled, and its result; above that, the peak, and weights by dtype.
[[nodiscard]] std::string memory_text(std::string_view stage, const Candidate& candidate,
                                      std::span<const std::string> devices, TextWidth width = {});
[[nodiscard]] std::string memory_json(std::string_view stage, const Candidate& candidate,
                                      std::span<const std::string> devices, std::string_view runtime = {});
[[nodiscard]] std::string memory_csv(std::string_view stage, const Candidate& candidate,
                                     std::span<const std::string> devices);

/// `berth explain`: every term of the operator's kernel with its formula, the numbers used and their sources, the tile
/// and its repeated reads, its bound, and the next bound. `execution` is how the stage used the device.
[[nodiscard]] std::string explain_text(const OperatorResult& op, const Profile& profile, const Execution& execution,
                                       TextWidth width = {});
[[nodiscard]] std::string explain_json(const OperatorResult& op, const Profile& profile, const Execution& execution);

/// `berth predict --model`: one model on one device.
struct ModelPrediction {
    std::string model, device;
    Candidate candidate;
    std::vector<Warning> warnings;
    std::string runtime{};                        ///< name of the device's runtime
    std::vector<InheritedMechanism> inherited{};  ///< of that runtime as another chip has it
};
[[nodiscard]] std::string prediction_text(const ModelPrediction& prediction, std::span<const std::string> devices,
                                          TextWidth width = {});
[[nodiscard]] std::string prediction_json(const ModelPrediction& prediction, std::span<const std::string> devices);

/// `berth predict --op`: one kernel, explained like an operator of a model. The JSON has the keys of a model's.
[[nodiscard]] std::string kernel_text(const Kernel& kernel, const KernelPrediction& prediction, const Device& device,
                                      const Execution& execution, TextWidth width = {});
[[nodiscard]] std::string kernel_json(const Kernel& kernel, const KernelPrediction& prediction, const Device& device,
                                      const Execution& execution, std::span<const Warning> warnings = {});

/// `berth predict --csv`: the original rows with predicted_us, low_us, high_us and bound added, empty where there is no
/// prediction. `rows` and `predictions` are parallel; otherwise throws std::logic_error.
[[nodiscard]] std::string predictions_csv(std::string_view header, std::span<const std::string> rows,
                                          std::span<const std::optional<KernelPrediction>> predictions);

/// `--report DIR`: index.html, a page with everything, and report.pdf, the same on A4; report.txt, report.json,
/// operators.csv, the pictures as SVG and PNG with their data as CSV, and report.md that shows them. Each file is
/// written atomically. If the pictures cannot be drawn, the rest is still written; false, with errors, if anything is
/// missing. Without WeasyPrint there is no PDF, and a warning.
bool write_report(const std::filesystem::path& directory, const ReportContent& content, Diagnostics& diagnostics);

}  // namespace berth
