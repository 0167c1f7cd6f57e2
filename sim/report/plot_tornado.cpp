// Tornado chart: effect of each profile number on the total, as bars to either side of it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "report/csv_values.h"
#include "report/names.h"
#include "report/plot_rows.h"

namespace berth {

namespace {

constexpr std::size_t kTornadoBars = 15;
constexpr double kTornadoHalf = 0.34;

/// The total with one number a standard deviation lower and higher.
struct TornadoEnds {
    double lower = 0, higher = 0;
};

std::string tornado_rows(const std::vector<NumberEffect>& numbers, const std::vector<TornadoEnds>& ends) {
    std::string text = "path,spread,total_ms_if_lower,total_ms_if_higher\n";
    for (std::size_t i = 0; i < ends.size(); ++i) {
        text += fmt::format("{},{},{},{}\n", csv_field(typed_path(numbers[i].path)), csv_number(numbers[i].spread),
                            csv_number(ends[i].lower), csv_number(ends[i].higher));
    }
    return text;
}

}  // namespace

std::vector<Drawing> tornado_drawings(const Sensitivity& sensitivity) {
    const double median = in_milliseconds(sensitivity.total.median);
    std::vector<Row> rows;
    std::vector<TornadoEnds> ends;
    double least = median;
    double most = median;
    for (std::size_t i = 0; i < std::min(kTornadoBars, sensitivity.numbers.size()); ++i) {
        const NumberEffect& number = sensitivity.numbers[i];
        ends.push_back({median * std::exp(-number.on_total), median * std::exp(number.on_total)});
        const auto [low, high] = std::minmax(ends.back().lower, ends.back().higher);
        least = std::min(least, low);
        most = std::max(most, high);
        rows.push_back({fmt::format("{} ± {}", short_path(number.path), percent_text(number.spread, 2)),
                        signed_percent_of_log(number.on_total), high, false});
    }
    if (rows.empty()) {
        return {};
    }
    const std::vector<LegendEntry> legend{{LegendMark::kBox, "#D55E00", "number higher"},
                                          {LegendMark::kBox, "#0072B2", "number lower"}};
    const RowFrame frame = row_frame(
        rows,
        titled(fmt::format("Total of {} when a number moves by its spread", sensitivity.scenario), sensitivity.changes),
        "latency of a request", legend);
    std::vector<Cell> higher;
    std::vector<Cell> lower;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const auto bar_to = [&](double end) {
            return Cell{frame.middle[i], kTornadoHalf, std::min(median, end), std::max(median, end)};
        };
        higher.push_back(bar_to(ends[i].higher));
        lower.push_back(bar_to(ends[i].lower));
    }
    const double margin = 0.05 * (most - least);
    Layers layers;
    add_cells(layers, "$higher", higher, legend[0].color);
    add_cells(layers, "$lower", lower, legend[1].color);
    std::string commands = frame.canvas.commands;
    commands += fmt::format("set xrange [{}:{}]\n", plotted(least - margin), plotted(most + 5 * margin));
    commands += time_tics(frame.axis, "xtics", least - margin, most + 5 * margin,
                          frame.canvas.area.right - frame.canvas.area.left);
    return {{{"tornado", "Change of the total when each number of the profile moves by one standard deviation."},
             frame.canvas.height,
             commands + layers.commands(),
             tornado_rows(sensitivity.numbers, ends)}};
}

}  // namespace berth
