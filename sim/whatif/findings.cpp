// Runs every kind of finding over every stage, and orders what they found by the time it saves.
#include "berth/findings.h"

#include <algorithm>

#include "whatif/variation.h"

namespace berth {

namespace {

Time gain(const Finding& finding) {
    return finding.before && finding.after ? *finding.before - *finding.after : Time{};
}

}  // namespace

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
        find_precision(view, found);
        find_cores(view, found);
    }
    std::stable_sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) { return gain(a) > gain(b); });
    return found;
}

}  // namespace berth
