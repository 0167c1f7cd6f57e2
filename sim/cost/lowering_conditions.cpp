// Size thresholds of lowering decisions, and the traffic shares that they write into fused kernels.
#include "berth/cost/lowering_conditions.h"

#include "base/index.h"

namespace berth {

bool LoweringCondition::holds(const Profile& profile) const {
    const Device& on = profile.devices[at(device)];
    switch (number) {
        case Number::kCapacity: {
            const double capacity = in_bytes(keeping_capacity(on, cores));
            return from <= capacity && capacity < below;
        }
        case Number::kLargestResult:
            return in_bytes(on.runtime.operators[index].max_bytes->value) == from;
        case Number::kEpilogueTraffic:
            return on.runtime.fuses[index].traffic->value == from;
    }
    return false;
}

std::vector<LoweringCondition> lowering_conditions(const DevicePlan& plan, const Profile& profile) {
    using Number = LoweringCondition::Number;
    const Runtime& runtime = profile.devices[at(plan.device)].runtime;
    std::vector<LoweringCondition> conditions{{Number::kCapacity, plan.device, plan.execution.cores, 0,
                                               in_bytes(plan.alike_from), in_bytes(plan.alike_below)}};
    for (std::size_t i = 0; i < runtime.operators.size(); ++i) {
        if (const auto& limit = runtime.operators[i].max_bytes) {
            const double value = in_bytes(limit->value);
            conditions.push_back({Number::kLargestResult, plan.device, 1, i, value, value});
        }
    }
    for (std::size_t i = 0; i < runtime.fuses.size(); ++i) {
        if (const auto& share = runtime.fuses[i].traffic) {
            conditions.push_back({Number::kEpilogueTraffic, plan.device, 1, i, share->value, share->value});
        }
    }
    return conditions;
}

std::vector<std::string> lowering_parameters(const Profile& profile) {
    std::vector<std::string> paths;
    for (const Device& device : profile.devices) {
        const auto add = [&](const auto& number) { paths.push_back(parameter_path(device, &number)); };
        for (const MemoryLevel& level : device.memories) {
            if (level.keeps_tensors) {
                add(level.capacity);
            }
        }
        for (const OperatorRule& rule : device.runtime.operators) {
            if (rule.max_bytes) {
                add(*rule.max_bytes);
            }
        }
        for (const FusionRule& rule : device.runtime.fuses) {
            if (rule.traffic) {
                add(*rule.traffic);
            }
        }
    }
    return paths;
}

}  // namespace berth
