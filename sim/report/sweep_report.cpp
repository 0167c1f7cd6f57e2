// One row or object per point of a sweep.
#include "berth/report/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/base/quantity_text.h"
#include "report/csv_values.h"
#include "report/dropped.h"
#include "report/json_values.h"
#include "report/sweep_cells.h"

namespace berth {

namespace {

/// Names of the columns, each followed by a comma.
struct CsvHeader {
    static constexpr bool kEveryColumn = true;
    std::string& line;
    void add(const std::string& name) { line += csv_field(name) + ","; }
    void number(const auto& name, const std::optional<double>& /*value*/) { add(name()); }
    void truth(const auto& name, const std::optional<bool>& /*value*/) { add(name()); }
    void text(const auto& name, const std::string& /*value*/) { add(name()); }
};

/// Cells of a CSV row, each followed by a comma.
struct CsvCells {
    static constexpr bool kEveryColumn = true;
    std::string& line;
    void number(const auto& /*name*/, const std::optional<double>& value) {
        if (value) {
            add_csv_number(*value, line);
        }
        line += ',';
    }
    void truth(const auto& /*name*/, const std::optional<bool>& value) {
        line += value ? (*value ? "true," : "false,") : ",";
    }
    void text(const auto& /*name*/, const std::string& value) { line.append(csv_field(value)).append(1, ','); }
};

/// Values of a point in JSON.
struct JsonCells {
    static constexpr bool kEveryColumn = false;
    Json& row;
    void number(const auto& name, const std::optional<double>& value) { row[name()] = json_number(value); }
    void truth(const auto& name, const std::optional<bool>& value) {
        row[name()] = value ? Json(*value) : Json(nullptr);
    }
    void text(const auto& name, const std::string& value) { row[name()] = json_text(value); }
};

}  // namespace

std::string sweep_csv_header(const Sweep& sweep) {
    std::string header;
    for (const SweepAxis& axis : sweep.axes()) {
        header += csv_field(axis.path) + ",";
    }
    each_sweep_cell(sweep, {}, CsvHeader{header});
    header.back() = '\n';
    return header;
}

SweepRows::SweepRows(const Sweep& sweep) : sweep_(sweep) {
    for (const SweepAxis& axis : sweep.axes()) {
        plain_.push_back(
            std::ranges::all_of(axis.values, [](const std::string& value) { return csv_field(value) == value; }));
    }
}

void SweepRows::add(std::size_t at, const SweepPoint& point, std::string& text) const {
    thread_local std::vector<std::size_t> places;
    sweep_.find_places(at, places);
    for (std::size_t a = 0; a < places.size(); ++a) {
        const std::string& value = sweep_.axes()[a].values[places[a]];
        text.append(plain_[a] ? value : csv_field(value)).append(1, ',');
    }
    each_sweep_cell(sweep_, point, CsvCells{text});
    text.back() = '\n';
}

std::vector<std::string> dropped_texts(const Sweep& sweep, const std::vector<DroppedPoints>& dropped) {
    constexpr std::size_t kMostReasons = 5;
    std::vector<std::string> texts;
    std::size_t rest = 0;
    for (const DroppedPoints& row : dropped) {
        if (texts.size() == kMostReasons) {
            rest += row.count;
            continue;
        }
        std::vector<std::string> settings;
        const auto values = sweep.values(row.example);
        for (std::size_t a = 0; a < values.size(); ++a) {
            settings.push_back(fmt::format("{}={}", sweep.axes()[a].path, values[a]));
        }
        texts.push_back(fmt::format("{} of {} points: {} (such as {})", row.count, sweep.size(), row.reason,
                                    fmt::join(settings, " ")));
    }
    if (rest > 0) {
        texts.push_back(fmt::format("{} of {} points: other reasons", rest, sweep.size()));
    }
    return texts;
}

Json dropped_json(const Sweep& sweep, const std::vector<DroppedPoints>& dropped) {
    Json rows = Json::array();
    for (const DroppedPoints& row : dropped) {
        Json example = Json::object();
        const auto values = sweep.values(row.example);
        for (std::size_t a = 0; a < values.size(); ++a) {
            example[sweep.axes()[a].path] = json_of_yaml(values[a]);
        }
        rows.push_back({{"reason", row.reason}, {"count", row.count}, {"example", std::move(example)}});
    }
    return rows;
}

std::string sweep_json(const Sweep& sweep, const std::vector<SweepPoint>& points) {
    Json rows = Json::array();
    DroppedCount dropped;
    for (std::size_t at = 0; at < points.size(); ++at) {
        const SweepPoint& point = points[at];
        Json row = Json::object();
        const auto values = sweep.values(at);
        for (std::size_t a = 0; a < values.size(); ++a) {
            row[sweep.axes()[a].path] = json_of_yaml(values[a]);
        }
        each_sweep_cell(sweep, point, JsonCells{row});
        if (!point.why_not.empty()) {
            dropped.add(at, point.why_not);
        }
        rows.push_back(std::move(row));
    }
    return json_document({{"points", std::move(rows)}, {"dropped", dropped_json(sweep, dropped.rows())}});
}

}  // namespace berth
