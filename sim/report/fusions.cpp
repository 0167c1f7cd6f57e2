// Fusions of a placed model in words and as JSON, with equal ones grouped.
#include "report/fusions.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "berth/base/brief_text.h"
#include "berth/evaluation/fusion_summary.h"
#include "report/names.h"

namespace berth {

namespace {

constexpr double kWorthShowing = 1e-3;  // share of the latency below which a missing fusion is not shown

constexpr std::size_t kMostNames = 3;  // names listed per kind of operator that another is fused into

struct FusedOperators {
    OperatorKind op{}, into_kind{};
    std::string into;
    std::int64_t count = 0;
};

std::vector<FusedOperators> fused_operators(const Candidate& candidate) {
    std::vector<FusedOperators> groups;
    for (const FusedOperator& fused : candidate.fusion.fused) {
        const OperatorKind kind = candidate.operators.at(static_cast<std::size_t>(fused.op)).kind;
        const OperatorResult& into_op = candidate.operators.at(static_cast<std::size_t>(fused.into));
        const std::string into = name_in_block(into_op.name);
        const auto known = std::find_if(groups.begin(), groups.end(), [&](const FusedOperators& group) {
            return group.op == kind && group.into == into;
        });
        if (known == groups.end()) {
            groups.push_back({kind, into_op.kind, into, 1});
        } else {
            ++known->count;
        }
    }
    return groups;
}

bool same_kinds(const FusedOperators& a, const FusedOperators& b) { return a.op == b.op && a.into_kind == b.into_kind; }

// Networks without repeated blocks have one name per layer: many names are replaced by the kind of operator.
std::vector<FusedOperators> in_few_words(const std::vector<FusedOperators>& groups) {
    std::vector<FusedOperators> few;
    for (const FusedOperators& group : groups) {
        const auto alike = [&group](const FusedOperators& other) { return same_kinds(group, other); };
        if (static_cast<std::size_t>(std::ranges::count_if(groups, alike)) <= kMostNames) {
            few.push_back(group);
            continue;
        }
        const auto known = std::ranges::find_if(few, alike);
        if (known == few.end()) {
            few.push_back(
                {group.op, group.into_kind, fmt::format("the {} before", traits(group.into_kind).name), group.count});
        } else {
            known->count += group.count;
        }
    }
    return few;
}

}  // namespace

std::string fusion_text(const Candidate& candidate) {
    std::vector<std::string> parts;
    for (const FusedOperators& group : in_few_words(fused_operators(candidate))) {
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
        object["fused"].push_back({{"op", traits(group.op).name}, {"into", group.into}, {"count", group.count}});
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
    return Json{{"before", op.not_fused_with},
                {"reason", choice_name(kFusionBarrierNames, op.not_fused->barrier)},
                {"cost_ms", json_milliseconds(op.not_fused->cost)}};
}

}  // namespace berth
