// Time per operator class: one stacked bar per stage and candidate.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "berth/base/csv.h"
#include "report/csv_values.h"
#include "report/names.h"
#include "report/plot_rows.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr double kClassBarHalf = 0.34;

struct Bars {
    std::vector<Row> rows;
    std::vector<const Candidate*> candidates;
    std::vector<double> repeats;
};

Bars bars_of(const ScenarioResult& result) {
    Bars bars;
    for (const StageResult& stage : result.stages) {
        bool first = true;
        for (std::size_t i = 0; i < stage.candidates.size(); ++i) {
            const Candidate& candidate = stage.candidates[i];
            if (!candidate.feasible) {
                continue;
            }
            const double repeat = static_cast<double>(stage.repeat);
            Row row;
            row.label = fmt::format("{}: {}{}", stage.name, placement_name(candidate),
                                    stage.repeat > 1 ? fmt::format(" x{}", stage.repeat) : "");
            row.note = brief(candidate.latency.median * repeat) + (stage.chosen == i ? ", chosen" : "");
            row.end = in_milliseconds(candidate.latency.high) * repeat;
            row.gap_before = first && !bars.rows.empty();
            bars.rows.push_back(std::move(row));
            bars.candidates.push_back(&candidate);
            bars.repeats.push_back(repeat);
            first = false;
        }
    }
    return bars;
}

/// Cells per class; the absent key stands for hand-over.
std::map<std::optional<Category>, std::vector<Cell>> stacked(const Bars& bars, const RowFrame& frame) {
    std::map<std::optional<Category>, std::vector<Cell>> cells;
    for (std::size_t i = 0; i < bars.rows.size(); ++i) {
        double at = 0;
        const auto add = [&](std::optional<Category> category, Time time) {
            const double width = in_milliseconds(time) * bars.repeats[i];
            if (width > 0) {
                cells[category].push_back({frame.middle[i], kClassBarHalf, at, at + width});
                at += width;
            }
        };
        for (const auto& row : kCategoryNames) {
            const auto found = bars.candidates[i]->by_category.find(row.value);
            add(row.value, found == bars.candidates[i]->by_category.end() ? Time{} : found->second);
        }
        add(std::nullopt, bars.candidates[i]->handover);
    }
    return cells;
}

std::string interval_lines(const Bars& bars, const RowFrame& frame) {
    std::string lines;
    for (std::size_t i = 0; i < bars.rows.size(); ++i) {
        const Estimate<Time>& latency = bars.candidates[i]->latency;
        lines +=
            data_line(in_milliseconds(latency.median) * bars.repeats[i], frame.middle[i],
                      in_milliseconds(latency.low) * bars.repeats[i], in_milliseconds(latency.high) * bars.repeats[i]);
    }
    return lines;
}

std::string class_rows(const Bars& bars) {
    std::string text = "placement,class,time_ms\n";
    for (std::size_t i = 0; i < bars.rows.size(); ++i) {
        const auto add = [&](std::string_view name, Time time) {
            text += fmt::format("{},{},{}\n", csv_field(bars.rows[i].label), name,
                                csv_number(in_milliseconds(time) * bars.repeats[i]));
        };
        for (const auto& [category, time] : bars.candidates[i]->by_category) {
            add(choice_name(kCategoryNames, category), time);
        }
        add("hand-over", bars.candidates[i]->handover);
    }
    return text;
}

std::vector<LegendEntry> legend_of(const Bars& bars) {
    constexpr double kThinnest = 0.003;  // share of the longest bar below which a class is invisible
    Time longest;
    for (std::size_t i = 0; i < bars.candidates.size(); ++i) {
        longest = std::max(longest, bars.candidates[i]->latency.median * bars.repeats[i]);
    }
    std::vector<LegendEntry> legend;
    for (const auto& row : kCategoryNames) {
        bool seen = false;
        for (std::size_t i = 0; i < bars.candidates.size(); ++i) {
            const auto found = bars.candidates[i]->by_category.find(row.value);
            seen = seen || (found != bars.candidates[i]->by_category.end() &&
                            found->second * bars.repeats[i] > longest * kThinnest);
        }
        if (seen) {
            legend.push_back({LegendMark::kBox, std::string(class_color(row.value)), std::string(row.name)});
        }
    }
    legend.push_back({LegendMark::kBox, std::string(kHandoverColor), "hand-over and calls"});
    legend.push_back({LegendMark::kInterval, "#000000", "5-95 %"});
    return legend;
}

}  // namespace

std::vector<Drawing> class_drawings(const ScenarioResult& result) {
    const Bars bars = bars_of(result);
    if (bars.rows.empty()) {
        return {};
    }
    const RowFrame frame = row_frame(
        bars.rows,
        titled(fmt::format("All passes of each stage by operator class, on {}", result.hardware), result.changes),
        "time", legend_of(bars));
    Layers layers;
    int block = 0;
    for (const auto& [category, cells] : stacked(bars, frame)) {
        add_cells(layers, fmt::format("$class{}", block++), cells, category ? class_color(*category) : kHandoverColor);
    }
    // A white line beneath the black one makes the interval visible on every colour.
    layers.add("$interval", interval_lines(bars, frame), "using 1:2:3:4 with xerrorbars pt -1 lw 4 lc rgb '#FFFFFF'");
    layers.draw("$interval", "using 1:2:3:4 with xerrorbars pt -1 lw 1.5 lc rgb '#000000'");
    Drawing drawing{{"time-by-class", "Time of each stage and placement by operator class, with the 5-95 % interval."},
                    frame.canvas.height,
                    frame.canvas.commands + layers.commands()};
    drawing.csv = class_rows(bars);
    return {drawing};
}

}  // namespace berth
