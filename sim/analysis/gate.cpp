// Evaluates scenarios in two revisions and judges the differences.
#include "berth/analysis/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "analysis/answer_difference.h"
#include "analysis/first_error.h"
#include "analysis/other_answers.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

/// Truths and shares are judged; other answers may change.
std::optional<GateKind> judged_as(const AnswerName& answer) {
    return answer.form == AnswerForm::kTruth   ? std::optional(GateKind::kBudget)
           : answer.form == AnswerForm::kShare ? std::optional(GateKind::kProbability)
                                               : std::nullopt;
}

GateVerdict verdict_on(bool before, bool after) {
    return before == after ? GateVerdict::kKept : before ? GateVerdict::kBlocks : GateVerdict::kNoted;
}

/// What a check compares: a stage or an answer, and as reports put it.
struct Subject {
    std::string name, words;
};

GateCheck budget_check(Subject of, bool before, bool after) {
    return {GateKind::kBudget, std::move(of.name), std::move(of.words), before, after, verdict_on(before, after)};
}

GateCheck probability_check(Subject of, double before, double after, double sure) {
    return {GateKind::kProbability,
            std::move(of.name),
            std::move(of.words),
            before,
            after,
            verdict_on(before >= sure, after >= sure)};
}

/// An item that only one revision has is reported but does not block.
GateCheck one_sided_check(GateKind kind, Subject of, GateValue before, GateValue after) {
    return {kind, std::move(of.name), std::move(of.words), std::move(before), std::move(after), GateVerdict::kNoted};
}

Running running(const RevisionAnswer& answer) {
    return !answer.there ? Running::kAbsent : answer.result ? Running::kRuns : Running::kBroken;
}

// Check for a scenario that no longer runs, or that is new and does not run.
GateCheck runs_check(const RevisionAnswer& before, const RevisionAnswer& after) {
    const Running old = running(before);
    const Running now = running(after);
    const bool blocks = now == Running::kBroken && old != Running::kBroken;
    const bool kept = old == Running::kRuns && now == Running::kRuns;
    return {GateKind::kRuns,
            "",
            "the scenario",
            old,
            now,
            blocks ? GateVerdict::kBlocks
            : kept ? GateVerdict::kKept
                   : GateVerdict::kNoted};
}

std::string runs_on(const std::string& stage) { return stage + " runs on"; }

std::string chosen_placement(const StageResult& stage) { return placement_name(stage.candidates[*stage.chosen]); }

void check_decision(const StageResult& before, const StageResult& after, double sure, std::vector<GateCheck>& checks) {
    if (!before.chosen || !after.chosen) {
        return;  // a fixed time given by the scenario
    }
    const std::string old = chosen_placement(before);
    const std::string now = chosen_placement(after);
    const bool moved = old != now;
    checks.push_back({GateKind::kDecision, after.name, runs_on(after.name), old, now,
                      moved ? GateVerdict::kBlocks : GateVerdict::kKept});
    if (!moved) {  // otherwise the probabilities refer to different decisions
        checks.push_back(probability_check({after.name, "probability of the decision on " + after.name},
                                           before.confidence, after.confidence, sure));
    }
}

void check_stage_budget(const StageResult& before, const StageResult& after, std::vector<GateCheck>& checks) {
    const auto met = [](const StageResult& stage) {
        return stage.budget ? std::optional(stage.latency.median <= *stage.budget) : std::nullopt;
    };
    const auto old = met(before);
    const auto now = met(after);
    const Subject of{after.name, after.name + " keeps its budget"};
    if (old && now) {
        checks.push_back(budget_check(of, *old, *now));
    } else if (old || now) {
        checks.push_back(one_sided_check(GateKind::kBudget, of, old ? GateValue(*old) : GateValue(),
                                         now ? GateValue(*now) : GateValue()));
    }
}

const StageResult* named_stage(const ScenarioResult& result, const std::string& name) {
    const auto found = std::ranges::find(result.stages, name, &StageResult::name);
    return found == result.stages.end() ? nullptr : &*found;
}

GateValue placement_value(const StageResult& stage) {
    return stage.chosen ? GateValue(chosen_placement(stage)) : GateValue(std::string("fixed time"));
}

void check_stages(const ScenarioResult& before, const ScenarioResult& after, double sure,
                  std::vector<GateCheck>& checks) {
    for (const StageResult& stage : after.stages) {
        const StageResult* old = named_stage(before, stage.name);
        if (old == nullptr) {
            checks.push_back(
                one_sided_check(GateKind::kDecision, {stage.name, runs_on(stage.name)}, {}, placement_value(stage)));
            continue;
        }
        check_decision(*old, stage, sure, checks);
        check_stage_budget(*old, stage, checks);
    }
    for (const StageResult& stage : before.stages) {
        if (named_stage(after, stage.name) == nullptr) {
            checks.push_back(
                one_sided_check(GateKind::kDecision, {stage.name, runs_on(stage.name)}, placement_value(stage), {}));
        }
    }
}

GateValue answer_value(GateKind kind, double value) {
    return kind == GateKind::kBudget ? GateValue(value > 0) : GateValue(value);
}

void check_answers(const std::vector<Answer>& before, const std::vector<Answer>& after, double sure,
                   std::vector<GateCheck>& checks) {
    for (const auto& [name, value] : after) {
        const auto kind = judged_as(name);
        const Subject of{name.key, name.words};
        const Answer* old = answer_named(before, name.key);
        if (kind && old == nullptr) {
            checks.push_back(one_sided_check(*kind, of, {}, answer_value(*kind, value)));
        } else if (kind) {
            checks.push_back(*kind == GateKind::kBudget ? budget_check(of, old->value > 0, value > 0)
                                                        : probability_check(of, old->value, value, sure));
        }
    }
    for (const auto& [name, value] : before) {
        const auto kind = judged_as(name);
        if (kind && answer_named(after, name.key) == nullptr) {
            checks.push_back(one_sided_check(*kind, {name.key, name.words}, answer_value(*kind, value), {}));
        }
    }
}

/// File of a scenario in a revision; absent if there is none of that name.
std::optional<fs::path> scenario_file(const DataRevision& revision, const std::string& name) {
    for (const fs::path& root : revision.own.roots) {
        fs::path path = root / "scenarios" / (name + ".yaml");
        if (fs::is_regular_file(path)) {
            return path;
        }
    }
    return std::nullopt;
}

RevisionAnswer answer_at(const DataRevision& revision, const std::optional<fs::path>& path) {
    RevisionAnswer answer;
    answer.there = path.has_value();
    if (!path) {
        return answer;
    }
    Diagnostics diagnostics;
    answer.scenario = load_scenario(revision.library, path->string(), {}, diagnostics);
    if (answer.scenario && !diagnostics.has_errors()) {
        answer.result = evaluate(*answer.scenario, diagnostics, options_for_answers(*answer.scenario));
    }
    answer.why_not = answer.result ? "" : first_error(diagnostics).text();
    return answer;
}

/// A scenario, by its file in each revision.
struct AskedScenario {
    std::string name;
    std::optional<fs::path> before, after;
};

GatedScenario gated(const AskedScenario& asked, const DataRevision& before, const DataRevision& after, double sure) {
    GatedScenario scenario{asked.name, answer_at(before, asked.before), answer_at(after, asked.after), {}};
    scenario.checks.push_back(runs_check(scenario.before, scenario.after));
    const auto& old = scenario.before.result;
    const auto& now = scenario.after.result;
    scenario.differs = scenario.before.there && scenario.after.there && old.has_value() != now.has_value();
    if (old && now) {
        const auto old_answers = other_answers(*scenario.before.scenario, *old);
        const auto now_answers = other_answers(*scenario.after.scenario, *now);
        check_stages(*old, *now, sure, scenario.checks);
        check_answers(old_answers, now_answers, sure, scenario.checks);
        scenario.differs = !difference_of(*old, *now).none() || !answer_changes(old_answers, now_answers).empty();
    }
    return scenario;
}

void add_names(const DataRevision& revision, std::set<std::string>& names) {
    for (const fs::path& root : revision.own.roots) {
        std::error_code failure;
        for (fs::directory_iterator entry(root / "scenarios", failure), end; !failure && entry != end;
             entry.increment(failure)) {
            if (entry->path().extension() == ".yaml") {
                names.insert(entry->path().stem().string());
            }
        }
    }
}

/// Scenario by name, in any letter case, or by a file outside the scenario folders.
std::optional<AskedScenario> asked_for(const std::string& word, const std::vector<std::string>& known,
                                       const DataRevision& before, const DataRevision& after,
                                       Diagnostics& diagnostics) {
    if (const auto found = find_name(word, known)) {
        return AskedScenario{known[*found], scenario_file(before, known[*found]), scenario_file(after, known[*found])};
    }
    if (fs::is_regular_file(word)) {
        return AskedScenario{word, word, word};
    }
    diagnostics.error(
        SourceLocation("scenario"), fmt::format("neither {} nor {} has a scenario '{}'", before.name, after.name, word),
        known.empty() ? "a name in their scenarios/, or a file" : list_of(known), suggested_names(word, known));
    return std::nullopt;
}

std::vector<AskedScenario> asked_scenarios(const std::vector<std::string>& words, const DataRevision& before,
                                           const DataRevision& after, Diagnostics& diagnostics) {
    std::set<std::string> names;
    add_names(before, names);
    add_names(after, names);
    const std::vector<std::string> known(names.begin(), names.end());
    if (known.empty() && words.empty()) {
        diagnostics.error(SourceLocation(after.name), "there is no scenario to compare",
                          "files in scenarios/, or a file on the command line");
    }
    std::map<std::string, AskedScenario> asked;
    for (const std::string& word : words.empty() ? known : words) {
        if (auto one = asked_for(word, known, before, after, diagnostics)) {
            asked.emplace(one->name, *one);
        }
    }
    std::vector<AskedScenario> sorted;
    for (auto& [name, one] : asked) {
        sorted.push_back(std::move(one));
    }
    return sorted;
}

}  // namespace

GateVerdict GatedScenario::verdict() const {
    GateVerdict gravest = GateVerdict::kKept;
    for (const GateCheck& check : checks) {
        gravest = std::max(gravest, check.verdict);
    }
    return gravest;
}

bool GateComparison::blocks() const {
    return std::ranges::any_of(
        scenarios, [](const GatedScenario& scenario) { return scenario.verdict() == GateVerdict::kBlocks; });
}

std::optional<GateComparison> compare_revisions(
    const DataRevision& before, const DataRevision& after, const std::vector<std::string>& scenarios, double sure,
    Diagnostics& diagnostics, const std::function<void(std::string_view, std::size_t, std::size_t)>& reached) {
    const auto asked = asked_scenarios(scenarios, before, after, diagnostics);
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    GateComparison comparison{before.name, after.name, sure, {}};
    for (const AskedScenario& one : asked) {
        if (reached) {
            reached(one.name, comparison.scenarios.size(), asked.size());
        }
        comparison.scenarios.push_back(gated(one, before, after, sure));
    }
    return comparison;
}

}  // namespace berth
