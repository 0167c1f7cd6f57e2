// berth crossover: where another device becomes the faster one.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "berth/crossover_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct CrossoverOptions {
    ScenarioOptions scenario;
    std::vector<std::string> vary;
    std::string between, stage, report;
    std::optional<Format> format;
};

// The stage that is named, that the path varies, or the only one that runs a model.
std::string stage_of(const CrossoverOptions& options, const Scenario& scenario, Diagnostics& diagnostics) {
    if (!options.stage.empty()) {
        return options.stage;
    }
    std::vector<std::string> names;
    for (const Stage& stage : scenario.stages) {
        if (std::holds_alternative<ModelStage>(stage.work)) {
            const std::string own = fmt::format("stages.{}.", stage.name);
            if (std::ranges::any_of(options.vary, [&own](const std::string& path) { return path.starts_with(own); })) {
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

std::optional<std::string> mapped(const CrossoverOptions& options, const CrossoverQuestion& question,
                                  Diagnostics& diagnostics) {
    const auto up = parse_range(options.vary[1], diagnostics);
    if (!up || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    show_progress("looking over the ranges");
    const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const auto map = map_crossovers(question, *up, threads, diagnostics);
    if (!map || (!options.report.empty() && !write_crossover_map(options.report, *map, diagnostics))) {
        return std::nullopt;
    }
    return options.format == Format::kJson  ? crossover_map_json(*map)
           : options.format == Format::kCsv ? crossover_map_csv(*map)
                                            : crossover_map_text(*map);
}

// What only a map has is refused for a single range.
bool options_fit(const CrossoverOptions& options, Diagnostics& diagnostics) {
    if (options.vary.size() > 2) {
        diagnostics.error(SourceLocation("--vary"), fmt::format("{} ranges", options.vary.size()),
                          "one for points, two for a map");
    }
    if (options.vary.size() == 1 && (!options.report.empty() || options.format == Format::kCsv)) {
        diagnostics.error(SourceLocation("--vary"), "a folder and rows are of maps", "a second range");
    }
    return !diagnostics.has_errors();
}

std::optional<std::string> found(const CrossoverOptions& options, const Library& library, Diagnostics& diagnostics) {
    if (!options_fit(options, diagnostics)) {
        return std::nullopt;
    }
    const auto range = parse_range(options.vary.front(), diagnostics);
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
        stage_of(options, *scenario, diagnostics),
        {options.between.substr(0, comma), options.between.substr(comma + 1)}};
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    if (options.vary.size() == 2) {
        return mapped(options, question, diagnostics);
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
    command->add_option("--vary", options->vary, "What is varied, and between which values; two make a map")
        ->type_name("PATH=FROM:TO")
        ->allow_extra_args(false)
        ->required();
    command->add_option("--between", options->between, "The two devices")->type_name("A,B")->required();
    command->add_option("--stage", options->stage, "The stage (without it: the one that is varied, or the only one)")
        ->type_name("STAGE");
    command->add_option("--report", options->report, "Folder to write a map to: text, JSON, CSV, a picture")
        ->type_name("DIR");
    add_format_option(*command, options->format, {Format::kText, Format::kJson, Format::kCsv});
    command->footer(
        "Examples:\n"
        "  berth crossover rag-rk3588 --vary stages.rerank.tokens=16:512 --between npu,cpu\n"
        "  berth crossover rag-rk3588 --vary models.ms-marco-MiniLM-L-12-v2.sizes.layers=1:24 \\\n"
        "    --vary stages.rerank.tokens=16:512 --between npu,cpu --report build/map");
    command->callback([options, &invocation] {
        Diagnostics diagnostics;
        const auto output = found(*options, invocation.library, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

}  // namespace berth
