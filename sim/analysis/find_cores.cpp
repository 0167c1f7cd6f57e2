// Core findings: another number of cores that is faster, such as the big cores alone or all NPU cores on one model.
#include <fmt/format.h>

#include <set>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/base/brief_text.h"

namespace berth {

namespace {

// Core counts to try: one, the cumulative sizes of the clusters, and all.
std::set<int> counts_to_try(const Device& device) {
    std::set<int> counts{1};
    int sum = 0;
    for (const CoreCluster& cluster : device.clusters) {
        sum += cluster.cores;
        counts.insert(sum);
    }
    return counts;
}

struct Best {
    std::optional<Variation> variation;
    int cores = 0;
};

Best best_count(const StageView& view, DeviceId id, const Candidate& now) {
    const auto d = static_cast<std::size_t>(id);
    Best best;
    for (const int cores : counts_to_try(view.profile().devices[d])) {
        if (cores == now.cores) {
            continue;
        }
        auto variation = vary_stage(view, [id, cores](ModelStage& changed) { changed.cores[id] = cores; });
        if (variation && (!best.variation || variation->stage.candidates[d].latency.median <
                                                 best.variation->stage.candidates[d].latency.median)) {
            best = {std::move(variation), cores};
        }
    }
    return best;
}

}  // namespace

void find_cores(const StageView& view, std::vector<Finding>& found) {
    for (std::size_t d = 0; d < view.profile().devices.size(); ++d) {
        const auto id = static_cast<DeviceId>(d);
        const Device& device = view.profile().devices[d];
        const Candidate* now = view.on(id);
        if (now == nullptr || device.cores() == 1) {
            continue;
        }
        const Best best = best_count(view, id, *now);
        if (!best.variation || best.variation->stage.candidates[d].latency.median >
                                   now->latency.median * threshold(FindingLimit::kCores)) {
            continue;
        }
        Finding finding =
            finding_of(FindingKind::kCores, view, *best.variation,
                       fmt::format("On {} the model takes {} with {} {} instead of {} with {}.", device.name,
                                   brief(best.variation->stage.candidates[d].latency.median), best.cores,
                                   best.cores == 1 ? "core" : "cores", brief(now->latency.median), now->cores));
        finding.change = {cores_setting(view.scenario, view.stage().name, id, best.cores)};
        found.push_back(std::move(finding));
    }
}

}  // namespace berth
