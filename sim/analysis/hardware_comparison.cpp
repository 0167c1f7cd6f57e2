#include "berth/analysis/hardware_comparison.h"

#include <memory>
#include <utility>

#include "analysis/first_error.h"
#include "berth/base/kept_documents.h"
#include "berth/scenario/objective.h"

namespace berth {

namespace {

ChipAnswer answer_on(const ScenarioSource& source, const std::string& hardware) {
    ChipAnswer answer;
    answer.hardware = hardware;
    auto settings = source.settings;
    // First in the list, so that the other settings apply to this chip.
    settings.insert(settings.begin(), {"hardware", hardware});
    Diagnostics diagnostics;
    answer.scenario = load_scenario(source.library, source.scenario, settings, diagnostics);
    if (answer.scenario) {
        answer.scenario->changes = setting_changes({source.library, source.scenario, source.settings});
        answer.result = evaluate(*answer.scenario, diagnostics);
    }
    answer.why_not = answer.result ? "" : first_error(diagnostics).message;
    return answer;
}

/// Value of the objective, lower is better; absent if the chip cannot run the scenario or its energy is unknown.
std::optional<double> score_of(const ChipAnswer& chip) {
    if (!chip.result) {
        return std::nullopt;
    }
    const ScenarioResult& result = *chip.result;
    if (result.rate) {
        return 1 / in_hertz(result.rate->simulated);
    }
    const ObjectiveRow& row = row_of(result.objective);
    if (row.needs_energy && !result.total.energy) {
        return std::nullopt;
    }
    return row.score(in_seconds(result.total.latency.median), in_joules(result.total.energy.value_or(Energy{})));
}

}  // namespace

HardwareComparison compare_hardware(const ScenarioSource& source, const std::vector<std::string>& hardware,
                                    const std::function<void(std::string_view)>& reached) {
    ScenarioSource once = source;
    if (!once.library.kept) {
        once.library.kept = std::make_shared<KeptDocuments>();
    }
    HardwareComparison comparison;
    std::optional<double> least;
    for (const std::string& name : hardware) {
        if (reached) {
            reached(name);
        }
        comparison.chips.push_back(answer_on(once, name));
        const std::size_t last = comparison.chips.size() - 1;
        const auto score = score_of(comparison.chips.back());
        if (score && (!least || *score < *least)) {
            least = score;
            comparison.best = last;
        }
    }
    return comparison;
}

void explain_difference(HardwareComparison& comparison, std::size_t from, std::size_t to, Diagnostics& diagnostics) {
    comparison.difference =
        diff_scenarios(*comparison.chips[from].scenario, *comparison.chips[to].scenario, diagnostics);
}

}  // namespace berth
