// Predicted against measured, both axes logarithmic, with the band of 10 %.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "berth/brief_text.h"
#include "berth/validation_report.h"
#include "report/plot_style.h"

namespace berth {

namespace {

constexpr double kLeft = 190;
constexpr double kPlotHeight = 1000;
constexpr double kBand = 0.1;

/// Rows of one class, in microseconds.
struct Cloud {
    std::string op_class;
    std::vector<std::pair<double, double>> points;  ///< measured, predicted
};

std::vector<Cloud> clouds_of(const ValidatedSet& set) {
    std::vector<Cloud> clouds;
    for (const ValidatedRow& row : set.rows) {
        auto cloud = std::ranges::find(clouds, row.op_class, &Cloud::op_class);
        if (cloud == clouds.end()) {
            clouds.push_back({row.op_class, {}});
            cloud = clouds.end() - 1;
        }
        cloud->points.emplace_back(in_microseconds(row.measured), in_microseconds(row.predicted.median));
    }
    return clouds;
}

// Colours come round again with another symbol.
int symbol(std::size_t cloud) {
    constexpr std::array<int, 4> kFull{7, 5, 9, 13};
    constexpr std::size_t kColors = 6;
    return kFull[cloud / kColors % kFull.size()];
}

std::vector<LegendEntry> legend_of(const std::vector<Cloud>& clouds) {
    std::vector<LegendEntry> legend;
    for (std::size_t i = 0; i < clouds.size(); ++i) {
        legend.push_back({LegendMark::kPoint, std::string(device_color(i)), clouds[i].op_class, symbol(i)});
    }
    legend.push_back({LegendMark::kBox, "#DDDDDD", "within 10 %"});
    return legend;
}

struct Range {
    double low = 1e300, high = 0;
};

Range range_of(const std::vector<Cloud>& clouds) {
    Range range;
    for (const Cloud& cloud : clouds) {
        for (const auto& [measured, predicted] : cloud.points) {
            range.low = std::min({range.low, measured, predicted});
            range.high = std::max({range.high, measured, predicted});
        }
    }
    return {std::pow(10, std::floor(std::log10(range.low))), std::pow(10, std::ceil(std::log10(range.high)))};
}

std::string tics(const char* axis, const Range& range) {
    std::string text = fmt::format("set {} (", axis);
    for (double value = range.low; value < range.high * 0.999; value *= 10) {  // the last would stand in the margin
        text += fmt::format("{}{} {}", value == range.low ? "" : ", ", gnuplot_text(brief(microseconds(value))),
                            plotted(value));
    }
    return text + ")\n";
}

std::string data_of(const std::vector<Cloud>& clouds) {
    std::string text;
    for (std::size_t i = 0; i < clouds.size(); ++i) {
        text += fmt::format("$cloud{} << EOD\n", i);
        for (const auto& [measured, predicted] : clouds[i].points) {
            text += fmt::format("{} {}\n", plotted(measured), plotted(predicted));
        }
        text += "EOD\n";
    }
    return text;
}

Drawing drawing_of(const ValidatedSet& set, const std::string& profile) {
    const auto clouds = clouds_of(set);
    const Range range = range_of(clouds);
    const ErrorSummary& all = set.classes.back().model;
    const Canvas drawn = canvas(kLeft, kPlotHeight,
                                fmt::format("{}: {} rows of {}, MAPE {}", profile, set.rows.size(), set.name,
                                            all.mean_error ? percent_text(*all.mean_error, 2) : "-"),
                                "measured", "predicted", legend_of(clouds));
    std::string text = drawn.commands + data_of(clouds);
    text += fmt::format("$band << EOD\n{0} {1} {2}\n{3} {4} {5}\nEOD\n", plotted(range.low),
                        plotted(range.low * (1 - kBand)), plotted(range.low * (1 + kBand)), plotted(range.high),
                        plotted(range.high * (1 - kBand)), plotted(range.high * (1 + kBand)));
    text += fmt::format("set logscale xy\nset xrange [{0}:{1}]\nset yrange [{0}:{1}]\n", plotted(range.low),
                        plotted(range.high));
    text += tics("xtics", range) + tics("ytics", range);
    text += "plot $band using 1:2:3 with filledcurves lc rgb '#DDDDDD'";
    for (std::size_t i = 0; i < clouds.size(); ++i) {
        text += fmt::format(", $cloud{} using 1:2 with points pt {} ps 1.1*{} lc rgb '{}'", i, symbol(i), kSymbolScale,
                            device_color(i));
    }
    return {{"parity-" + set.name, fmt::format("Predicted against measured times of {}.", set.name)},
            drawn.height,
            text + "\nunset logscale\n"};
}

}  // namespace

std::vector<Picture> draw_parity(const std::filesystem::path& directory, const Validation& validation,
                                 Diagnostics& diagnostics) {
    std::vector<Drawing> drawings;
    for (const ValidatedSet& set : validation.sets) {
        if (!set.rows.empty()) {
            drawings.push_back(drawing_of(set, validation.profile));
            std::ranges::replace(drawings.back().picture.name, '/', '-');
            std::ranges::replace(drawings.back().picture.name, ' ', '-');
        }
    }
    return draw_all(directory, drawings, diagnostics);
}

}  // namespace berth
