// berth crossover: the values at which the faster device changes.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "berth/analysis/silent_changes.h"
#include "berth/base/atomic_file.h"
#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "berth/report/crossover_report.h"
#include "cli/command.h"

namespace berth {

namespace {

constexpr std::size_t kMostValues = 1000;  // limit on steps, each of which is an evaluation

struct CrossoverOptions {
    ScenarioOptions scenario;
    std::vector<std::string> vary;
    std::string between, stage, report, beside;
    std::optional<Format> format;
};

// The named stage, else the stage that the path varies, else the only one that runs a model.
std::string stage_of(const CrossoverOptions& options, const Scenario& scenario, Diagnostics& diagnostics) {
    if (!options.stage.empty()) {
        const Stage* stage = model_stage_named(scenario, options.stage, diagnostics);
        return stage != nullptr ? stage->name : "";
    }
    std::vector<std::string> names;
    for (const Stage& stage : scenario.stages) {
        if (std::holds_alternative<ModelStage>(stage.work)) {
            const std::string own = fmt::format("stages.{}.", stage.name);
            if (std::ranges::any_of(options.vary, [&own](const std::string& path) {
                    return equal_ignoring_case(std::string_view(path).substr(0, own.size()), own);
                })) {
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

// The device name in the profile's spelling; unchanged if there is no such device, which is reported later.
std::string device_of(const std::string& name, const Profile& profile) {
    const auto device = device_named(profile, name);
    return device ? profile.devices[static_cast<std::size_t>(*device)].name : name;
}

std::optional<std::string> map_of(const CrossoverOptions& options, const CrossoverQuestion& question,
                                  const Invocation& invocation, Diagnostics& diagnostics) {
    const auto up = parse_stepped_range(options.vary[1], kMostValues, diagnostics);
    if (!up || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    show_progress("evaluating the ranges");
    const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    auto map = map_crossovers(question, *up, threads, diagnostics);
    if (map) {
        map->warnings = silent_inputs(question.base, {map->across, map->up});
    }
    if (!map) {
        return std::nullopt;
    }
    if (!options.report.empty()) {  // a write failure is reported, but the answer is still printed
        write_crossover_map(options.report, *map, invocation.provenance, diagnostics);
    }
    return in_format({.text = [&] { return crossover_map_text(*map, invocation.width); },
                      .json = [&] { return crossover_map_json(*map); },
                      .rows = [&] { return crossover_map_csv(*map); },
                      .ends_with_origin = true},
                     options.format, invocation);
}

bool options_fit(const CrossoverOptions& options, Diagnostics& diagnostics) {
    if (options.vary.size() > 2) {
        diagnostics.error(SourceLocation("--vary"), fmt::format("{} ranges", options.vary.size()),
                          "one for points, two for a map");
    }
    if (!options.beside.empty() && (options.report.empty() || options.vary.size() != 1)) {
        diagnostics.error(SourceLocation("--beside"), "further curves need a picture of one range",
                          "--report DIR and one --vary");
    }
    return !diagnostics.has_errors();
}

// Reads a table whose first column is the path, and whose other columns NAME_ms are times.
std::vector<CurveBeside> read_beside(const std::string& file, const SweepRange& range, Diagnostics& diagnostics) {
    constexpr std::string_view kMilliseconds = "_ms";
    const auto text = read_file(file, diagnostics);
    const auto table = text ? parse_csv(*text, file, diagnostics) : std::nullopt;
    std::vector<CurveBeside> curves;
    if (!table) {
        return curves;
    }
    const auto& names = table->header.cells;
    if (names.front().text != range.path) {
        diagnostics.error(names.front().where, fmt::format("the first column is '{}'", names.front().text), range.path);
    }
    for (std::size_t c = 1; c < names.size(); ++c) {
        if (!names[c].text.ends_with(kMilliseconds)) {
            diagnostics.error(names[c].where, fmt::format("'{}' names no times in milliseconds", names[c].text),
                              "NAME_ms");
        }
        CurveBeside& curve = curves.emplace_back();
        curve.name =
            names[c].text.substr(0, names[c].text.size() - std::min(names[c].text.size(), kMilliseconds.size()));
    }
    for (const CsvRow& row : table->rows) {
        const auto value = parse_number(row.cells.front().text);
        if (!value) {
            diagnostics.error(row.where, fmt::format("'{}' is no number", row.cells.front().text));
        }
        for (std::size_t c = 1; value && c < row.cells.size(); ++c) {
            const auto time = parse_number(row.cells[c].text);
            if (time && *time > 0 && plausible_range(Time::kDimension).holds(in_seconds(milliseconds(*time)))) {
                curves[c - 1].points.emplace_back(*value, milliseconds(*time));
            } else if (!row.cells[c].text.empty()) {
                diagnostics.error(row.cells[c].where, fmt::format("'{}' is no time", row.cells[c].text));
            }
        }
    }
    for (CurveBeside& curve : curves) {
        std::ranges::sort(curve.points, {}, &std::pair<double, Time>::first);
        if (!diagnostics.has_errors() &&
            (curve.points.empty() || curve.points.back().first < range.from || curve.points.front().first > range.to)) {
            diagnostics.error(SourceLocation(file, 1, 1), fmt::format("'{}' has no value in the range", curve.name));
        }
    }
    return curves;
}

std::optional<std::string> along(const CrossoverOptions& options, const CrossoverQuestion& question,
                                 const Invocation& invocation, Diagnostics& diagnostics) {
    const auto beside =
        options.beside.empty() ? std::vector<CurveBeside>{} : read_beside(options.beside, question.range, diagnostics);
    if (diagnostics.has_errors() || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    show_progress("evaluating the range");
    auto answer = find_crossovers(question, diagnostics);
    if (answer) {
        answer->warnings = silent_inputs(question, *answer);
    }
    if (!answer) {
        return std::nullopt;
    }
    if (!options.report.empty()) {
        write_crossover(options.report, question, *answer, beside, invocation.provenance, diagnostics);
    }
    return in_format({.text = [&] { return crossover_text(question, *answer, invocation.width); },
                      .json = [&] { return crossover_json(question, *answer); },
                      .rows = [&] { return crossover_csv(question, *answer); },
                      .ends_with_origin = true},
                     options.format, invocation);
}

std::optional<std::string> found(const CrossoverOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    if (!options_fit(options, diagnostics)) {
        return std::nullopt;
    }
    const auto range = parse_stepped_range(options.vary.front(), kMostValues, diagnostics);
    const std::size_t comma = options.between.find(',');
    const auto scenario = load(options.scenario, invocation, diagnostics);
    if (comma == std::string::npos || comma == 0 || comma + 1 == options.between.size()) {
        diagnostics.error(SourceLocation("--between"), fmt::format("'{}' are not two devices", options.between),
                          "such as npu,cpu");
    }
    if (!range || !scenario || diagnostics.has_errors()) {
        return std::nullopt;
    }
    const CrossoverQuestion question{
        {invocation.library, options.scenario.scenario, read_settings(options.scenario.settings, diagnostics)},
        *range,
        stage_of(options, *scenario, diagnostics),
        {device_of(options.between.substr(0, comma), scenario->profile),
         device_of(options.between.substr(comma + 1), scenario->profile)}};
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    if (options.vary.size() == 2) {
        return map_of(options, question, invocation, diagnostics);
    }
    return along(options, question, invocation, diagnostics);
}

}  // namespace

void add_crossover(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<CrossoverOptions>();
    CLI::App* command = app.add_subcommand("crossover", "Finds where another device becomes faster");
    add_scenario_options(*command, options->scenario);
    add_value(*command, "--vary", options->vary, "PATH=FROM:TO[:STEP|:xFACTOR]",
              "The number to vary and its range; two make a map")
        ->allow_extra_args(false)
        ->required();
    add_value(*command, "--between", options->between, "A,B", "The two devices to compare")->required();
    add_value(*command, "--stage", options->stage, "STAGE",
              "The stage (default: the one that is varied, or the only one)");
    add_value(*command, "--report", options->report, "DIR", "Folder to write text, JSON, CSV and a picture to");
    add_value(*command, "--beside", options->beside, "FILE.csv",
              "Further curves for the picture of one range: PATH in the first column, NAME_ms in the others");
    add_format_option(*command, options->format, formats_of(kWithRows));
    command->footer(
        "Examples:\n"
        "  berth crossover rag-rk3588 --vary stages.rerank.tokens=16:512 --between npu,cpu\n"
        "  berth crossover matmul-rk3588 --vary stages.product.tokens=128:4096:128 --between npu,cpu --report "
        "build/matmul\n"
        "  berth crossover rag-rk3588 --vary models.ms-marco-MiniLM-L-12-v2.sizes.layers=1:24 \\\n"
        "    --vary stages.rerank.tokens=16:512 --between npu,cpu --report build/map");
    answer_with(*command, options, invocation, found);
}

}  // namespace berth
