// Applies all changes but one, and one change alone, and compares the results.
#include "berth/analysis/silent_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "analysis/explained_silence.h"
#include "base/mapped.h"
#include "berth/base/brief_text.h"
#include "berth/base/yaml_differences.h"
#include "berth/scenario/scenario_inputs.h"

namespace berth {

namespace {

using Made = std::vector<bool>;

// Whether a report of either would show the same: totals that differ below the printed digits, and nothing else.
bool shown_alike(LazyAnswer& before, LazyAnswer& after) {
    const ScenarioResult* a = before.whole();
    const ScenarioResult* b = after.whole();
    if (a == nullptr || b == nullptr || before.traffic() != nullptr || has_chats(*after.scenario()) ||
        a->total.latency.median == b->total.latency.median) {
        return false;
    }
    const auto shown = [](const ScenarioResult& one) {
        std::vector<std::string> texts{brief(one.total.latency.median), brief(one.total.latency.low),
                                       brief(one.total.latency.high)};
        for (const StageResult& stage : one.stages) {
            texts.push_back(brief(stage.latency.median));
            texts.push_back(stage.chosen ? stage.candidates[*stage.chosen].placement : std::string());
        }
        return texts;
    };
    return shown(*a) == shown(*b);
}

// "no effect on any time: ..." where only what placements hold in memory differs; empty else.
std::string memory_alone(LazyAnswer& before, LazyAnswer& after) {
    const ScenarioResult* a = before.whole();
    const ScenarioResult* b = after.whole();
    const auto moved = a != nullptr && b != nullptr ? moved_in_memory_alone(*a, *b) : std::nullopt;
    return moved ? fmt::format("no effect on any time: moves only memory, {} on {} from {} to {}", moved->stage,
                               moved->placement, brief(moved->before), brief(moved->after))
                 : std::string();
}

class SettingSearch {
  public:
    SettingSearch(const std::vector<std::string>& paths, const ScenarioWith& with) : paths_(paths), with_(with) {}

    std::vector<Warning> warnings() {
        std::vector<Warning> found;
        const Made all(paths_.size(), true);
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            Made without = all;
            without[i] = false;
            Made alone(paths_.size(), false);
            alone[i] = true;
            const AnswerDifference left_out = compared(at(without), at(all));
            if (left_out.chosen) {
                if (shown_alike(at(without), at(all))) {
                    found.push_back({paths_[i], said_of_little(paths_[i], at(without), at(all))});
                } else if (auto text = memory_alone(at(without), at(all)); !text.empty()) {
                    found.push_back({paths_[i], std::move(text)});
                }
                continue;
            }
            LazyAnswer& nothing = at(Made(paths_.size(), false));
            LazyAnswer& only = at(alone);
            if (nothing.totals() != nullptr && only.totals() != nullptr && compared(nothing, only).chosen) {
                continue;
            }
            found.push_back({paths_[i], said_of(paths_[i], left_out, at(all))});
        }
        return found;
    }

  private:
    LazyAnswer& at(const Made& made) {
        auto& answer = answers_[made];
        if (!answer) {
            answer = std::make_unique<LazyAnswer>(with_(made));
        }
        return *answer;
    }

    std::string said_of(const std::string& path, const AnswerDifference& difference, LazyAnswer& answer) {
        if (!difference.none()) {
            return moved_text(difference.others);
        }
        if (answer.whole() == nullptr) {
            return "no effect: the scenario cannot run with it or without it";
        }
        return explained(answer).text(path, answer);
    }

    std::string said_of_little(const std::string& path, LazyAnswer& before, LazyAnswer& after) {
        const double change = after.whole()->total.latency.median / before.whole()->total.latency.median - 1;
        return fmt::format("almost no effect: {} in the total{}", percent_text(change, 2),
                           explained(after).instead(path, after));
    }

    ExplainedSilence& explained(LazyAnswer& answer) {
        explained_ = explained_ ? std::move(explained_) : std::make_unique<ExplainedSilence>(answer);
        return *explained_;
    }

    const std::vector<std::string>& paths_;
    const ScenarioWith& with_;
    std::map<Made, std::unique_ptr<LazyAnswer>> answers_;
    std::unique_ptr<ExplainedSilence> explained_;  ///< for all changes together
};

Library reading_once(Library library) {
    library.kept = library.kept ? library.kept : std::make_shared<KeptDocuments>();
    return library;
}

std::vector<Override> without_path(std::vector<Override> settings, const std::string& path) {
    std::erase_if(settings, [&path](const Override& each) { return each.path == path; });
    return settings;
}

// Whether the scenario, its profile or its models resolve differently under two lists of settings.
bool settings_differ(const SweepBase& base, const std::vector<Override>& without, const Library& library) {
    Diagnostics ignored;
    const auto before = resolved_inputs({library, base.scenario, without}, ignored);
    const auto after = resolved_inputs({library, base.scenario, base.settings}, ignored);
    if (!before || !after || before->omissions.size() != after->omissions.size()) {
        return true;
    }
    return !differences_between(before->scenario, after->scenario).empty() ||
           !differences_between(before->hardware, after->hardware).empty() ||
           !std::ranges::equal(before->runtimes, after->runtimes,
                               [](const RuntimeInput& a, const RuntimeInput& b) {
                                   return a.file == b.file && differences_between(a.document, b.document).empty();
                               }) ||
           std::ranges::any_of(after->models, [&before](const auto& model) {
               const auto known = before->models.find(model.first);
               return known == before->models.end() || !differences_between(known->second, model.second).empty();
           });
}

// Paths that are set and change an input, each once, without those that are `fixed`.
std::vector<std::string> changing_paths(const SweepBase& base, const std::vector<std::string>& fixed,
                                        const Library& library) {
    std::vector<std::string> paths;
    for (const Override& each : base.settings) {
        const auto is_among = [&each](const auto& list) { return std::ranges::find(list, each.path) != list.end(); };
        // A setting equal to the current value is no change.
        if (!is_among(paths) && !is_among(fixed) &&
            settings_differ(base, without_path(base.settings, each.path), library)) {
            paths.push_back(each.path);
        }
    }
    return paths;
}

std::optional<Scenario> loaded_with(const SweepBase& base, const Library& library,
                                    const std::vector<std::string>& paths, const Made& made) {
    auto settings = base.settings;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        settings = made[i] ? settings : without_path(settings, paths[i]);
    }
    Diagnostics ignored;
    return load_scenario(library, base.scenario, settings, ignored);
}

// At most five values of a list: both ends, and evenly spaced ones between.
std::vector<std::string> some_of(const std::vector<std::string>& values) {
    constexpr std::size_t kSome = 5;
    std::vector<std::string> some;
    const std::size_t count = std::min(kSome, values.size());
    for (std::size_t i = 0; i < count; ++i) {
        some.push_back(values[count < 2 ? 0 : i * (values.size() - 1) / (count - 1)]);
    }
    return some;
}

/// Samples one axis at a few values, with the other axes at their first, middle or last values.
class AxisSearch {
  public:
    AxisSearch(const SweepBase& base, const std::vector<SweepAxis>& axes)
        : base_(base), axes_(axes), library_(reading_once(base.library)) {}

    [[nodiscard]] std::optional<Warning> warning(std::size_t axis) {
        const auto values = some_of(axes_[axis].values);
        std::size_t tried = 0;
        std::unique_ptr<LazyAnswer> first, last;
        for (const std::vector<std::size_t>& others : places_beside(axis)) {
            first.reset();
            last.reset();
            for (const std::string& value : values) {
                auto now = std::make_unique<LazyAnswer>(at(axis, value, others));
                if (last && differs(*last, *now)) {
                    return std::nullopt;
                }
                first = first ? std::move(first) : std::move(last);
                last = std::move(now);
                ++tried;
            }
        }
        if (values.size() < 2) {
            return std::nullopt;
        }
        return Warning{axes_[axis].path, fmt::format("{} (looked at {} points)", said_of(axis, *first, *last), tried)};
    }

  private:
    // What the rows do not show may move all the same, which is not to be called without effect.
    [[nodiscard]] std::string said_of(std::size_t axis, LazyAnswer& first, LazyAnswer& last) const {
        if (last.whole() == nullptr) {
            return "no effect: the scenario cannot run at any of its values";
        }
        const AnswerDifference difference = compared(first, last);
        if (difference.chosen) {
            return fmt::format("no effect on latencies and choices, which these rows show, but on {} (see berth diff)",
                               moved_parts(first, last));
        }
        return ExplainedSilence(last).text(axes_[axis].path, last);
    }

    static bool differs(LazyAnswer& a, LazyAnswer& b) {
        const bool both = a.totals() != nullptr && b.totals() != nullptr;
        return both ? rows_differ(*a.totals(), *b.totals()) : a.totals() != b.totals();
    }

    // Positions of the values of the other axes at which one is sampled, each once: at the ends and in the middle.
    [[nodiscard]] std::vector<std::vector<std::size_t>> places_beside(std::size_t axis) const {
        std::vector<std::vector<std::size_t>> places;
        for (const double share : {0.0, 0.5, 1.0}) {
            std::vector<std::size_t> at_share;
            for (const SweepAxis& each : axes_) {
                const auto last = static_cast<double>(each.values.size() - 1);
                at_share.push_back(&each == &axes_[axis] ? 0 : static_cast<std::size_t>(share * last));
            }
            if (places.empty() || places.back() != at_share) {
                places.push_back(std::move(at_share));
            }
        }
        return places;
    }

    [[nodiscard]] std::optional<Scenario> at(std::size_t axis, const std::string& value,
                                             const std::vector<std::size_t>& others) const {
        auto settings = base_.settings;
        for (std::size_t a = 0; a < axes_.size(); ++a) {
            settings.push_back({axes_[a].path, a == axis ? value : axes_[a].values[others[a]]});
        }
        Diagnostics ignored;
        return load_scenario(library_, base_.scenario, settings, ignored);
    }

    const SweepBase& base_;
    const std::vector<SweepAxis>& axes_;
    Library library_;
};

// Whether neither device's time changes anywhere along the range.
bool is_flat(const CrossoverAnswer& answer) {
    const auto same = [](const std::optional<Estimate<Time>>& a, const std::optional<Estimate<Time>>& b) {
        return a.has_value() == b.has_value() && (!a || !times_differ(*a, *b));
    };
    return std::ranges::all_of(answer.points, [&](const CrossoverPoint& point) {
        return same(point.first, answer.points.front().first) && same(point.second, answer.points.front().second);
    });
}

// "the total, 380 ms to 564 ms" where that moves, else the parts of the answer that do.
std::string moved_in_answer(LazyAnswer& before, LazyAnswer& after) {
    const ScenarioResult* a = before.whole();
    const ScenarioResult* b = after.whole();
    if (a == nullptr || b == nullptr || brief(a->total.latency.median) == brief(b->total.latency.median)) {
        return moved_parts(before, after);
    }
    return fmt::format("the total, {} to {}", brief(a->total.latency.median), brief(b->total.latency.median));
}

// A crossover compares passes of one stage on two devices; along its range other stages, other placements, the stream
// or the budget may fare differently. Empty if nothing does, at a few values.
std::string moved_beside(const CrossoverQuestion& question, std::vector<std::unique_ptr<LazyAnswer>>& answers) {
    for (std::size_t i = 1; i < answers.size(); ++i) {
        const AnswerDifference difference = compared(*answers[i - 1], *answers[i]);
        if (difference.none()) {
            continue;
        }
        const std::string subject = fmt::format("a pass of {} on {} and {}, which is compared here", question.stage,
                                                question.between.first, question.between.second);
        return difference.chosen ? fmt::format("no effect on {}, but on {} (see berth diff)", subject,
                                               moved_in_answer(*answers[i - 1], *answers[i]))
                                 : fmt::format("no effect on {}; {}", subject, moved_text(difference.others));
    }
    return "";
}

}  // namespace

std::vector<Warning> silent_changes(const std::vector<std::string>& paths, const ScenarioWith& with) {
    return paths.empty() ? std::vector<Warning>{} : SettingSearch(paths, with).warnings();
}

std::vector<Warning> silent_settings(const SweepBase& base, const std::vector<std::string>& fixed) {
    const Library library = reading_once(base.library);
    const auto paths = changing_paths(base, fixed, library);
    return silent_changes(paths, [&](const Made& made) { return loaded_with(base, library, paths, made); });
}

std::vector<Warning> silent_settings(const SweepBase& base, const ShownAnswer& shown) {
    const Library library = reading_once(base.library);
    const auto paths = changing_paths(base, {}, library);
    const auto answer = [&](const Made& made) {
        const auto scenario = loaded_with(base, library, paths, made);
        return scenario ? shown(*scenario) : std::optional<Shown>();
    };
    std::vector<Warning> found;
    std::optional<std::vector<Warning>> of_all;  // for the whole answer
    for (std::size_t i = 0; i < paths.size(); ++i) {
        Made without(paths.size(), true), alone(paths.size(), false);
        without[i] = false;
        alone[i] = true;
        const std::pair with_others{answer(without), answer(Made(paths.size(), true))};
        const std::pair by_itself{answer(Made(paths.size(), false)), answer(alone)};
        const auto alike = [](const auto& both, const std::string Shown::*part) {
            return both.first.has_value() == both.second.has_value() &&
                   (!both.first || *both.first.*part == *both.second.*part);
        };
        if (!alike(with_others, &Shown::text) || !alike(by_itself, &Shown::text)) {
            continue;
        }
        if (!alike(with_others, &Shown::json) || !alike(by_itself, &Shown::json)) {
            found.push_back({paths[i], "almost no effect: less than the digits that are shown here"});
            continue;
        }
        of_all = of_all ? std::move(of_all) : silent_settings(base);
        const auto said = std::ranges::find(*of_all, paths[i], &Warning::path);
        found.push_back(said != of_all->end()
                            ? *said
                            : Warning{paths[i],
                                      "no effect on what is shown here, but on other parts of the answer "
                                      "(see berth diff)"});
    }
    return found;
}

std::vector<Warning> silent_axes(const SweepBase& base, const std::vector<SweepAxis>& axes) {
    std::vector<Warning> found;
    AxisSearch search(base, axes);
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
        if (auto warning = search.warning(axis)) {
            found.push_back(std::move(*warning));
        }
    }
    return found;
}

std::vector<Warning> silent_inputs(const SweepBase& base, const std::vector<SweepAxis>& axes) {
    auto found = silent_settings(base);
    auto more = silent_axes(base, axes);
    found.insert(found.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return found;
}

std::vector<Warning> silent_inputs(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
    auto found = silent_settings(question.base);
    if (!is_flat(answer)) {
        return found;
    }
    const Library library = reading_once(question.base.library);
    std::vector<std::unique_ptr<LazyAnswer>> answers;
    for (const std::string& value : some_of(mapped<std::string>(
             range_values(question.range), [&](double each) { return question.range.text(each); }))) {
        auto settings = question.base.settings;
        settings.push_back({question.range.path, value});
        Diagnostics ignored;
        answers.push_back(
            std::make_unique<LazyAnswer>(load_scenario(library, question.base.scenario, settings, ignored)));
    }
    const std::string beside = moved_beside(question, answers);
    if (!beside.empty()) {
        found.push_back({question.range.path, beside});
    } else if (answers.back()->whole() != nullptr) {
        found.push_back(
            {question.range.path, ExplainedSilence(*answers.back()).text(question.range.path, *answers.back())});
    }
    return found;
}

}  // namespace berth
