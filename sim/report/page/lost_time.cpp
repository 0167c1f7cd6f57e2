#include "report/page/lost_time.h"

#include <algorithm>

#include "berth/cost.h"
#include "berth/runtimes.h"
#include "report/names.h"

namespace berth {

namespace {

void add_to_group(std::vector<OperatorGroup>& groups, OperatorGroup one) {
    const auto same = std::ranges::find_if(groups, [&one](const OperatorGroup& group) {
        return group.stage == one.stage && group.name == one.name && group.device == one.device;
    });
    if (same == groups.end()) {
        groups.push_back(std::move(one));
        return;
    }
    same->count += one.count;
    same->time += one.time;
    same->above_roofline += one.above_roofline;
}

}  // namespace

Time above_roofline(const OperatorResult& op, const Candidate& candidate, const ModelStage& stage,
                    const Profile& profile) {
    if (!op.cost || !op.kernel) {
        return op.latency;
    }
    Execution execution = execution_on(stage, profile, op.device);
    execution.cores = candidate.device == op.device ? candidate.cores : execution.cores;
    const Device& device = under(profile, stage.runtime).devices[static_cast<std::size_t>(op.device)];
    const CoreRates rates = core_rates(device, execution, multiplied_at(*op.kernel));
    const Time arithmetic = op.cost->macs > Operations{} ? op.cost->macs / rates.macs : Time{};
    const Time traffic = (op.cost->traffic.read + op.cost->traffic.write) / rates.dram;
    return std::max(Time{}, op.latency - std::max(arithmetic, traffic));
}

std::vector<OperatorGroup> groups_by_lost_time(const ScenarioResult& result, const Scenario& scenario) {
    std::vector<OperatorGroup> groups;
    for (const StageResult& stage : result.stages) {
        const Stage* asked = stage_named(scenario, stage.name);
        const auto* model = asked != nullptr ? std::get_if<ModelStage>(&asked->work) : nullptr;
        if (!stage.chosen || model == nullptr) {
            continue;
        }
        const Candidate& candidate = stage.candidates[*stage.chosen];
        for (const OperatorResult& op : candidate.operators) {
            add_to_group(groups, {stage.name, name_in_block(op.name), op.device, op.bound, 1, op.latency,
                                  above_roofline(op, candidate, *model, scenario.profile)});
        }
    }
    std::ranges::stable_sort(groups, std::greater{}, &OperatorGroup::above_roofline);
    return groups;
}

}  // namespace berth
