// Crossovers as sentences and a table, as JSON and CSV.
#include "berth/report/crossover_report.h"
#include "berth/base/brief_text.h"

#include <fmt/format.h>

#include "base/mapped.h"
#include "berth/analysis/dropped_points.h"
#include "berth/base/quantity_text.h"
#include "berth/report/warnings_report.h"
#include "report/json_values.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

std::string_view winner(const CrossoverQuestion& question, bool first) {
    return first ? question.between.first : question.between.second;
}

std::string certainty(const CrossoverQuestion& question, const Crossing& crossing) {
    const auto& range = question.range;
    const auto side = [&](const std::optional<double>& value, std::string_view where, bool first) {
        return value ? fmt::format("{} {} {}", winner(question, first), where, range.shown(*value))
                     : fmt::format("{} at no value on its side", winner(question, first));
    };
    return fmt::format("With 90 % confidence: {}; {}.", side(crossing.sure_below, "up to", crossing.first_below),
                       side(crossing.sure_above, "from", !crossing.first_below));
}

std::string sentence(const CrossoverQuestion& question, const Crossing& crossing) {
    const auto& range = question.range;
    return fmt::format("{} is faster up to {}, {} from {} on. {}", winner(question, crossing.first_below),
                       range.shown(crossing.below), winner(question, !crossing.first_below),
                       range.shown(crossing.above), certainty(question, crossing));
}

std::string no_crossing(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
    for (const CrossoverPoint& point : answer.points) {
        if (point.first_is_faster) {
            return fmt::format("{} is faster over the whole range.", winner(question, point.first_wins()));
        }
    }
    return "At no value of the range can both devices run the model.";
}

std::string point_table(const CrossoverQuestion& question, const CrossoverAnswer& answer, TextWidth width) {
    const std::string& path = question.range.path;
    TextTable table{right(path.substr(path.rfind('.') + 1), question.between.first, question.between.second),
                    left("faster"), right("probability")};
    const auto cell = [](const std::optional<Estimate<Time>>& time) {
        return time ? brief(time->median) : std::string("-");
    };
    for (const CrossoverPoint& point : answer.points) {
        const bool both = point.first_is_faster.has_value();
        const bool first = both && point.first_wins();
        const double probability = !both ? 0 : first ? *point.first_is_faster : 1 - *point.first_is_faster;
        table.row({question.range.text(point.value), cell(point.first), cell(point.second),
                   both ? std::string(winner(question, first)) : "-", both ? share_text(probability) : "-"});
    }
    return table.text(2, width);
}

// Reasons why a device cannot run, each with one value as an example.
std::string why_not_text(const CrossoverQuestion& question, const CrossoverAnswer& answer, TextWidth width) {
    DroppedCount dropped;
    for (std::size_t i = 0; i < answer.points.size(); ++i) {
        if (!answer.points[i].why_not.empty()) {
            dropped.add(i, answer.points[i].why_not);
        }
    }
    std::string text;
    for (const DroppedPoints& row : dropped.rows()) {
        text += wrapped(fmt::format("{} of {} values: {} (such as {}={})", row.count, answer.points.size(), row.reason,
                                    question.range.path, question.range.text(answer.points[row.example].value)),
                        2, width);
    }
    return text.empty() ? "" : "\n" + text;
}

// Column names and times of both devices.
std::vector<std::pair<std::string, std::optional<Time>>> times_of(const CrossoverQuestion& question,
                                                                  const CrossoverPoint& point) {
    std::vector<std::pair<std::string, std::optional<Time>>> times;
    const auto add = [&times](const std::string& device, const std::optional<Estimate<Time>>& estimate) {
        times.emplace_back(device + "_ms", estimate ? std::optional(estimate->median) : std::nullopt);
        times.emplace_back(device + "_low_ms", estimate ? std::optional(estimate->low) : std::nullopt);
        times.emplace_back(device + "_high_ms", estimate ? std::optional(estimate->high) : std::nullopt);
    };
    add(question.between.first, point.first);
    add(question.between.second, point.second);
    return times;
}

Json points_json(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
    return json_array(answer.points, [&](const CrossoverPoint& point) {
        Json row{{"value", json_number(point.value)}};
        for (const auto& [name, time] : times_of(question, point)) {
            row[name] = json_milliseconds(time);
        }
        row["probability"] = json_number(point.first_is_faster);
        row["why_not"] = json_text(point.why_not);
        return row;
    });
}

}  // namespace

std::vector<std::string> crossover_sentences(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
    auto sentences =
        mapped<std::string>(answer.crossings, [&](const Crossing& crossing) { return sentence(question, crossing); });
    return sentences.empty() ? std::vector{no_crossing(question, answer)} : sentences;
}

std::string crossover_text(const CrossoverQuestion& question, const CrossoverAnswer& answer, TextWidth width) {
    const auto& range = question.range;
    const std::string subject =
        fmt::format("{}: {} or {}, {} from {} to {}", question.stage, question.between.first, question.between.second,
                    range.path, range.text(range.from), range.text(range.to));
    std::string text = wrapped(title_of(subject, setting_changes(question.base)), 0, width) + "\n";
    for (const std::string& one : crossover_sentences(question, answer)) {
        text += wrapped(one, 2, width);
    }
    const std::string warnings = warnings_text(answer.warnings, width);
    text += warnings.empty() ? "" : "\n" + warnings;
    return text + "\n" + point_table(question, answer, width) + why_not_text(question, answer, width) + "\n" +
           wrapped("Times are of one pass. Two crossings between neighbouring rows would go unnoticed.", 0, width);
}

std::string crossover_json(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
    Json json;
    json["stage"] = question.stage;
    json["path"] = question.range.path;
    json["unit"] = json_text(question.range.unit);
    json["between"] = {question.between.first, question.between.second};
    json["crossings"] = json_array(answer.crossings, [&](const Crossing& crossing) {
        return Json{{"below", json_number(crossing.below)},
                    {"above", json_number(crossing.above)},
                    {"faster_below", winner(question, crossing.first_below)},
                    {"faster_above", winner(question, !crossing.first_below)},
                    {"sure_below", json_number(crossing.sure_below)},
                    {"sure_above", json_number(crossing.sure_above)}};
    });
    json["warnings"] = json_warnings(answer.warnings);
    json["points"] = points_json(question, answer);
    return json_document(json);
}

std::string crossover_csv(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
    Json rows = points_json(question, answer);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i]["value"] = question.range.text(answer.points[i].value);
    }
    std::vector<CsvColumn> columns{{question.range.path, {"value"}}};
    for (const auto& column : times_of(question, {})) {
        columns.emplace_back(column.first);
    }
    columns.insert(columns.end(), {"probability", "why_not"});
    return csv_of(columns, rows);
}

}  // namespace berth
