// berth crossover: where another device becomes the faster one.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "berth/crossover_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct CrossoverOptions {
    ScenarioOptions scenario;
    std::string vary, between, stage;
    std::optional<Format> format;
};

// The stage that is named, that the path varies, or the only one that runs a model.
std::string stage_of(const CrossoverOptions& options, const std::string& path, const Scenario& scenario,
                     Diagnostics& diagnostics) {
    if (!options.stage.empty()) {
        return options.stage;
    }
    std::vector<std::string> names;
    for (const Stage& stage : scenario.stages) {
        if (std::holds_alternative<ModelStage>(stage.work)) {
            if (path.starts_with(fmt::format("stages.{}.", stage.name))) {
                return stage.name;
            }
            names.push_back(stage.name);
        }
    }
    if (names.size() != 1) {
        diagnostics.error(SourceLocation("--stage"), "the scenario has several stages that run a model",
                          list_of(names));
        return "";
    }
    return names.front();
}

std::optional<std::string> found(const CrossoverOptions& options, const Library& library, Diagnostics& diagnostics) {
    const auto range = parse_range(options.vary, diagnostics);
    const std::size_t comma = options.between.find(',');
    const auto scenario = load(options.scenario, library, diagnostics);
    if (comma == std::string::npos || comma == 0 || comma + 1 == options.between.size()) {
        diagnostics.error(SourceLocation("--between"), fmt::format("'{}' are not two devices", options.between),
                          "such as npu,cpu");
    }
    if (!range || !scenario || diagnostics.has_errors()) {
        return std::nullopt;
    }
    const CrossoverQuestion question{
        {library, options.scenario.scenario, read_settings(options.scenario.settings, diagnostics)},
        *range,
        stage_of(options, range->path, *scenario, diagnostics),
        {options.between.substr(0, comma), options.between.substr(comma + 1)}};
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    show_progress("looking along the range");
    const auto answer = find_crossovers(question, diagnostics);
    if (!answer) {
        return std::nullopt;
    }
    return options.format == Format::kJson ? crossover_json(question, *answer) : crossover_text(question, *answer);
}

}  // namespace

void add_crossover(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<CrossoverOptions>();
    CLI::App* command = app.add_subcommand("crossover", "Finds where another device becomes the faster one");
    add_scenario_options(*command, options->scenario);
    command->add_option("--vary", options->vary, "What is varied, and between which values")
        ->type_name("PATH=FROM:TO")
        ->required();
    command->add_option("--between", options->between, "The two devices")->type_name("A,B")->required();
    command->add_option("--stage", options->stage, "The stage (without it: the one that is varied, or the only one)")
        ->type_name("STAGE");
    add_format_option(*command, options->format, {Format::kText, Format::kJson});
    command->footer("Example: berth crossover rag-rk3588 --vary stages.rerank.tokens=16:512 --between npu,cpu");
    command->callback([options, &invocation] {
        Diagnostics diagnostics;
        const auto output = found(*options, invocation.library, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

}  // namespace berth
