// One row or object per point of a sweep.
#include "berth/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/quantity_text.h"
#include "report/csv_values.h"
#include "report/dropped.h"
#include "report/json_values.h"
#include "report/sweep_cells.h"

namespace berth {

namespace {

/// Result cells of a CSV row, each preceded by a comma unless it is the first.
class CsvCells {
  public:
    explicit CsvCells(std::string& text) : text_(text) {}
    void number(const std::optional<double>& value) {
        begin();
        if (value) {
            add_csv_number(*value, text_);
        }
    }
    void truth(const std::optional<bool>& value) {
        begin();
        text_ += value ? (*value ? "true" : "false") : "";
    }
    void text(const std::string& value) {
        begin();
        text_ += csv_field(value);
    }

  private:
    void begin() {
        if (!first_) {
            text_ += ',';
        }
        first_ = false;
    }
    std::string& text_;
    bool first_ = true;
};

}  // namespace

std::string sweep_csv_header(const Sweep& sweep) {
    std::string header;
    for (const SweepAxis& axis : sweep.axes()) {
        header += csv_field(axis.path) + ",";
    }
    each_sweep_column(sweep, [&header](const std::string& name, SweepColumn) { header += csv_field(name) + ","; });
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
    CsvCells cells(text);
    each_sweep_cell(sweep_, point, cells);
    text += '\n';
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
        row["total_ms"] = json_milliseconds(point.total);
        row["energy_mj"] = json_millijoules(point.energy);
        row["meets_budget"] = point.meets_budget ? Json(*point.meets_budget) : Json(nullptr);
        for (std::size_t s = 0; s < point.stages.size(); ++s) {
            const SweepStage& stage = point.stages[s];
            const std::string& name = sweep.stages()[s];
            row[name + ".chosen"] = json_text(stage.chosen);
            row[name + ".latency_ms"] = json_milliseconds(stage.latency);
            if (sweep.generates(s)) {
                row[name + ".ttft_ms"] = json_milliseconds(stage.pace.first_token);
                row[name + ".tokens_per_s"] = json_number(tokens_per_second(stage.pace));
            }
            for (std::size_t d = 0; d < stage.on_device.size(); ++d) {
                row[fmt::format("{}.{}_ms", name, sweep.devices()[d])] = json_milliseconds(stage.on_device[d]);
            }
        }
        row["why_not"] = json_text(point.why_not);
        if (!point.why_not.empty()) {
            dropped.add(at, point.why_not);
        }
        rows.push_back(std::move(row));
    }
    return json_document({{"points", std::move(rows)}, {"dropped", dropped_json(sweep, dropped.rows())}});
}

}  // namespace berth
