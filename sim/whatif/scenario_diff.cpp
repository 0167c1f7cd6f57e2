// Makes the changes between two scenarios one after another, and evaluates after each.
#include "berth/scenario_diff.h"

#include <algorithm>
#include <cmath>

#include "whatif/scenario_changes.h"
#include "whatif/variation.h"

namespace berth {

namespace {

constexpr double kNoChange = 1e-12;

std::string placement_of(const StageResult& stage) {
    return stage.chosen ? stage.candidates[*stage.chosen].placement : "";
}

bool overlaps(const ScenarioResult& result) {
    return std::ranges::any_of(result.stages, [](const StageResult& stage) {
        return stage.chosen && !stage.candidates[*stage.chosen].tasks.empty();
    });
}

/// Classes of operators, hand-overs, and what no class holds.
std::vector<std::pair<std::string, Time>> classes_of(const ScenarioResult& result) {
    std::vector<std::pair<std::string, Time>> classes;
    for (const auto& row : kCategoryNames) {
        classes.emplace_back(row.name, Time{});
    }
    Time handover;
    Time fixed;
    Time told;
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen) {
            fixed += stage.latency.median;
            continue;
        }
        for (const PassShare& share : stage.passes) {
            const Candidate& candidate = stage.candidates[share.candidate];
            const auto passes = static_cast<double>(share.passes);
            handover += candidate.handover * passes;
            for (const auto& [category, time] : candidate.by_category) {
                const std::string_view name = choice_name(kCategoryNames, category);
                std::ranges::find(classes, name, &std::pair<std::string, Time>::first)->second += time * passes;
            }
        }
    }
    for (const auto& [name, time] : classes) {
        told += time;
    }
    classes.emplace_back("hand-over", handover);
    classes.emplace_back("fixed", fixed);
    // Classes are those of the most frequent length; with several, the others differ from it. Of devices that work at
    // once, they add up to more than the time.
    const Time rest = result.total.latency.median - told - handover - fixed;
    const bool rounding = std::abs(rest / result.total.latency.median) < 1e-9;
    const bool at_once = overlaps(result);
    classes.emplace_back("other lengths", rounding || at_once ? Time{} : rest);
    classes.emplace_back("at the same time", !rounding && at_once ? rest : Time{});
    return classes;
}

std::vector<ClassDifference> class_differences(const ScenarioResult& before, const ScenarioResult& after) {
    const auto old = classes_of(before);
    const auto now = classes_of(after);
    std::vector<ClassDifference> differences;
    for (std::size_t i = 0; i < old.size(); ++i) {
        if (old[i].second != Time{} || now[i].second != Time{}) {
            differences.push_back({old[i].first, old[i].second, now[i].second});
        }
    }
    return differences;
}

bool differs(Time a, Time b) { return std::abs(in_seconds(a - b)) > kNoChange * in_seconds(a); }

}  // namespace

std::vector<DecisionChange> decisions_between(const ScenarioResult& before, const ScenarioResult& after) {
    std::vector<DecisionChange> changes;
    for (const StageResult& stage : before.stages) {
        const auto other = std::ranges::find(after.stages, stage.name, &StageResult::name);
        if (other != after.stages.end() && placement_of(stage) != placement_of(*other)) {
            changes.push_back({stage.name, placement_of(stage), placement_of(*other)});
        }
    }
    return changes;
}

std::optional<ScenarioDiff> diff_scenarios(const Scenario& before, const Scenario& after, Diagnostics& diagnostics) {
    EvaluationOptions wanted;
    wanted.operators = false;
    auto first = evaluate(before, diagnostics, wanted);
    auto last = evaluate(after, diagnostics, wanted);
    if (!first || !last) {
        return std::nullopt;
    }
    ScenarioDiff diff;
    diff.classes = class_differences(*first, *last);
    diff.decisions = decisions_between(*first, *last);
    Scenario changing = before;
    ScenarioResult now = *first;
    std::vector<InputDifference> waiting;
    const auto add_step = [&](const ScenarioResult& next) {
        diff.steps.push_back({std::exchange(waiting, {}), now.total.latency.median, next.total.latency.median,
                              decisions_between(now, next)});
        now = next;
    };
    for (const ScenarioChange& change : changes_between(before, after)) {
        change.make(changing);
        waiting.push_back(change.input);
        Diagnostics ignored;  // of an input that does not go without one that is changed later
        const auto next = evaluate(changing, ignored, totals_only(changing));
        if (!next) {
            continue;
        }
        // Profiles are exchanged as a whole at the end of their numbers; mostly nothing is left to change then.
        const bool silent = waiting.size() == 1 && change.input.path == "hardware" &&
                            !differs(now.total.latency.median, next->total.latency.median) &&
                            decisions_between(now, *next).empty();
        if (silent) {
            waiting.clear();
        } else {
            add_step(*next);
        }
    }
    if (!waiting.empty() || differs(now.total.latency.median, last->total.latency.median)) {
        if (waiting.empty()) {
            waiting.push_back({"all else", before.name, after.name});
        }
        add_step(*last);
    }
    diff.before = std::move(*first);
    diff.after = std::move(*last);
    return diff;
}

}  // namespace berth
