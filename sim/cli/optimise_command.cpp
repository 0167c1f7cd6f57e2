// berth optimise: the best values of a scenario's numbers under limits, and the Pareto front of the goals.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "berth/analysis/silent_changes.h"
#include "berth/base/quantity_text.h"
#include "berth/report/optimise_report.h"
#include "berth/report/sweep_report.h"
#include "cli/command.h"
#include "cli/sweep_axes.h"

namespace berth {

namespace {

struct OptimiseOptions {
    ScenarioOptions scenario;
    AxesOptions axes;
    std::vector<std::string> goals, limits;
    std::string cost, report;
    std::optional<Format> format;
};

/// Dimension of a limit; that of a cost follows from its formula.
Dimension dimension_of(Goal goal, const OptimiseQuestion& question) {
    switch (goal) {
        case Goal::kLatency:
        case Goal::kFirstToken:
        case Goal::kTokenTime:
            return Time::kDimension;
        case Goal::kEnergy:
            return Energy::kDimension;
        case Goal::kCost:
            break;
    }
    return question.cost ? question.cost->dimension() : Dimension{};
}

std::optional<Goal> goal_named(const std::string& name, std::string_view option, Diagnostics& diagnostics) {
    const auto goal = choice_in_any_case(kGoalNames, name);
    if (!goal) {
        const std::vector<std::string> known = choice_names(kGoalNames);
        diagnostics.error(SourceLocation(std::string(option)), fmt::format("'{}' is no goal", name), list_of(known),
                          nearest_name(name, known));
    }
    return goal;
}

// Parses a limit such as `latency=200ms`.
void read_limit(const std::string& text, OptimiseQuestion& question, Diagnostics& diagnostics) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const auto goal = goal_named(text.substr(0, equals), "--limit", diagnostics);
    if (!goal) {
        return;
    }
    const auto parsed = parse_quantity(text.substr(std::min(equals + 1, text.size())), dimension_of(*goal, question));
    if (const auto* wrong = std::get_if<QuantityError>(&parsed)) {
        diagnostics.error(SourceLocation("--limit"), wrong->message, wrong->expected, wrong->suggestion);
        return;
    }
    question.limits[static_cast<std::size_t>(*goal)] = std::get<ParsedQuantity>(parsed).value;
}

std::optional<OptimiseQuestion> question_of(const OptimiseOptions& options, const Sweep& sweep,
                                            Diagnostics& diagnostics) {
    OptimiseQuestion question;
    for (const std::string& name : options.goals) {
        const auto goal = goal_named(name, "--minimise", diagnostics);
        if (goal && std::ranges::find(question.goals, *goal) == question.goals.end()) {
            question.goals.push_back(*goal);
        }
    }
    if (!options.cost.empty()) {
        question.cost = CostFormula::parse(options.cost, sweep.axes(), diagnostics);
    }
    for (const std::string& limit : options.limits) {
        read_limit(limit, question, diagnostics);
    }
    if (question.asks_for(Goal::kCost) && options.cost.empty()) {
        diagnostics.error(SourceLocation("--cost"), "there is no formula for the cost", "--cost FORMULA");
    }
    if (!question.asks_for(Goal::kCost) && question.cost) {
        diagnostics.warning(SourceLocation("--cost"), "no effect: no goal and no limit is a cost",
                            "--minimise cost or --limit cost=VALUE");
    }
    return diagnostics.has_errors() ? std::nullopt : std::optional(std::move(question));
}

std::optional<std::string> optimised(const OptimiseOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const auto sweep = prepared_sweep(options.scenario, options.axes, invocation, diagnostics);
    const auto question = sweep ? question_of(options, *sweep, diagnostics) : std::nullopt;
    if (!question || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    show_progress(fmt::format("evaluating {} points", sweep->size()));
    OptimiseAnswer answer = optimise(*sweep, *question, options.axes.used_threads());
    answer.warnings = std::exchange(invocation.provenance.warnings, {});
    std::ranges::move(silent_inputs(sweep->base(), sweep->axes()), std::back_inserter(answer.warnings));
    if (is_rows(options.format)) {  // row formats have no place for dropped points
        for (const std::string& text : dropped_texts(*sweep, answer.dropped)) {
            diagnostics.warning(SourceLocation("--vary"), text);
        }
    }
    if (!options.report.empty()) {  // a write failure is reported, but the answer is still printed
        write_optimise(options.report, *sweep, *question, answer, invocation.provenance, diagnostics);
    }
    return in_format({.text = [&] { return optimise_text(*sweep, *question, answer, invocation.width); },
                      .json = [&] { return optimise_json(*sweep, *question, answer); },
                      .rows = [&] { return optimise_csv(*sweep, *question, answer); },
                      .ends_with_origin = true},
                     options.format, invocation);
}

}  // namespace

void add_optimise(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<OptimiseOptions>();
    CLI::App* command = app.add_subcommand("optimise", "Finds the best values of a scenario's numbers under limits");
    add_scenario_options(*command, options->scenario);
    add_axes_options(*command, options->axes);
    add_value(
        *command, "--minimise", options->goals, "GOAL,...",
        "Goals: latency, first_token, token_time, energy, cost; the first selects the best point within the limits")
        ->delimiter(',')
        ->required();
    add_value(*command, "--cost", options->cost, "FORMULA",
              "Cost of a point, over the varied quantities, with units: sram.capacity / 1 MiB + bandwidth / 1 GB/s");
    add_value(*command, "--limit", options->limits, "GOAL=VALUE", "Upper limit of a goal")->allow_extra_args(false);
    add_value(*command, "--report", options->report, "DIR",
              "Folder to write the Pareto front to: text, JSON, CSV and a picture");
    add_format_option(*command, options->format, formats_of(kWithRows));
    command->footer(
        "Example: berth optimise rag-rk3588-bucket-128 --minimise cost,latency --limit latency=200ms \\\n"
        "    --vary hardware.devices.npu.memories.sram.capacity=256KiB:8MiB:x2 \\\n"
        "    --vary 'hardware.devices.npu.dma.bandwidth=4 GB/s:24 GB/s:2 GB/s' --cost 'sram.capacity / 1 MiB + "
        "bandwidth / 1 GB/s'");
    answer_with(*command, options, invocation, optimised);
}

}  // namespace berth
