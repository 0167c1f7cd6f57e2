// Differences between two scenarios, as building blocks for text, picture and page.
#include "report/scenario_diff_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "report/names.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kBriefValue = 20;
constexpr std::size_t kValueColumns = 60;  // shown length of a source or a description; JSON has the full text
constexpr double kShownChange = 1e-4;      // share of the total below which a change counts as none
constexpr double kSmallStep = 0.01;        // share of the total below which a step is merged with its neighbours

// A whole map, which one side lacks, by its keys: `{score_bytes, per_cycle}`; other values as they are.
std::string keys_of_map(std::string_view value) {
    if (!value.starts_with('{')) {
        return std::string(value);
    }
    std::string text;
    int depth = 0;
    bool in_key = true;
    for (const char c : value) {
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        in_key = depth == 1 && ((in_key && c != ':') || c == '{' || c == ',');
        text += in_key ? std::string(1, c) : "";
    }
    return text + '}';
}

std::string shown_value(std::string_view value, std::size_t columns) { return shortened(keys_of_map(value), columns); }

std::string move_text(const DecisionChange& move) {
    return fmt::format("{} from {} to {}", move.stage, move.before, move.after);
}

/// The distinguishing last parts of each path, for pictures, and the new placement of a stage.
std::string brief_inputs(const DiffStep& step) {
    std::vector<std::string> texts;
    for (const InputDifference& input : step.inputs) {
        texts.push_back(fmt::format("{}: {} -> {}", short_path(input.path), shown_value(input.before, kBriefValue),
                                    shown_value(input.after, kBriefValue)));
    }
    std::string text = fmt::format("{}", fmt::join(texts, "; "));
    for (const DecisionChange& move : step.decisions) {
        text += fmt::format(" ({} to {})", move.stage, move.after);
    }
    return text;
}

std::string signed_share(Time change, Time of) {
    const double share = change / of;
    return fmt::format("{}{}", share > 0 ? "+" : "", percent_text(with_digits(share, 3), 3));
}

std::string value_text(AnswerForm form, const std::optional<double>& value) {
    if (!value) {
        return "none";
    }
    switch (form) {
        case AnswerForm::kMilliseconds:
            return brief(milliseconds(*value));
        case AnswerForm::kMillijoules:
            return brief(millijoules(*value));
        case AnswerForm::kMebibytes:
            return brief(mebibytes(*value));
        case AnswerForm::kPerSecond:
            return number_text(*value, 4);
        case AnswerForm::kShare:
            return share_text(*value);
        case AnswerForm::kTruth:
            break;
    }
    return *value > 0 ? "yes" : "no";
}

}  // namespace

Time scale_of(const ScenarioDiff& diff) {
    return std::max(diff.before.total.latency.median, diff.after.total.latency.median);
}

TimeUnit unit_of(const ScenarioDiff& diff) { return TimeUnit(scale_of(diff)); }

namespace {

// Whether two times are further apart than sums of the same numbers in another order.
bool exceeds_rounding(Time a, Time b) { return std::max(a, b) - std::min(a, b) > 1e-9 * std::max(a, b); }

}  // namespace

bool matters(Time change, Time total) { return std::max(change, Time{} - change) >= kShownChange * total; }

std::string signed_text(Time before, Time after, Time total, TimeUnit unit) {
    const Time change = after - before;
    const bool shows = unit.text(before) != unit.text(after) && exceeds_rounding(before, after);
    return matters(change, total) || shows ? (change > Time{} ? "+" : "") + unit.text(change) : unit.text(Time{});
}

std::string start_name(const ScenarioDiff& diff) {
    return diff.before.hardware != diff.after.hardware ? diff.before.hardware : diff.before.scenario;
}

std::string end_name(const ScenarioDiff& diff) {
    const bool same_name = diff.before.scenario == diff.after.scenario;
    return diff.before.hardware != diff.after.hardware ? diff.after.hardware
           : same_name                                 ? "with the changes"
                                                       : diff.after.scenario;
}

std::string total_sentence(const ScenarioDiff& diff) {
    const Estimate<Time>& before = diff.before.total.latency;
    const Estimate<Time>& after = diff.after.total.latency;
    return fmt::format("Total {} -> {}: {}, {}.", estimate_text(before), estimate_text(after),
                       signed_text(before.median, after.median, scale_of(diff), unit_of(diff)),
                       signed_share(after.median - before.median, before.median));
}

std::string moves_text(const std::vector<DecisionChange>& moves) {
    auto texts = mapped(moves, move_text);
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::string inputs_text(const std::vector<InputDifference>& inputs) {
    std::vector<std::string> texts;
    for (const InputDifference& input : inputs) {
        texts.push_back(fmt::format("{}: {} -> {}", input.path, shown_value(input.before, kValueColumns),
                                    shown_value(input.after, kValueColumns)));
    }
    return fmt::format("{}", fmt::join(texts, "; "));
}

bool is_in_table(const DiffStep& step) { return step.answers.empty() && !step.without_effect(); }

// Consecutive small steps are merged into one row that names their inputs.
std::vector<ShownStep> shown_steps(const ScenarioDiff& diff) {
    const Time least = kSmallStep * scale_of(diff);
    std::vector<ShownStep> shown;
    for (const DiffStep& step : diff.steps) {
        if (!is_in_table(step)) {
            continue;
        }
        const Time change = step.after - step.before;
        const bool small = std::max(change, Time{} - change) < least && step.decisions.empty();
        if (small && !shown.empty() && shown.back().small > 0) {
            ShownStep& group = shown.back();
            group.label += "; " + inputs_text(step.inputs);
            group.after = step.after;
            ++group.small;
            group.brief = fmt::format("{} small differences", group.small);
        } else {
            shown.push_back({inputs_text(step.inputs), moves_text(step.decisions), brief_inputs(step), step.before,
                             step.after, small ? std::size_t{1} : 0});
        }
    }
    return shown;
}

std::string answers_text(const std::vector<AnswerChange>& answers) {
    std::vector<std::string> texts;
    for (const AnswerChange& one : answers) {
        const auto& [key, words, form] = one.answer;
        const std::string after = value_text(form, one.after);
        if (!one.before) {
            texts.push_back(fmt::format("{} {} (none before)", words, after));
        } else if (const std::string before = value_text(form, one.before); before != after) {
            texts.push_back(fmt::format("{} {} -> {}", words, before, after));
        }
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

TextTable diff_step_rows(const ScenarioDiff& diff) {
    TextTable table{left(Fit::kWrapPaths, "input"), right("change", "total"), left(Fit::kWrap, "moves")};
    const Time before = diff.before.total.latency.median;
    const TimeUnit unit = unit_of(diff);
    table.row({start_name(diff), "", unit.text(before), ""});
    for (const ShownStep& step : shown_steps(diff)) {
        table.row({step.label, signed_text(step.before, step.after, scale_of(diff), unit), unit.text(step.after),
                   step.moves});
    }
    return table;
}

TextTable diff_class_rows(const ScenarioDiff& diff) {
    TextTable table{left("class"), right("before", "after", "change")};
    const TimeUnit unit = unit_of(diff);
    const auto row = [&](const std::string& name, Time before, Time after) {
        table.row({name, unit.text(before), unit.text(after), signed_text(before, after, scale_of(diff), unit)});
    };
    for (const ClassDifference& one : diff.classes) {
        row(one.name, one.before, one.after);
    }
    row("total", diff.before.total.latency.median, diff.after.total.latency.median);
    return table;
}

}  // namespace berth
