// Analyses after the choice of placements, all from the same result.
#include "berth/analysis/scenario_analysis.h"

#include <algorithm>
#include <iterator>

#include "analysis/narrowed_precision.h"
#include "berth/analysis/core_splits.h"
#include "berth/analysis/silent_changes.h"
#include "berth/evaluation/simulated_scenario.h"

namespace berth {

namespace {

void begin(const AnalysisOptions& options, const std::string& what) {
    if (options.begins) {
        options.begins(what);
    }
}

void add_traffic(const Scenario& scenario, const AnalysisOptions& options, ScenarioResult& result) {
    if (has_chats(scenario)) {
        begin(options, "simulating chats");
        result.chats = simulate_chats(scenario, result, {.progress = options.simulated});
        return;
    }
    if (scenario.traffic) {
        begin(options, "simulating requests");
        StreamOptions stream;
        stream.progress = options.simulated;
        stream.traced = options.traced;
        result.traffic = simulate_traffic(scenario, result, stream);
        result.chats = placed_chats(scenario, result, *result.traffic);
        if (!result.chats.empty()) {
            std::ranges::move(simulate_other_chats(scenario, result, {.progress = options.simulated}),
                              std::back_inserter(result.chats));
            return;  // other core counts and batches would be compared without passes shared by chats
        }
    }
    if (scenario.traffic || row_of(scenario.objective).search == SearchOver::kScenario) {
        begin(options, "comparing cores per request");
        const auto compares = [&options](const std::string& what) {
            if (options.reached) {
                options.reached("comparing " + what);
            }
        };
        result.core_splits = core_splits(scenario, result, compares);
        result.batch_sizes = batch_sizes(scenario, result, compares);
    }
}

}  // namespace

std::optional<ScenarioResult> analyse(const Scenario& scenario, const AnalysisOptions& options,
                                      Diagnostics& diagnostics) {
    begin(options, "evaluating " + scenario.name);
    auto result = evaluate(scenario, diagnostics);
    if (!result) {
        return result;
    }
    add_traffic(scenario, options, *result);
    if (options.drawn > 0) {
        const bool streamed = result->traffic && result->traffic->simulation.stable;
        result->timeline =
            streamed ? first_requests(*result->traffic, options.drawn) : request_alone(scenario, *result);
    }
    result->warnings = options.warnings;
    std::ranges::move(narrowed_precisions(scenario, *result), std::back_inserter(result->warnings));
    if (options.settings) {
        std::ranges::move(silent_settings(*options.settings), std::back_inserter(result->warnings));
    }
    return result;
}

}  // namespace berth
