// Scenario differences as text, as JSON, and as a folder with a picture and a page.
#include "berth/report/scenario_diff_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "report/json_values.h"
#include "report/page/diff_page.h"
#include "report/page/written_page.h"
#include "report/plot_waterfall.h"
#include "report/scenario_diff_tables.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kMostSilent = 12;  // listed inputs without effect

bool only_in_origin(const DiffStep& step) { return std::ranges::all_of(step.inputs, &InputDifference::origin); }

// Inputs without effect: the first ones and their count, since most of a chip's hundred numbers do not affect one
// question.
std::string silent_text(const ScenarioDiff& diff, TextWidth width) {
    std::string silent;
    std::size_t listed = 0, more = 0;
    std::vector<std::string> same_value;
    for (const DiffStep& step : diff.steps) {
        const auto why = std::ranges::find(diff.warnings, step.inputs.front().path, &Warning::path);
        if (is_in_table(step) || !answers_text(step.answers).empty()) {
            continue;
        }
        if (why == diff.warnings.end() && only_in_origin(step) && step.answers.empty()) {
            std::ranges::transform(step.inputs, std::back_inserter(same_value), &InputDifference::path);
        } else if (why == diff.warnings.end() && listed == kMostSilent) {
            more += step.inputs.size();
        } else {
            listed += why == diff.warnings.end() ? 1 : 0;
            const std::string reason = why != diff.warnings.end() ? "; " + why->text
                                       : step.answers.empty()     ? ""
                                                                  : "; less than the digits that are shown here";
            silent += wrapped(inputs_text(step.inputs) + reason, 4, width);
        }
    }
    if (more > 0) {
        silent += wrapped(fmt::format("and {} more, which JSON lists", more), 4, width);
    }
    if (!same_value.empty()) {
        const std::size_t shown = std::min(same_value.size(), kMostSilent);
        const std::string others =
            shown == same_value.size() ? "" : fmt::format(", and {} more, which JSON lists", same_value.size() - shown);
        silent += wrapped(
            fmt::format("the same value on both sides, but not the same spread and origin: {}{}",
                        fmt::join(same_value.begin(), same_value.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                        others),
            4, width);
    }
    if (silent.empty()) {
        return "";
    }
    return "\n" +
           wrapped(diff.answers_by_step
                       ? "Inputs that differ and change nothing in the answer:"
                       : "Inputs that differ and change neither the total nor a decision (they are too many to "
                         "simulate the stream for each):",
                   2, width) +
           silent;
}

// Inputs that do not change the total, and their other effects.
std::string other_steps_text(const ScenarioDiff& diff, TextWidth width) {
    std::string others;
    for (const DiffStep& step : diff.steps) {
        if (const std::string answers = answers_text(step.answers); !answers.empty()) {
            others += wrapped(fmt::format("{}: {}", inputs_text(step.inputs), answers), 4, width);
        }
    }
    return (others.empty() ? "" : "\n  Inputs that leave the total as it is:\n" + others) + silent_text(diff, width);
}

Json moves_json(const std::vector<DecisionChange>& moves) {
    return json_array(moves, [](const DecisionChange& move) {
        return Json{{"stage", move.stage}, {"before", json_text(move.before)}, {"after", json_text(move.after)}};
    });
}

Json answers_json(const std::vector<AnswerChange>& answers) {
    return json_array(answers, [](const AnswerChange& one) {
        return Json{{"answer", one.answer.key}, {"before", json_number(one.before)}, {"after", json_number(one.after)}};
    });
}

Json side_json(const ScenarioResult& result) {
    Json json;
    json["scenario"] = result.scenario;
    json["title"] = title_of(result.scenario, result.changes);
    json["hardware"] = result.hardware;
    add_estimate(json, result.total.latency);
    return json;
}

}  // namespace

std::string diff_text(const ScenarioDiff& diff, TextWidth width) {
    std::string text = wrapped(
        fmt::format("{} ({}) -> {} ({})", title_of(diff.before.scenario, diff.before.changes), diff.before.hardware,
                    title_of(diff.after.scenario, diff.after.changes), diff.after.hardware),
        0, width);
    text += wrapped(total_sentence(diff), 0, width);
    if (!diff.decisions.empty()) {
        text += wrapped(fmt::format("Moves: {}.", moves_text(diff.decisions)), 0, width);
    }
    if (const std::string answers = answers_text(diff.answers); !answers.empty()) {
        text += wrapped(fmt::format("Other answers: {}.", answers), 0, width);
    }
    if (diff.steps.empty()) {
        return text + "\nNo input differs.\n";
    }
    if (std::ranges::none_of(diff.steps, is_in_table)) {
        return text + other_steps_text(diff, width);
    }
    return text + "\n" + diff_step_rows(diff).text(2, width) + other_steps_text(diff, width) + "\n" +
           wrapped(
               "Inputs are changed one after the other; the steps add up to the total, and another order would "
               "attribute it differently.",
               2, width) +
           "\n" + diff_class_rows(diff).text(2, width);
}

std::string diff_json(const ScenarioDiff& diff) { return json_document(json_of(diff)); }

Json json_of(const ScenarioDiff& diff) {
    Json json;
    json["before"] = side_json(diff.before);
    json["after"] = side_json(diff.after);
    const Time change = diff.after.total.latency.median - diff.before.total.latency.median;
    json["change_ms"] = json_milliseconds(change);
    json["decisions"] = moves_json(diff.decisions);
    json["warnings"] = json_warnings(diff.warnings);
    json["answers"] = answers_json(diff.answers);
    json["answers_by_step"] = diff.answers_by_step;
    json["steps"] = Json::array();
    for (const DiffStep& step : diff.steps) {
        Json inputs = json_array(step.inputs, [](const InputDifference& input) {
            return Json{{"path", input.path}, {"before", input.before}, {"after", input.after}};
        });
        json["steps"].push_back({{"inputs", std::move(inputs)},
                                 {"before_ms", json_milliseconds(step.before)},
                                 {"after_ms", json_milliseconds(step.after)},
                                 {"change_ms", json_milliseconds(step.after - step.before)},
                                 {"decisions", moves_json(step.decisions)},
                                 {"answers", answers_json(step.answers)},
                                 {"without_effect", step.without_effect()}});
    }
    json["classes"] = json_array(diff.classes, [](const ClassDifference& one) {
        return Json{{"class", one.name},
                    {"before_ms", json_milliseconds(one.before)},
                    {"after_ms", json_milliseconds(one.after)},
                    {"change_ms", json_milliseconds(one.after - one.before)}};
    });
    return json;
}

void write_diff(const std::filesystem::path& directory, const ScenarioDiff& diff, const Provenance& provenance,
                Diagnostics& diagnostics) {
    const auto pictures = write_forms(directory, "diff", {diff_text(diff), diff_json(diff)}, {waterfall_drawing(diff)},
                                      provenance, diagnostics);
    write_page(directory, "diff", diff_page(diff, pictures, provenance), diagnostics);
}

}  // namespace berth
