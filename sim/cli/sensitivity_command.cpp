// berth sensitivity: what moves the answer, and what could turn it round.
#include <memory>

#include "berth/sensitivity_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct SensitivityOptions {
    ScenarioOptions scenario;
    std::size_t samples = 256;
    std::uint64_t seed = 1;
    std::string report;
    std::optional<Format> format;
};

std::optional<std::string> found(const SensitivityOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const auto scenario = load(options.scenario, invocation, diagnostics);
    EvaluationOptions wanted;
    wanted.operators = false;
    const auto result = scenario ? evaluate(*scenario, diagnostics, wanted) : std::nullopt;
    if (!result || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    Sensitivity sensitivity = sensitivity_of(*scenario, *result);
    if (options.samples > 0) {
        show_progress("sampling the numbers of the profile");
        sensitivity.sampled = sample_sensitivity(*scenario, *result, options.samples, options.seed);
    }
    if (!options.report.empty() &&
        !write_sensitivity(options.report, sensitivity, invocation.provenance, diagnostics)) {
        return std::nullopt;
    }
    return options.format == Format::kJson ? sensitivity_json(sensitivity) : sensitivity_text(sensitivity);
}

}  // namespace

void add_sensitivity(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<SensitivityOptions>();
    CLI::App* command =
        app.add_subcommand("sensitivity", "Says which numbers of the profile move a scenario's answer most");
    add_scenario_options(*command, options->scenario);
    command
        ->add_option("--samples", options->samples,
                     "Samples of all numbers at once, each with one more evaluation per number; 0: none")
        ->type_name("N")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the samples")->type_name("N")->capture_default_str();
    command->add_option("--report", options->report, "Folder to write text, JSON and a tornado to")->type_name("DIR");
    add_format_option(*command, options->format, {Format::kText, Format::kJson});
    command->footer("Example: berth sensitivity rag-rk3588 --set stages.rerank.tokens=200");
    command->callback([options, &invocation] {
        Diagnostics diagnostics;
        auto output = found(*options, invocation, diagnostics);
        invocation.status =
            answer(with_head(std::move(output), options->format == Format::kJson, invocation), diagnostics);
    });
}

}  // namespace berth
