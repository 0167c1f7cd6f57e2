// Runs all finders over all stages, and orders findings by the time that they save.
#include "berth/findings.h"

#include <algorithm>
#include <cmath>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"

namespace berth {

namespace {

Time gain(const Finding& finding) { return *finding.before - *finding.after; }

}  // namespace

bool changes_total(const Finding& finding) {
    return finding.before && finding.after &&
           std::abs(*finding.after / *finding.before - 1) >= threshold(FindingLimit::kTotal);
}

std::vector<Finding> findings(const Scenario& scenario, const ScenarioResult& result) {
    std::vector<Finding> found;
    for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
        if (!result.stages[i].chosen) {
            continue;
        }
        const StageView view{scenario, result, i};
        find_padding(view, found);
        find_spills(view, found);
        find_fallbacks(view, found);
        find_dispatch(view, found);
        find_fusion(view, found);
        find_precision(view, found);
        find_context(view, found);
        if (result.core_splits.empty()) {  // these finders consider a single request
            find_cores(view, found);
        }
    }
    find_core_splits(scenario, result, found);
    const auto without_effect = std::stable_partition(found.begin(), found.end(), changes_total);
    std::stable_sort(found.begin(), without_effect,
                     [](const Finding& a, const Finding& b) { return gain(a) > gain(b); });
    return found;
}

}  // namespace berth
