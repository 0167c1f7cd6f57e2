// Aggregates missing fusions of equal operator kinds and reason.
#include "berth/evaluation/fusion_summary.h"

#include <algorithm>

namespace berth {

std::vector<MissingFusions> missing_fusions(const Candidate& candidate) {
    std::vector<MissingFusions> groups;
    for (const MissingFusion& missing : candidate.fusion.missing) {
        const OperatorResult& op = candidate.operators.at(static_cast<std::size_t>(missing.op));
        const OperatorResult& before = candidate.operators.at(static_cast<std::size_t>(missing.before));
        auto group = std::find_if(groups.begin(), groups.end(), [&](const MissingFusions& known) {
            return known.device == op.device && known.op == op.kind && known.before == before.kind &&
                   known.barrier == missing.barrier;
        });
        if (group == groups.end()) {
            groups.push_back({op.device, op.kind, before.kind, missing.barrier, 0, std::nullopt});
            group = groups.end() - 1;
        }
        ++group->count;
        if (missing.cost) {
            group->cost = group->cost.value_or(Time{}) + *missing.cost;
        }
    }
    std::stable_sort(groups.begin(), groups.end(), [](const MissingFusions& a, const MissingFusions& b) {
        return a.cost.value_or(Time{}) > b.cost.value_or(Time{});
    });
    return groups;
}

}  // namespace berth
