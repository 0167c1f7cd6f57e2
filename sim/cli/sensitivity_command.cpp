// berth sensitivity: what moves the answer, and what could turn it round.
#include <memory>

#include "berth/sensitivity_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct SensitivityOptions {
    ScenarioOptions scenario;
    std::optional<Format> format;
};

std::optional<std::string> found(const SensitivityOptions& options, const Library& library, Diagnostics& diagnostics) {
    const auto scenario = load(options.scenario, library, diagnostics);
    EvaluationOptions wanted;
    wanted.operators = false;
    const auto result = scenario ? evaluate(*scenario, diagnostics, wanted) : std::nullopt;
    if (!result) {
        return std::nullopt;
    }
    const Sensitivity sensitivity = sensitivity_of(*scenario, *result);
    return options.format == Format::kJson ? sensitivity_json(sensitivity) : sensitivity_text(sensitivity);
}

}  // namespace

void add_sensitivity(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<SensitivityOptions>();
    CLI::App* command =
        app.add_subcommand("sensitivity", "Says which numbers of the profile move a scenario's answer most");
    add_scenario_options(*command, options->scenario);
    add_format_option(*command, options->format, {Format::kText, Format::kJson});
    command->footer("Example: berth sensitivity rag-rk3588 --set stages.rerank.tokens=200");
    command->callback([options, &invocation] {
        Diagnostics diagnostics;
        const auto output = found(*options, invocation.library, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

}  // namespace berth
