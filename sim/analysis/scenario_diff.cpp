// Applies the changes between two scenarios one after another, with an evaluation after each.
#include "berth/analysis/scenario_diff.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <utility>

#include "analysis/other_answers.h"
#include "analysis/scenario_changes.h"
#include "analysis/stage_answers.h"
#include "analysis/variation.h"
#include "base/mapped.h"
#include "berth/analysis/silent_changes.h"
#include "berth/base/kept_documents.h"

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

/// Time per operator class, for hand-overs, and of the remainder.
std::vector<std::pair<std::string, Time>> classes_of(const ScenarioResult& result) {
    auto classes = mapped<std::pair<std::string, Time>>(kCategoryNames,
                                                        [](const auto& row) { return std::pair(row.name, Time{}); });
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
    // Class times are those of the most frequent length; other lengths differ. With concurrent devices the classes add
    // up to more than the total.
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

bool DiffStep::without_effect() const { return !differs(before, after) && decisions.empty() && answers.empty(); }

namespace {

constexpr std::size_t kMostSimulated = 24;  // steps, each of which may take a simulation

// All that `run` answers besides times and choices.
std::vector<Answer> all_answers(const Scenario& scenario, const ScenarioResult& result) {
    auto answers = other_answers(scenario, result);
    std::ranges::move(stage_answers(result), std::back_inserter(answers));
    return answers;
}

std::vector<Answer> all_answers(const Scenario& scenario) {
    Diagnostics ignored;
    const auto result = evaluate(scenario, ignored, options_for_answers(scenario));
    return result ? all_answers(scenario, *result) : std::vector<Answer>();
}

// The answers of a scenario whose stages have the names of the other one.
std::vector<Answer> with_names(std::vector<Answer> answers, const std::vector<StageRenaming>& renamed) {
    for (Answer& answer : answers) {
        for (const StageRenaming& each : renamed) {
            if (answer.name.key.starts_with(each.before + ".")) {
                answer.name.key.replace(0, each.before.size(), each.after);
                answer.name.words.replace(answer.name.words.rfind(each.before), each.before.size(), each.after);
                break;
            }
        }
    }
    return answers;
}

std::vector<DecisionChange> decisions_under_names(ScenarioResult before, const ScenarioResult& after,
                                                  const std::vector<StageRenaming>& renamed) {
    for (StageResult& stage : before.stages) {
        const auto found = std::ranges::find(renamed, stage.name, &StageRenaming::before);
        stage.name = found == renamed.end() ? stage.name : found->after;
    }
    return decisions_between(before, after);
}

bool is_name(const std::vector<const InputChange*>& changes) {
    return !changes.empty() && std::ranges::all_of(changes, &InputChange::name);
}

/// Applies changes one after another and evaluates after each.
class DiffSteps {
  public:
    /// Of a step that changes neither the total nor a decision, other answers are compared with diff.answers_by_step.
    DiffSteps(ScenarioInputs inputs, ScenarioResult first, std::vector<Answer> answers, ScenarioDiff& diff)
        : inputs_(std::move(inputs)), now_(std::move(first)), answers_(std::move(answers)), diff_(diff) {}

    // Applies a change. If the scenario does not run with it, it waits until a later change has been made; see
    // make_waiting().
    void make(const InputChange& change) {
        if (made_alone({&change})) {
            make_waiting();
            return;
        }
        waiting_.push_back(&change);
        if (waiting_.size() > 1 && made_alone(waiting_)) {  // the changes need each other
            waiting_.clear();
        }
    }

    // Final step for the remaining difference: files that inputs refer to, or changes that no longer need to wait.
    void finish(const Scenario& after, const ScenarioResult& last) {
        if (waiting_.empty() && !differs(now_.total.latency.median, last.total.latency.median)) {
            return;
        }
        std::vector<InputDifference> left = inputs_of(waiting_);
        if (left.empty()) {
            left.push_back({"files that the inputs name", "as they were", "as they are"});
        }
        add(after, last, std::move(left), std::exchange(waiting_, {}));
    }

    /// [step] its changes
    [[nodiscard]] const std::vector<std::vector<const InputChange*>>& made() const { return made_; }

  private:
    using Changes = std::vector<const InputChange*>;

    static std::vector<InputDifference> inputs_of(const Changes& changes) {
        return mapped(changes, [](const InputChange* change) { return change->input; });
    }

    // Applies the changes in one step; without effect if the scenario then does not run.
    bool made_alone(const Changes& changes) {
        ScenarioInputs changed = inputs_;
        for (const InputChange* change : changes) {
            change->make(changed);
        }
        Diagnostics ignored;
        const auto scenario = load_scenario(changed, ignored);
        auto next = scenario ? evaluate(*scenario, ignored, totals_only(*scenario)) : std::nullopt;
        if (!next) {
            return false;
        }
        inputs_ = std::move(changed);
        add(*scenario, std::move(*next), inputs_of(changes), changes);
        return true;
    }

    // Applies waiting changes until none of them can be applied.
    void make_waiting() {
        const auto made =
            std::ranges::find_if(waiting_, [this](const InputChange* each) { return made_alone({each}); });
        if (made != waiting_.end()) {
            waiting_.erase(made);
            make_waiting();
        }
    }

    void add(const Scenario& scenario, ScenarioResult next, std::vector<InputDifference> inputs, Changes changes) {
        DiffStep step{std::move(inputs), now_.total.latency.median, next.total.latency.median,
                      decisions_between(now_, next)};
        if (diff_.answers_by_step && step.without_effect() && !is_name(changes)) {  // other answers may still differ
            if (behind_) {
                answers_ = all_answers(*behind_);
            }
            auto answers = all_answers(scenario);
            step.answers = answer_changes(answers_, answers);
            answers_ = std::move(answers);
            behind_.reset();
        } else {
            behind_ = scenario;
        }
        diff_.steps.push_back(std::move(step));
        made_.push_back(std::move(changes));
        now_ = std::move(next);
    }

    ScenarioInputs inputs_;
    ScenarioResult now_;
    std::vector<Answer> answers_;     ///< answers of the last step, or of `behind_` if not evaluated yet
    std::optional<Scenario> behind_;  ///< scenario of the last step
    Changes waiting_;
    std::vector<Changes> made_;
    ScenarioDiff& diff_;
};

/// Reasons for steps without effect, and what decides instead. Skipped for more than a dozen, since each takes several
/// evaluations.
std::vector<Warning> silent_steps(const ScenarioInputs& inputs, const ScenarioDiff& diff,
                                  const std::vector<std::vector<const InputChange*>>& made) {
    constexpr std::size_t kMostSilent = 12;
    std::vector<std::size_t> silent;
    std::vector<std::string> paths;
    std::vector<Warning> found;
    for (std::size_t i = 0; i < diff.steps.size(); ++i) {
        if (diff.steps[i].without_effect() && is_name(made[i])) {
            found.push_back({diff.steps[i].inputs.front().path, "no effect: a name, and nothing is computed from it"});
        } else if (diff.steps[i].without_effect()) {
            silent.push_back(i);
            paths.push_back(diff.steps[i].inputs.front().path);
        }
    }
    if (silent.size() > kMostSilent) {
        return found;
    }
    auto computed = silent_changes(paths, [&](const std::vector<bool>& wanted) {
        ScenarioInputs changed = inputs;
        for (std::size_t i = 0; i < made.size(); ++i) {
            const auto place = std::ranges::find(silent, i);
            if (place == silent.end() || wanted[static_cast<std::size_t>(place - silent.begin())]) {
                for (const InputChange* change : made[i]) {
                    change->make(changed);
                }
            }
        }
        Diagnostics ignored;
        return load_scenario(changed, ignored);
    });
    std::ranges::move(computed, std::back_inserter(found));
    return found;
}

}  // namespace

std::optional<ScenarioDiff> diff_scenarios(const Scenario& before, const Scenario& after, Diagnostics& diagnostics) {
    auto first = evaluate(before, diagnostics, options_for_answers(before));
    auto last = evaluate(after, diagnostics, options_for_answers(after));
    auto inputs = resolved_inputs(before.source, diagnostics);
    const auto wanted = resolved_inputs(after.source, diagnostics);
    if (!first || !last || !inputs || !wanted) {
        return std::nullopt;
    }
    if (!inputs->library.kept) {
        inputs->library.kept = std::make_shared<KeptDocuments>();
    }
    ScenarioInputs changing = *inputs;
    changing.hardware_files.insert(wanted->hardware_files.begin(), wanted->hardware_files.end());
    changing.models.insert(wanted->models.begin(), wanted->models.end());
    ScenarioDiff diff;
    diff.classes = class_differences(*first, *last);
    const auto renamed = renamed_stages(*inputs, *wanted);
    diff.decisions = decisions_under_names(*first, *last, renamed);
    // Where the total moves, so does much of each stage, which its steps and classes show.
    const bool moves = differs(first->total.latency.median, last->total.latency.median) || !diff.decisions.empty();
    auto answers = all_answers(before, *first);
    diff.answers = answer_changes(with_names(moves ? other_answers(before, *first) : answers, renamed),
                                  moves ? other_answers(after, *last) : all_answers(after, *last));
    const auto changes = changes_between({before, *inputs}, {after, *wanted});
    diff.answers_by_step = changes.size() <= kMostSimulated || (!before.traffic && !after.traffic);
    DiffSteps steps(changing, *first, std::move(answers), diff);
    for (const InputChange& change : changes) {
        steps.make(change);
    }
    steps.finish(after, *last);
    diff.warnings = silent_steps(changing, diff, steps.made());
    diff.before = std::move(*first);
    diff.after = std::move(*last);
    return diff;
}

}  // namespace berth
