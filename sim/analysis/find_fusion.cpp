// Fusion findings: neighbours that no rule fuses, where a rule would save noticeable time.
#include <fmt/format.h>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/base/brief_text.h"
#include "berth/evaluation/fusion_summary.h"
#include "berth/hardware/runtimes.h"

namespace berth {

namespace {

// Rule under which the epilogue operator moves only its other operands.
FusionRule rule_for(const MissingFusions& missing) {
    FusionRule rule;
    rule.pattern = {missing.before, missing.op};
    const bool two = missing.op == OperatorKind::kAdd || missing.op == OperatorKind::kMul;
    rule.traffic.emplace().value = two ? 0.33 : 0.0;
    return rule;
}

std::string yaml_of(const FusionRule& rule) {
    const std::string pattern = fmt::format("[{}, {}]", traits(rule.pattern[0]).name, traits(rule.pattern[1]).name);
    return rule.traffic->value > 0 ? fmt::format("{{pattern: {}, traffic: {:.2f}}}", pattern, rule.traffic->value)
                                   : pattern;
}

}  // namespace

void find_fusion(const StageView& view, std::vector<Finding>& found) {
    const Candidate& chosen = view.chosen();
    const Time pass = listed_pass(view).time;
    for (const MissingFusions& missing : missing_fusions(chosen)) {
        if (!missing.cost || *missing.cost < pass * threshold(FindingLimit::kFusion)) {
            continue;
        }
        const FusionRule rule = rule_for(missing);
        const auto d = static_cast<std::size_t>(missing.device);
        const Device& device = view.profile().devices[d];
        const bool has_rules = !device.runtime.fuses.empty();
        const Settings change = {
            {own_setting(view.profile(), fmt::format("devices.{}.runtime.fuses{}", device.name, has_rules ? ".+" : "")),
             has_rules ? yaml_of(rule) : "[" + yaml_of(rule) + "]"}};
        const auto after = vary_profile(
            view, [&](Profile& changed) { changed.devices[d].runtime.fuses.push_back(rule); }, change);
        if (!after ||
            view.stage_result().latency.median < after->stage.latency.median * (1 + threshold(FindingLimit::kFusion))) {
            continue;
        }
        Finding finding = finding_of(
            FindingKind::kFusion, view, *after,
            fmt::format(
                "{}, {} {} operators run in kernels of their own after the {} whose result they read: {} has no "
                "fusion rule for that pair. With one the model would take {} instead of {}.",
                placed(chosen), missing.count, traits(missing.op).name, traits(missing.before).name,
                device.runtime.name, brief(after->chosen().latency.median), brief(chosen.latency.median)));
        finding.change = change;
        found.push_back(std::move(finding));
    }
}

}  // namespace berth
