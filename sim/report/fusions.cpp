// Fusions of a placed model in words and as JSON, alike ones together.
#include "report/fusions.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "berth/brief_text.h"
#include "berth/fusion_summary.h"
#include "report/names.h"

namespace berth {

namespace {

constexpr double kWorthShowing = 1e-3;  // of the latency: below that a missing fusion is not worth a reader's time

struct FusedOperators {
    OperatorKind op{};
    std::string into;
    std::int64_t count = 0;
};

std::vector<FusedOperators> fused_operators(const Candidate& candidate) {
    std::vector<FusedOperators> groups;
    for (const FusedOperator& fused : candidate.fusion.fused) {
        const OperatorKind kind = candidate.operators.at(static_cast<std::size_t>(fused.op)).kind;
        const std::string into = name_in_block(candidate.operators.at(static_cast<std::size_t>(fused.into)).name);
        const auto known = std::find_if(groups.begin(), groups.end(), [&](const FusedOperators& group) {
            return group.op == kind && group.into == into;
        });
        if (known == groups.end()) {
            groups.push_back({kind, into, 1});
        } else {
            ++known->count;
        }
    }
    return groups;
}

}  // namespace

std::string fusion_text(const Candidate& candidate) {
    std::vector<std::string> parts;
    for (const FusedOperators& group : fused_operators(candidate)) {
        parts.push_back(fmt::format("{} {} fused into {}", group.count, traits(group.op).name, group.into));
    }
    for (const MissingFusions& group : missing_fusions(candidate)) {
        if (group.cost && *group.cost >= candidate.latency.median * kWorthShowing) {
            parts.push_back(fmt::format("{} {} not fused with the {} before ({}): costs {}", group.count,
                                        traits(group.op).name, traits(group.before).name,
                                        choice_name(kFusionBarrierNames, group.barrier), brief(*group.cost)));
        }
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

Json json_fusion(const Candidate& candidate, std::span<const std::string> devices) {
    Json object = Json::object();
    object["fused"] = Json::array();
    for (const FusedOperators& group : fused_operators(candidate)) {
        Json one = Json::object();
        one["op"] = traits(group.op).name;
        one["into"] = group.into;
        one["count"] = group.count;
        object["fused"].push_back(std::move(one));
    }
    object["missing"] = Json::array();
    Time sum;
    for (const MissingFusions& group : missing_fusions(candidate)) {
        Json one = Json::object();
        one["op"] = traits(group.op).name;
        one["before"] = traits(group.before).name;
        one["device"] = device_name(devices, group.device);
        one["reason"] = choice_name(kFusionBarrierNames, group.barrier);
        one["count"] = group.count;
        one["cost_ms"] = json_milliseconds(group.cost);
        sum += group.cost.value_or(Time{});
        object["missing"].push_back(std::move(one));
    }
    object["cost_ms"] = json_milliseconds(sum);
    return object;
}

Json json_not_fused(const OperatorResult& op) {
    if (!op.not_fused) {
        return nullptr;
    }
    Json object = Json::object();
    object["before"] = op.not_fused_with;
    object["reason"] = choice_name(kFusionBarrierNames, op.not_fused->barrier);
    object["cost_ms"] = json_milliseconds(op.not_fused->cost);
    return object;
}

}  // namespace berth
