// A Pareto front as a table, JSON, CSV, and a picture of its first two goals.
#include "berth/report/optimise_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mapped.h"
#include "berth/base/atomic_file.h"
#include "berth/base/quantity_text.h"
#include "berth/report/sweep_report.h"
#include "berth/report/warnings_report.h"
#include "report/dropped.h"
#include "report/json_values.h"
#include "report/page/written_page.h"
#include "report/sweep_cells.h"
#include "report/sweep_front.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kPointsShown = 24;

// Calls `of` for each stage that generates text.
template <class Of>
void each_text_stage(const Sweep& sweep, const Of& of) {
    for (std::size_t s = 0; s < sweep.stages().size(); ++s) {
        if (sweep.generates(s)) {
            of(s, sweep.stages()[s]);
        }
    }
}

std::string pace_cell(const std::optional<double>& value) { return value ? number_text(*value, 4) : "-"; }

/// Value of a goal in the table, where a cost with a unit gets a fitting SI prefix.
std::string cell(const OptimiseQuestion& question, double value, Goal goal) {
    const bool has_unit = goal == Goal::kCost && !cost_unit(question).empty();
    return has_unit ? quantity_text(shown(value, goal), question.cost->dimension())
                    : number_text(shown(value, goal), 4);
}

// Settings of a point as the user types them, one per line.
std::string setting_lines(const Sweep& sweep, const DesignPoint& point) {
    std::string text;
    const auto values = sweep.values(point.at);
    for (std::size_t a = 0; a < values.size(); ++a) {
        text += fmt::format("  --set '{}={}'\n", sweep.axes()[a].path, values[a]);
    }
    return text;
}

// Indices of the shown rows of a long front: both ends, and evenly spaced ones in between.
std::vector<std::size_t> shown_rows(std::size_t count) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < std::min(count, kPointsShown); ++i) {
        rows.push_back(count <= kPointsShown ? i : i * (count - 1) / (kPointsShown - 1));
    }
    return rows;
}

std::string front_table(const Sweep& sweep, const OptimiseQuestion& question, const OptimiseAnswer& answer,
                        TextWidth width) {
    TextTable table{left("")};
    for (const Goal goal : question.goals) {
        table.column(goal == Goal::kCost ? "cost" : axis_name(question, goal), Align::kRight);
    }
    each_text_stage(sweep, [&table](std::size_t, const std::string& stage) {
        table.column(stage + " first token (ms)", Align::kRight);
        table.column("tokens/s", Align::kRight);
    });
    for (const SweepAxis& axis : sweep.axes()) {
        table.column(short_name(axis), Align::kRight);
    }
    for (const std::size_t i : shown_rows(answer.front.size())) {
        const DesignPoint& point = answer.front[i];
        std::vector<std::string> row{answer.best == i ? "*" : ""};
        for (const Goal goal : question.goals) {
            row.push_back(cell(question, point.values[static_cast<std::size_t>(goal)], goal));
        }
        each_text_stage(sweep, [&](std::size_t s, const std::string&) {
            row.push_back(pace_cell(first_token_ms(point.paces[s])));
            row.push_back(pace_cell(tokens_per_second(point.paces[s])));
        });
        for (const std::string& value : sweep.values(point.at)) {
            row.push_back(value);
        }
        table.row(std::move(row));
    }
    return table.text(2, width);
}

// "No point is within the limits. Least latency of any point: 17.4 ms (limit 1 ms)."
std::string missed_limits_text(const OptimiseQuestion& question, const OptimiseAnswer& answer, TextWidth width) {
    std::string text = "No point is within the limits.";
    for (const auto& row : kGoalNames) {
        const auto goal = static_cast<std::size_t>(row.value);
        if (!answer.least[goal]) {
            continue;
        }
        text += fmt::format(" Least {} of any point: {} (limit {}).", axis_name(question, row.value),
                            cell(question, *answer.least[goal], row.value),
                            cell(question, *question.limits[goal], row.value));
    }
    return wrapped(text, 0, width);
}

Json point_json(const Sweep& sweep, const OptimiseQuestion& question, const DesignPoint& point) {
    Json json;
    const auto values = sweep.values(point.at);
    for (std::size_t a = 0; a < values.size(); ++a) {
        json[sweep.axes()[a].path] = json_of_yaml(values[a]);
    }
    for (const Goal goal : question.goals) {
        json[std::string(words_of(goal).column)] = json_number(shown(point, goal));
    }
    for (std::size_t s = 0; s < point.placed.size(); ++s) {
        json[sweep.stages()[s] + ".chosen"] = json_text(point.placed[s]);
    }
    each_text_stage(sweep, [&](std::size_t s, const std::string& stage) {
        json[stage + ".ttft_ms"] = json_number(first_token_ms(point.paces[s]));
        json[stage + ".tokens_per_s"] = json_number(tokens_per_second(point.paces[s]));
    });
    return json;
}

/// Legend of the table: the full path behind each column.
std::string columns_text(const Sweep& sweep, TextWidth width) {
    std::string text;
    for (const SweepAxis& axis : sweep.axes()) {
        text +=
            short_name(axis) == axis.path ? "" : wrapped(fmt::format("{}: {}", short_name(axis), axis.path), 0, width);
    }
    return text;
}

}  // namespace

std::string optimise_text(const Sweep& sweep, const OptimiseQuestion& question, const OptimiseAnswer& answer,
                          TextWidth width) {
    std::string text =
        fmt::format("{} points: {} run, {} within the limits\n", answer.points, answer.running, answer.allowed);
    for (const std::string& line : dropped_texts(sweep, answer.dropped)) {
        text += wrapped(line, 2, width);
    }
    text += "\n";
    const std::string warnings = warnings_text(answer.warnings, width);
    text += warnings.empty() ? "" : warnings + "\n";
    if (!answer.best) {
        return text + (answer.running == 0 ? "No point runs and has every goal.\n"
                                           : missed_limits_text(question, answer, width));
    }
    const DesignPoint& best = answer.front[*answer.best];
    text += fmt::format("Least {}:\n{}", choice_name(kGoalNames, question.goals.front()), setting_lines(sweep, best));
    text += "\n" + front_table(sweep, question, answer, width);
    std::string note = "Rows are the Pareto-optimal points within the limits.";
    if (answer.front.size() > kPointsShown) {
        note +=
            fmt::format(" {} of {} Pareto points shown; --format csv lists all.", kPointsShown, answer.front.size());
    }
    return text + "\n" + columns_text(sweep, width) + wrapped(note, 0, width);
}

std::string optimise_json(const Sweep& sweep, const OptimiseQuestion& question, const OptimiseAnswer& answer) {
    Json json;
    json["points"] = answer.points;
    json["running"] = answer.running;
    json["allowed"] = answer.allowed;
    json["dropped"] = dropped_json(sweep, answer.dropped);
    json["goals"] = json_array(question.goals, [&](const Goal goal) { return choice_name(kGoalNames, goal); });
    json["cost_unit"] = question.cost ? Json(cost_unit(question)) : Json(nullptr);
    json["warnings"] = json_warnings(answer.warnings);
    json["best"] = answer.best ? point_json(sweep, question, answer.front[*answer.best]) : Json(nullptr);
    json["front"] =
        json_array(answer.front, [&](const DesignPoint& point) { return point_json(sweep, question, point); });
    return json_document(json);
}

std::string optimise_csv(const Sweep& sweep, const OptimiseQuestion& question, const OptimiseAnswer& answer) {
    std::vector<CsvColumn> columns = mapped<CsvColumn>(sweep.axes(), &SweepAxis::path);
    const std::string unit = cost_unit(question);
    for (const Goal goal : question.goals) {
        columns.emplace_back(std::string(words_of(goal).column));
        if (goal == Goal::kCost && !unit.empty()) {
            columns.emplace_back("cost_unit");
        }
    }
    for (const std::string& stage : sweep.stages()) {
        columns.emplace_back(stage + ".chosen");
    }
    each_text_stage(sweep, [&columns](std::size_t, const std::string& stage) {
        columns.insert(columns.end(), {stage + ".ttft_ms", stage + ".tokens_per_s"});
    });
    const Json rows = json_array(answer.front, [&](const DesignPoint& point) {
        Json row = point_json(sweep, question, point);
        const auto values = sweep.values(point.at);
        for (std::size_t a = 0; a < values.size(); ++a) {
            row[sweep.axes()[a].path] = values[a];
        }
        return row;
    });
    return csv_of(columns, rows, {{"cost_unit", unit}});
}

void write_optimise(const std::filesystem::path& directory, const Sweep& sweep, const OptimiseQuestion& question,
                    const OptimiseAnswer& answer, const Provenance& provenance, Diagnostics& diagnostics) {
    write_file(directory / "front.csv", optimise_csv(sweep, question, answer), diagnostics);
    auto drawings = front_drawings(sweep, question, answer);
    if (drawings.empty() && question.goals.size() > 1) {
        diagnostics.warning(SourceLocation((directory / "front.png").string()),
                            "not drawn: no point is within the limits");
    }
    write_forms(directory, "optimise", {optimise_text(sweep, question, answer), optimise_json(sweep, question, answer)},
                std::move(drawings), provenance, diagnostics);
}

}  // namespace berth
