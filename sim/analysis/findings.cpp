// Runs all finders over all stages, and orders findings by the time that they save.
#include "berth/analysis/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/finding_thresholds.h"
#include "analysis/variation.h"
#include "berth/base/brief_text.h"
#include "evaluation/kept_graphs.h"

namespace berth {

namespace {

Time gain(const Finding& finding) { return *finding.before - *finding.after; }

// Findings vary the hardware and how models run on it, but not the models.
Scenario with_kept_graphs(Scenario scenario) {
    for (Stage& stage : scenario.stages) {
        if (auto* work = std::get_if<ModelStage>(&stage.work)) {
            work->kept = std::make_shared<KeptGraphs>();
        }
    }
    return scenario;
}

// Whether both are the same change of the chip.
bool same_change(const Finding& a, const Finding& b) {
    return a.kind == b.kind && a.after && b.after && a.change == b.change && a.after == b.after;
}

std::string text_by_stage(const Finding& finding) {
    return finding.also_in.empty() ? fmt::format("{}: {}", finding.stage, finding.text) : finding.text;
}

// Joins findings of several stages to the one whose change gains most.
void add_stages(Finding& finding, Finding other) {
    if (gain(other) > gain(finding)) {
        std::swap(finding, other);
    }
    finding.text = text_by_stage(finding) + " " + text_by_stage(other);
    if (other.chosen_after != other.chosen_before) {
        finding.text += fmt::format(" {} moves from {} to {}.", other.stage, other.chosen_before, other.chosen_after);
    }
    finding.also_in.push_back(other.stage);
    finding.also_in.insert(finding.also_in.end(), other.also_in.begin(), other.also_in.end());
    std::erase_if(finding.others, [&](const StageEffect& effect) {
        return effect.stage == finding.stage || std::ranges::count(finding.also_in, effect.stage) > 0;
    });
}

// The total counts what a change does to stages that the finding is not about.
void tell_others(Finding& finding) {
    for (const StageEffect& effect : finding.others) {
        const bool faster = effect.after < effect.before;
        finding.text += fmt::format(" With it {} takes {} {} than its {}", effect.stage,
                                    brief(faster ? effect.before - effect.after : effect.after - effect.before),
                                    faster ? "less" : "more", brief(effect.before));
        finding.text += effect.chosen_after != effect.chosen_before
                            ? fmt::format(", on {} instead of {}.", effect.chosen_after, effect.chosen_before)
                            : ".";
    }
}

// What several stages ask of the chip is one finding.
std::vector<Finding> merged(std::vector<Finding> found) {
    std::vector<Finding> all;
    for (Finding& one : found) {
        const auto same = std::ranges::find_if(all, [&one](const Finding& other) { return same_change(other, one); });
        if (same == all.end()) {
            all.push_back(std::move(one));
        } else {
            add_stages(*same, std::move(one));
        }
    }
    return all;
}

}  // namespace

bool changes_total(const Finding& finding) {
    return finding.before && finding.after &&
           std::abs(*finding.after / *finding.before - 1) >= threshold(FindingLimit::kTotal);
}

std::vector<Finding> findings(const Scenario& scenario, const ScenarioResult& result) {
    std::vector<Finding> found;
    const Scenario kept = with_kept_graphs(scenario);
    std::vector<StageView> views;
    for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
        if (result.stages[i].chosen) {
            views.push_back({kept, result, i});
        }
    }
    auto spills = find_spills(views);
    for (const StageView& view : views) {
        find_padding(view, found);
        for (auto& [of, spill] : spills) {
            if (of == &view) {
                found.push_back(std::move(spill));
            }
        }
        find_fallbacks(view, found);
        find_dispatch(view, found);
        find_fusion(view, found);
        find_precision(view, found);
        find_context(view, found);
        if (result.core_splits.empty()) {  // these finders consider a single request
            find_cores(view, found);
        }
    }
    found = merged(std::move(found));
    std::ranges::for_each(found, tell_others);
    find_core_splits(scenario, result, found);
    const auto without_effect = std::stable_partition(found.begin(), found.end(), changes_total);
    std::stable_sort(found.begin(), without_effect,
                     [](const Finding& a, const Finding& b) { return gain(a) > gain(b); });
    return found;
}

}  // namespace berth
