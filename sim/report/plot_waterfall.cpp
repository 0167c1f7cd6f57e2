// Waterfall chart: both totals as bars from zero, and each difference as a bar that starts where the previous one ends.
#include "report/plot_waterfall.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/base/csv.h"
#include "report/csv_values.h"
#include "report/plot_rows.h"
#include "report/scenario_diff_tables.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kLabelColumns = 64;
constexpr double kStepHalf = 0.34;
constexpr std::string_view kFasterColor = "#009E73";
constexpr std::string_view kSlowerColor = "#D55E00";
constexpr std::string_view kTotalColor = "#0072B2";

std::string waterfall_rows(const ScenarioDiff& diff) {
    std::string text = "inputs,before_ms,after_ms,moves\n";
    for (const DiffStep& step : diff.steps) {
        text +=
            fmt::format("{},{},{},{}\n", csv_field(inputs_text(step.inputs)), csv_number(in_milliseconds(step.before)),
                        csv_number(in_milliseconds(step.after)), csv_field(moves_text(step.decisions)));
    }
    return text;
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
    add("before: " + start_name(diff), unit.text(before), Time{}, before, kTotalColor);
    for (const ShownStep& step : shown_steps(diff)) {
        const Time change = step.after - step.before;
        if (!matters(change, scale_of(diff)) && step.moves.empty()) {
            continue;
        }
        add(step.brief, signed_text(step.before, step.after, scale_of(diff), unit), step.before, step.after,
            change > Time{} ? kSlowerColor : kFasterColor);
    }
    add("after: " + end_name(diff), unit.text(after), Time{}, after, kTotalColor);
    const std::vector<LegendEntry> legend{{LegendMark::kBox, std::string(kTotalColor), "total"},
                                          {LegendMark::kBox, std::string(kFasterColor), "faster"},
                                          {LegendMark::kBox, std::string(kSlowerColor), "slower"}};
    const auto& budget = diff.after.total.budget;
    const bool near = budget && *budget < 2 * scale_of(diff);  // a distant budget line would squeeze the bars
    const RowFrame frame = row_frame(
        rows, "What each difference does to the latency\n" + title_of(diff.after.scenario, diff.after.changes),
        "latency of a request", legend, near ? budget : std::nullopt);
    Layers layers;
    for (const LegendEntry& entry : legend) {
        std::vector<Cell> cells;
        for (std::size_t i = 0; i < bars.size(); ++i) {
            if (bars[i].color == entry.color && bars[i].to > bars[i].from) {
                cells.push_back({frame.middle[i], kStepHalf, bars[i].from, bars[i].to});
            }
        }
        add_cells(layers, fmt::format("$bars{}", &entry - legend.data()), cells, entry.color);
    }
    return {{"waterfall", fmt::format("What each difference from {} to {} does to the latency, one after the other.",
                                      start_name(diff), end_name(diff))},
            frame.canvas.height,
            frame.canvas.commands + layers.commands(),
            waterfall_rows(diff)};
}

}  // namespace berth
