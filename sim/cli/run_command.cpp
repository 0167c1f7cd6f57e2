// berth run: predicts, places and simulates a scenario, and searches for worthwhile changes.
#include <fmt/format.h>

#include <memory>

#include "berth/analysis/design_review.h"
#include "berth/analysis/findings.h"
#include "berth/analysis/latency_curve.h"
#include "berth/analysis/scenario_analysis.h"
#include "berth/base/atomic_file.h"
#include "berth/report/report.h"
#include "berth/report/traffic_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct RunOptions {
    ScenarioOptions scenario;
    std::optional<Format> format;
    std::string report, trace;
};

constexpr std::size_t kTraced = 20;  // traced requests
constexpr std::size_t kDrawn = 4;    // requests in the timeline picture

std::optional<ScenarioResult> analysed(const RunOptions& options, const Scenario& scenario,
                                       const Invocation& invocation, Diagnostics& diagnostics) {
    SlowProgress slow;
    AnalysisOptions wanted;
    wanted.warnings = invocation.machine;
    wanted.settings = base_of(options.scenario, invocation.library);
    wanted.drawn = options.report.empty() ? 0 : kDrawn;
    wanted.traced = options.trace.empty() ? wanted.drawn : kTraced;
    wanted.begins = show_progress;
    wanted.reached = [&slow](const std::string& what) { slow.reached(what); };
    wanted.simulated = [&slow](const SimulationProgress& so_far) {
        const std::string known =
            so_far.precision ? fmt::format(", p95 known to {:.0f}%", 100 * *so_far.precision) : std::string();
        slow.reached(fmt::format("simulating: {} of at most {} requests{}", so_far.requests, so_far.most, known));
    };
    return analyse(scenario, wanted, diagnostics);
}

// Writes the trace also for an unstable stream, since it shows where requests queue up.
bool write_trace(const RunOptions& options, const Scenario& scenario, const TrafficResult& traffic,
                 const Provenance& provenance, Diagnostics& diagnostics) {
    if (traffic.simulation.stable) {
        return write_file(options.trace, with_provenance(chrome_trace(traffic), provenance), diagnostics);
    }
    diagnostics.warning(
        SourceLocation(options.trace),
        fmt::format("requests pile up; these are the first {}, as they would be served if none came after them",
                    kTraced));
    TrafficResult first{traffic.system, simulate_first_requests(traffic.system, scenario.traffic->arrivals, kTraced,
                                                                scenario.traffic->seed)};
    return write_file(options.trace, with_provenance(chrome_trace(first), provenance), diagnostics);
}

ExitStatus run(const RunOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto scenario = load(options.scenario, invocation, diagnostics);
    if (!scenario) {
        return answer(std::nullopt, diagnostics);
    }
    if (!options.trace.empty() && !scenario->traffic) {
        diagnostics.error(SourceLocation("--trace"), fmt::format("{} has no arrivals to simulate", scenario->name),
                          "a scenario with arrivals, or --set 'arrivals={rate: 1 Hz}'");
        return answer(std::nullopt, diagnostics);
    }
    if (!options.trace.empty() && has_chats(*scenario)) {
        diagnostics.error(SourceLocation("--trace"), "chats are simulated pass by pass and leave no spans",
                          "a scenario whose requests are all alike");
        return answer(std::nullopt, diagnostics);
    }
    const auto result = analysed(options, *scenario, invocation, diagnostics);
    if (result && !options.trace.empty() &&
        !write_trace(options, *scenario, *result->traffic, invocation.provenance, diagnostics)) {
        return answer(std::nullopt, diagnostics);
    }
    if (!result || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return answer(std::nullopt, diagnostics);
    }
    const auto found = findings(*scenario, *result);
    if (!options.report.empty()) {
        ReportContent content{*result, *scenario, found};
        content.curves = latency_curves(*scenario, [](const std::string& stage) {
            show_progress(fmt::format("latency over input length of {}", stage));
        });
        show_progress("what would change the answer");
        content.review = design_review(*scenario, *result);
        content.provenance = invocation.provenance;
        show_progress(fmt::format("writing {}", options.report));
        write_report(options.report, content, diagnostics);
    }
    return answer(
        in_format(
            {.text = [&] { return text_report(*result, *scenario, found, invocation.provenance, invocation.width); },
             .json = [&] { return json_report(*result, *scenario, found); },
             .rows = [&] { return csv_report(*result); }},
            options.format, invocation),
        diagnostics);
}

}  // namespace

void add_run(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<RunOptions>();
    CLI::App* command = app.add_subcommand("run", "Predicts, places and simulates a scenario, and lists findings");
    add_scenario_options(*command, options->scenario);
    add_format_option(*command, options->format, formats_of(kWithRows));
    add_value(*command, "--report", options->report, "DIR",
              "Folder to write a page (index.html and PDF), text, JSON, CSV and pictures to");
    add_value(*command, "--trace", options->trace, "FILE",
              "File to write the first simulated requests to, as a Chrome trace; the scenario needs arrivals");
    command->footer("Example: berth run rag-rk3588 --set 'stages.rerank.buckets=[128, 512]' --report build/review");
    command->callback([options, &invocation] { invocation.status = run(*options, invocation); });
}

}  // namespace berth
