// What differs as tables, as JSON, and as bars that start where the one before ended.
#include "berth/scenario_diff_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "berth/atomic_file.h"
#include "berth/quantity_text.h"
#include "report/json_values.h"
#include "report/plot_rows.h"
#include "report/plot_waterfall.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kLabelColumns = 64;
constexpr std::size_t kBriefValue = 20;
constexpr std::size_t kValueColumns = 60;  // of a source or a description; JSON has all of it
constexpr std::size_t kMostSilent = 12;    // inputs without effect that a text names
constexpr double kStepHalf = 0.34;
constexpr double kShownChange = 1e-4;  // of the total: less is none
constexpr double kSmallStep = 0.01;    // of the total: less is told together with its neighbours
constexpr std::string_view kFasterColor = "#009E73";
constexpr std::string_view kSlowerColor = "#D55E00";
constexpr std::string_view kTotalColor = "#0072B2";

bool matters(Time change, Time total) { return std::max(change, Time{} - change) >= kShownChange * total; }

// In the digits that matter beside a total.
std::string signed_text(Time change, Time total, TimeUnit unit) {
    return matters(change, total) ? (change > Time{} ? "+" : "") + unit.text(change) : unit.text(Time{});
}

// The larger of both totals.
Time scale_of(const ScenarioDiff& diff) {
    return std::max(diff.before.total.latency.median, diff.after.total.latency.median);
}

// Times of both sides are read beside each other.
TimeUnit unit_of(const ScenarioDiff& diff) { return TimeUnit(scale_of(diff)); }

std::string signed_share(Time change, Time of) {
    const double share = change / of;
    return fmt::format("{}{}", share > 0 ? "+" : "", percent_text(with_digits(share, 3), 3));
}

std::string move_text(const DecisionChange& move) {
    return fmt::format("{} from {} to {}", move.stage, move.before, move.after);
}

std::string moves_text(const std::vector<DecisionChange>& moves) {
    std::vector<std::string> texts;
    for (const DecisionChange& move : moves) {
        texts.push_back(move_text(move));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::string inputs_text(const std::vector<InputDifference>& inputs) {
    std::vector<std::string> texts;
    for (const InputDifference& input : inputs) {
        texts.push_back(fmt::format("{}: {} -> {}", input.path, shortened(input.before, kValueColumns),
                                    shortened(input.after, kValueColumns)));
    }
    return fmt::format("{}", fmt::join(texts, "; "));
}

/// Those that moved the total or a decision; the others stand below.
bool is_in_table(const DiffStep& step) { return step.answers.empty() && !step.without_effect(); }

/// The last steps of each path, which tell inputs of one picture apart, and where a stage moves.
std::string brief_inputs(const DiffStep& step) {
    std::vector<std::string> texts;
    for (const InputDifference& input : step.inputs) {
        std::string_view path = input.path;
        for (const std::string_view known :
             {kHardwarePrefix, std::string_view("devices."), std::string_view("memory.")}) {
            path.remove_prefix(path.starts_with(known) ? known.size() : 0);
        }
        texts.push_back(fmt::format("{}: {} -> {}", path, shortened(input.before, kBriefValue),
                                    shortened(input.after, kBriefValue)));
    }
    std::string text = fmt::format("{}", fmt::join(texts, "; "));
    for (const DecisionChange& move : step.decisions) {
        text += fmt::format(" ({} to {})", move.stage, move.after);
    }
    return text;
}

/// A row of the table and of the waterfall: one step, or several that follow each other and do little.
struct ShownStep {
    std::string label, moves, brief;  ///< brief: for a picture
    Time before, after;
    std::size_t small = 0;  ///< steps that are in it because they do little
};

/// Small steps one after the other are one row, which names their inputs.
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
            group.brief = fmt::format("{} small ones", group.small);
        } else {
            shown.push_back({inputs_text(step.inputs), moves_text(step.decisions), brief_inputs(step), step.before,
                             step.after, small ? std::size_t{1} : 0});
        }
    }
    return shown;
}

std::string step_table(const ScenarioDiff& diff, TextWidth width) {
    TextTable table;
    table.column("input", Align::kLeft, Fit::kWrapPaths);
    table.column("change", Align::kRight);
    table.column("total", Align::kRight);
    table.column("moves", Align::kLeft, Fit::kWrap);
    const Time before = diff.before.total.latency.median;
    const TimeUnit unit = unit_of(diff);
    table.row({diff.before.scenario, "", unit.text(before), ""});
    for (const ShownStep& step : shown_steps(diff)) {
        table.row({step.label, signed_text(step.after - step.before, scale_of(diff), unit), unit.text(step.after),
                   step.moves});
    }
    return table.text(2, width);
}

struct AnswerName {
    std::string_view answer, text;
};
constexpr std::array<AnswerName, 16> kAnswerNames{{
    {"low_ms", "5 % end of the total"},
    {"high_ms", "95 % end of the total"},
    {"energy_mj", "energy"},
    {"meets_budget", "budget met by the median"},
    {"budget_probability", "probability of meeting the budget"},
    {"simulated_per_s", "requests per second"},
    {"upper_bound_per_s", "bound of the requests per second"},
    {"stable", "stream is stable"},
    {"sustainable_per_s", "sustainable requests per second"},
    {"throughput_per_s", "completed requests per second"},
    {"mean_ms", "mean latency"},
    {"p50_ms", "median latency"},
    {"p95_ms", "p95"},
    {"p99_ms", "p99"},
    {"within_budget", "share of requests within the budget"},
    {".within_budget", "share within the budget of "},
}};

std::string answer_name(const std::string& answer) {
    for (const AnswerName& row : kAnswerNames) {
        if (row.answer == answer) {
            return std::string(row.text);
        }
    }
    const AnswerName& of_stage = kAnswerNames.back();
    return answer.ends_with(of_stage.answer)
               ? std::string(of_stage.text) + answer.substr(0, answer.size() - of_stage.answer.size())
               : answer;
}

std::string value_text(const std::string& answer, const std::optional<double>& value) {
    if (!value) {
        return "none";
    }
    if (answer.ends_with("_ms")) {
        return brief(milliseconds(*value));
    }
    if (answer.ends_with("_mj")) {
        return brief(millijoules(*value));
    }
    if (answer == "stable" || answer == "meets_budget") {
        return *value > 0 ? "yes" : "no";
    }
    return answer.ends_with("_per_s") ? number_text(*value, 4) : share_text(*value);
}

// Those that change in the digits that are printed.
std::string answers_text(const std::vector<AnswerChange>& answers) {
    std::vector<std::string> texts;
    for (const AnswerChange& one : answers) {
        const std::string name = answer_name(one.answer);
        const std::string after = value_text(one.answer, one.after);
        if (one.before && value_text(one.answer, one.before) == after) {
            continue;
        }
        texts.push_back(one.before ? fmt::format("{} {} -> {}", name, value_text(one.answer, one.before), after)
                                   : fmt::format("{} {} (none before)", name, after));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

bool only_in_origin(const DiffStep& step) { return std::ranges::all_of(step.inputs, &InputDifference::origin); }

// A chip has a hundred numbers, of which most do nothing for one question: the first ones, and how many there are.
std::string silent_text(const ScenarioDiff& diff, TextWidth width) {
    std::string silent;
    std::size_t same_value = 0, listed = 0, more = 0;
    for (const DiffStep& step : diff.steps) {
        const auto why = std::ranges::find(diff.warnings, step.inputs.front().path, &Warning::path);
        if (is_in_table(step) || !answers_text(step.answers).empty()) {
            continue;
        }
        if (why == diff.warnings.end() && only_in_origin(step)) {
            same_value += step.inputs.size();
        } else if (why == diff.warnings.end() && listed == kMostSilent) {
            more += step.inputs.size();
        } else {
            listed += why == diff.warnings.end() ? 1 : 0;
            silent +=
                wrapped(inputs_text(step.inputs) + (why == diff.warnings.end() ? "" : "; " + why->text), 4, width);
        }
    }
    if (more > 0) {
        silent += wrapped(fmt::format("and {} more, which JSON lists", more), 4, width);
    }
    if (same_value > 0) {
        silent += wrapped(fmt::format("{} {} the same value on both sides, but not the same spread and origin",
                                      same_value, same_value == 1 ? "number has" : "numbers have"),
                          4, width);
    }
    return silent.empty() ? "" : "\n  Inputs that differ and change nothing in the answer:\n" + silent;
}

// Inputs that leave the total as it is, and what they do instead.
std::string other_steps_text(const ScenarioDiff& diff, TextWidth width) {
    std::string others;
    for (const DiffStep& step : diff.steps) {
        if (const std::string answers = answers_text(step.answers); !answers.empty()) {
            others += wrapped(fmt::format("{}: {}", inputs_text(step.inputs), answers), 4, width);
        }
    }
    return (others.empty() ? "" : "\n  Inputs that leave the total as it is:\n" + others) + silent_text(diff, width);
}

std::string class_table(const ScenarioDiff& diff, TextWidth width) {
    TextTable table;
    table.column("class", Align::kLeft);
    for (const char* heading : {"before", "after", "change"}) {
        table.column(heading, Align::kRight);
    }
    const TimeUnit unit = unit_of(diff);
    const auto row = [&](const std::string& name, Time before, Time after) {
        table.row({name, unit.text(before), unit.text(after), signed_text(after - before, scale_of(diff), unit)});
    };
    for (const ClassDifference& one : diff.classes) {
        row(one.name, one.before, one.after);
    }
    row("total", diff.before.total.latency.median, diff.after.total.latency.median);
    return table.text(2, width);
}

Json moves_json(const std::vector<DecisionChange>& moves) {
    Json json = Json::array();
    for (const DecisionChange& move : moves) {
        json.push_back({{"stage", move.stage}, {"before", json_text(move.before)}, {"after", json_text(move.after)}});
    }
    return json;
}

Json answers_json(const std::vector<AnswerChange>& answers) {
    Json json = Json::array();
    for (const AnswerChange& one : answers) {
        json.push_back(
            {{"answer", one.answer}, {"before", json_number(one.before)}, {"after", json_number(one.after)}});
    }
    return json;
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

Drawing waterfall_drawing(const ScenarioDiff& diff) {
    struct Floating {
        double from = 0, to = 0;
        std::string_view color;
    };
    std::vector<Row> rows;
    std::vector<Floating> bars;
    const auto add = [&](const std::string& label, const std::string& note, Time from, Time to,
                         std::string_view color) {
        const auto [least, most] = std::minmax({in_milliseconds(from), in_milliseconds(to)});
        rows.push_back({shortened(label, kLabelColumns), note, most, false});
        bars.push_back({least, most, color});
    };
    const Time before = diff.before.total.latency.median;
    const Time after = diff.after.total.latency.median;
    const TimeUnit unit = unit_of(diff);
    const bool chips = diff.before.hardware != diff.after.hardware;
    add("before: " + (chips ? diff.before.hardware : diff.before.scenario), unit.text(before), Time{}, before,
        kTotalColor);
    for (const ShownStep& step : shown_steps(diff)) {
        const Time change = step.after - step.before;
        if (!matters(change, scale_of(diff)) && step.moves.empty()) {
            continue;
        }
        add(step.brief, signed_text(change, scale_of(diff), unit), step.before, step.after,
            change > Time{} ? kSlowerColor : kFasterColor);
    }
    const bool same_name = diff.before.scenario == diff.after.scenario;
    add("after: " + (chips       ? diff.after.hardware
                     : same_name ? "with the changes"
                                 : diff.after.scenario),
        unit.text(after), Time{}, after, kTotalColor);
    const std::vector<LegendEntry> legend{{LegendMark::kBox, std::string(kTotalColor), "total"},
                                          {LegendMark::kBox, std::string(kFasterColor), "faster"},
                                          {LegendMark::kBox, std::string(kSlowerColor), "slower"}};
    const RowFrame frame =
        row_frame(rows, "Effect of each input on the latency\n" + title_of(diff.after.scenario, diff.after.changes),
                  "latency of a request (ms)", legend);
    std::string data;
    std::string clauses;
    for (const LegendEntry& entry : legend) {
        std::vector<Cell> cells;
        for (std::size_t i = 0; i < bars.size(); ++i) {
            if (bars[i].color == entry.color && bars[i].to > bars[i].from) {
                cells.push_back({frame.middle[i], kStepHalf, bars[i].from, bars[i].to});
            }
        }
        if (!cells.empty()) {
            const std::string name = fmt::format("$bars{}", &entry - legend.data());
            data += cell_data(name, cells);
            clauses += (clauses.empty() ? "" : ", ") + cell_clause(name, entry.color);
        }
    }
    return {{"waterfall", "Effect of each input on the latency, changed one after the other."},
            frame.canvas.height,
            frame.canvas.commands + data + "plot " + clauses + "\n"};
}

std::string diff_text(const ScenarioDiff& diff, TextWidth width) {
    const Estimate<Time>& before = diff.before.total.latency;
    const Estimate<Time>& after = diff.after.total.latency;
    const Time change = after.median - before.median;
    std::string text = wrapped(
        fmt::format("{} ({}) -> {} ({})", title_of(diff.before.scenario, diff.before.changes), diff.before.hardware,
                    title_of(diff.after.scenario, diff.after.changes), diff.after.hardware),
        0, width);
    text +=
        wrapped(fmt::format("Total {} -> {}: {}, {}.", estimate_text(before), estimate_text(after),
                            signed_text(change, scale_of(diff), unit_of(diff)), signed_share(change, before.median)),
                0, width);
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
    return text + "\n" + step_table(diff, width) + other_steps_text(diff, width) + "\n" +
           wrapped(
               "Inputs are changed one after the other; the steps add up to the total, and another order would "
               "attribute it differently.",
               2, width) +
           "\n" + class_table(diff, width);
}

std::string diff_json(const ScenarioDiff& diff) {
    Json json;
    json["before"] = side_json(diff.before);
    json["after"] = side_json(diff.after);
    const Time change = diff.after.total.latency.median - diff.before.total.latency.median;
    json["change_ms"] = json_milliseconds(change);
    json["decisions"] = moves_json(diff.decisions);
    json["warnings"] = json_warnings(diff.warnings);
    json["answers"] = answers_json(diff.answers);
    json["steps"] = Json::array();
    for (const DiffStep& step : diff.steps) {
        Json inputs = Json::array();
        for (const InputDifference& input : step.inputs) {
            inputs.push_back({{"path", input.path}, {"before", input.before}, {"after", input.after}});
        }
        json["steps"].push_back({{"inputs", std::move(inputs)},
                                 {"before_ms", json_milliseconds(step.before)},
                                 {"after_ms", json_milliseconds(step.after)},
                                 {"change_ms", json_milliseconds(step.after - step.before)},
                                 {"decisions", moves_json(step.decisions)},
                                 {"answers", answers_json(step.answers)},
                                 {"without_effect", step.without_effect()}});
    }
    json["classes"] = Json::array();
    for (const ClassDifference& one : diff.classes) {
        json["classes"].push_back({{"class", one.name},
                                   {"before_ms", json_milliseconds(one.before)},
                                   {"after_ms", json_milliseconds(one.after)},
                                   {"change_ms", json_milliseconds(one.after - one.before)}});
    }
    return json_document(json);
}

bool write_diff(const std::filesystem::path& directory, const ScenarioDiff& diff, const Provenance& provenance,
                Diagnostics& diagnostics) {
    const std::size_t before = diagnostics.error_count();
    write_file(directory / "diff.txt", with_provenance_text(diff_text(diff), provenance), diagnostics);
    write_file(directory / "diff.json", with_provenance(diff_json(diff), provenance), diagnostics);
    static_cast<void>(draw_all(directory, {waterfall_drawing(diff)}, diagnostics));
    return diagnostics.error_count() == before;
}

}  // namespace berth
