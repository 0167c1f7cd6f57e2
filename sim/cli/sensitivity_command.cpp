// berth sensitivity: the numbers that affect the answer, and those that could reverse it.
#include <memory>

#include "berth/analysis/silent_changes.h"
#include "berth/base/atomic_file.h"
#include "berth/report/every_number_report.h"
#include "berth/report/sensitivity_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct SensitivityOptions {
    ScenarioOptions scenario;
    std::size_t samples = 256;
    std::uint64_t seed = 1;
    std::string report;
    std::optional<Format> format;
    bool every_number = false;
};

// Tries each number alone at four times and at a quarter of its value.
std::optional<std::string> tried(const SensitivityOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const auto scenario = load(options.scenario, invocation, diagnostics);
    if (!scenario || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    show_progress("setting each number");
    const auto every = try_every_number(base_of(options.scenario, invocation.library), {4, 0.25}, diagnostics);
    if (!every) {
        return std::nullopt;
    }
    if (!options.report.empty()) {
        const std::filesystem::path folder = options.report;
        write_file(folder / "what-each-number-does.md",
                   with_provenance_text(every_number_markdown(*every), invocation.provenance), diagnostics);
        write_file(folder / "what-each-number-does.csv", every_number_csv(*every), diagnostics);
    }
    return in_format({.text = [&] { return every_number_text(*every, invocation.width); },
                      .json = [&] { return every_number_json(*every); },
                      .rows = [&] { return every_number_csv(*every); },
                      .markdown = [&] { return every_number_markdown(*every); },
                      .ends_with_origin = true},
                     options.format, invocation);
}

std::optional<std::string> found(const SensitivityOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    if (options.every_number) {
        return tried(options, invocation, diagnostics);
    }
    if (is_rows(options.format)) {
        diagnostics.error(SourceLocation("--format"), "rows are of single numbers", "--every-number, or text or json");
        return std::nullopt;
    }
    const auto scenario = load(options.scenario, invocation, diagnostics);
    EvaluationOptions wanted;
    wanted.operators = false;
    const auto result = scenario ? evaluate(*scenario, diagnostics, wanted) : std::nullopt;
    if (!result || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    Sensitivity sensitivity = sensitivity_of(*scenario, *result);
    sensitivity.warnings = silent_settings(base_of(options.scenario, invocation.library));
    if (options.samples > 0) {
        show_progress("sampling the profile numbers");
        sensitivity.sampled = sample_sensitivity(*scenario, *result, options.samples, options.seed);
    }
    if (!options.report.empty()) {  // a write failure is reported, but the answer is still printed
        write_sensitivity(options.report, sensitivity, invocation.provenance, diagnostics);
    }
    return in_format({.text = [&] { return sensitivity_text(sensitivity, invocation.width); },
                      .json = [&] { return sensitivity_json(sensitivity); },
                      .ends_with_origin = true},
                     options.format, invocation);
}

}  // namespace

void add_sensitivity(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<SensitivityOptions>();
    CLI::App* command = app.add_subcommand("sensitivity", "Shows which profile numbers affect the answer most");
    add_scenario_options(*command, options->scenario);
    add_value(*command, "--samples", options->samples, "N",
              "Samples that vary all numbers at once; each costs one evaluation per number. 0: none")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    add_value(*command, "--seed", options->seed, "N", "Seed of the samples")->capture_default_str();
    command->add_flag("--every-number", options->every_number,
                      "Instead: every number of the scenario and its profile set to four times its value and to a "
                      "quarter, and what that does");
    add_value(*command, "--report", options->report, "DIR", "Folder to write text, JSON and a tornado chart to");
    add_format_option(*command, options->format, formats_of(kWithRows));
    command->footer(
        "Examples:\n"
        "  berth sensitivity rag-rk3588 --set stages.rerank.tokens=200\n"
        "  berth sensitivity rag-rk3588 --every-number --format csv");
    answer_with(*command, options, invocation, found);
}

}  // namespace berth
