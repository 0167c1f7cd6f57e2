// Predicted against measured times, and residuals of a fit against size, on logarithmic axes with a 10 % band.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "berth/base/brief_text.h"
#include "berth/report/calibration_report.h"
#include "berth/report/validation_report.h"
#include "report/plot_style.h"

namespace berth {

namespace {

constexpr double kParityLeft = 190;
constexpr double kParityHeight = 1000;
constexpr double kBand = 0.1;

/// A row: x is the measured time in microseconds, y the plotted value with its interval.
struct ParityPoint {
    double x = 0, y = 0, low = 0, high = 0;
};

/// Rows of one class.
struct Cloud {
    std::string op_class;
    std::vector<ParityPoint> points;
};

void add_point(std::vector<Cloud>& clouds, const std::string& op_class, const ParityPoint& point) {
    auto cloud = std::ranges::find(clouds, op_class, &Cloud::op_class);
    if (cloud == clouds.end()) {
        clouds.push_back({op_class, {}});
        cloud = clouds.end() - 1;
    }
    cloud->points.push_back(point);
}

std::vector<Cloud> clouds_of(const ValidatedSet& set) {
    std::vector<Cloud> clouds;
    for (const ValidatedRow& row : set.rows) {
        add_point(clouds, row.op_class,
                  {in_microseconds(row.measured), in_microseconds(row.predicted.median),
                   in_microseconds(row.predicted.low), in_microseconds(row.predicted.high)});
    }
    return clouds;
}

// When the colours are used up, they repeat with another symbol.
int cloud_symbol(std::size_t cloud) {
    constexpr std::array<int, 4> kFull{7, 5, 9, 13};
    constexpr std::size_t kColors = 6;
    return kFull[cloud / kColors % kFull.size()];
}

std::vector<LegendEntry> legend_of(const std::vector<Cloud>& clouds) {
    std::vector<LegendEntry> legend;
    for (std::size_t i = 0; i < clouds.size(); ++i) {
        legend.push_back({LegendMark::kPoint, std::string(device_color(i)), clouds[i].op_class, cloud_symbol(i)});
    }
    legend.push_back({LegendMark::kBox, "#DDDDDD", "within 10 %"});
    const bool intervals = std::ranges::any_of(clouds, [](const Cloud& cloud) {
        return std::ranges::any_of(cloud.points, [](const ParityPoint& point) { return point.high > point.low; });
    });
    if (intervals) {
        legend.push_back({LegendMark::kInterval, "#767676", "5-95 %"});
    }
    return legend;
}

struct Range {
    double low = 1e300, high = 0;
    void include(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    [[nodiscard]] Range whole_decades() const {
        return {std::pow(10, std::floor(std::log10(low))), std::pow(10, std::ceil(std::log10(high)))};
    }
};

Range range_of(const std::vector<Cloud>& clouds) {
    Range range;
    for (const Cloud& cloud : clouds) {
        for (const ParityPoint& point : cloud.points) {
            range.include(point.x);
            range.include(point.y);
        }
    }
    return range.whole_decades();
}

std::string tics(const char* axis, const Range& range) {
    std::string text = fmt::format("set {} (", axis);
    for (double value = range.low; value < range.high * 0.999; value *= 10) {  // the last tic would be in the margin
        text += fmt::format("{}{} {}", value == range.low ? "" : ", ", gnuplot_text(brief(microseconds(value))),
                            plotted(value));
    }
    return text + ")\n";
}

// The 10 % band around a line from y0 to y1 across the range of x, with the clouds on top: intervals beneath all
// points.
std::string plot_commands(const std::vector<Cloud>& clouds, const Range& x, double y0, double y1) {
    const auto block = [](std::size_t cloud) { return fmt::format("$cloud{}", cloud); };
    Layers layers;
    layers.add(
        "$band",
        data_line(x.low, y0 * (1 - kBand), y0 * (1 + kBand)) + data_line(x.high, y1 * (1 - kBand), y1 * (1 + kBand)),
        "using 1:2:3 with filledcurves lc rgb '#DDDDDD'");
    for (std::size_t i = 0; i < clouds.size(); ++i) {
        std::string points;
        for (const ParityPoint& point : clouds[i].points) {
            points += data_line(point.x, point.y, point.low, point.high);
        }
        layers.add(block(i), points,
                   fmt::format("using 1:2:3:4 with yerrorbars pt -1 lw 1.5 lc rgb '#77{}'", device_color(i).substr(1)));
    }
    for (std::size_t i = 0; i < clouds.size(); ++i) {
        layers.draw(block(i), fmt::format("using 1:2 with points pt {} ps 1.7*{} lc rgb '{}'", cloud_symbol(i),
                                          kSymbolScale, device_color(i)));
    }
    return layers.commands() + "unset logscale\n";
}

Drawing drawing_of(const ValidatedSet& set, const Validation& validation) {
    const auto clouds = clouds_of(set);
    const Range range = range_of(clouds);
    const ErrorSummary& all = set.classes.back().model;
    const Canvas drawn = canvas(kParityLeft, kParityHeight,
                                titled(fmt::format("{}: {} rows of {}, MAPE {}", validation.profile, set.rows.size(),
                                                   set.name, all.mean_error ? percent_text(*all.mean_error, 2) : "-"),
                                       validation.changes),
                                "measured time", "predicted time", legend_of(clouds));
    std::string text = drawn.commands;
    text += fmt::format("set logscale xy\nset xrange [{0}:{1}]\nset yrange [{0}:{1}]\n", plotted(range.low),
                        plotted(range.high));
    text += tics("xtics", range) + tics("ytics", range) + plot_commands(clouds, range, range.low, range.high);
    return {
        {"parity-" + set.name, fmt::format("Predicted against measured times of {}.", set.name)}, drawn.height, text};
}

constexpr double kMostOff = 4;  // rows beyond this ratio are drawn at the edge

Drawing residuals_of(const Calibration& calibration) {
    std::vector<Cloud> clouds;
    Range x;
    for (const FittedRow& row : calibration.rows) {
        const double off = std::clamp(row.unseen / row.measured, 1 / kMostOff, kMostOff);
        add_point(clouds, row.op_class, {in_microseconds(row.measured), off, off, off});
        x.include(in_microseconds(row.measured));
    }
    x = x.whole_decades();
    const Canvas drawn =
        canvas(kParityLeft, kParityHeight, rows_by_device(calibration) + ", each shape predicted by a fit without it",
               "measured", "predicted / measured", legend_of(clouds));
    std::string text = drawn.commands;
    text += fmt::format("set logscale xy\nset xrange [{}:{}]\nset yrange [{}:{}]\n", plotted(x.low), plotted(x.high),
                        plotted(1 / kMostOff), plotted(kMostOff));
    text +=
        tics("xtics", x) + "set ytics ('1/4' 0.25, '1/2' 0.5, '1' 1, '2' 2, '4' 4)\n" + plot_commands(clouds, x, 1, 1);
    return {
        {"residuals", "Residuals of shapes that the fit has not seen, against the measured time."}, drawn.height, text};
}

}  // namespace

std::vector<Picture> draw_parity(const std::filesystem::path& directory, const Validation& validation,
                                 Diagnostics& diagnostics) {
    std::vector<Drawing> drawings;
    for (const ValidatedSet& set : validation.sets) {
        if (!set.rows.empty()) {
            drawings.push_back(drawing_of(set, validation));
        }
    }
    return write_pictures(directory, drawn(drawings, diagnostics), diagnostics);
}

std::vector<Picture> draw_residuals(const std::filesystem::path& directory, const Calibration& calibration,
                                    Diagnostics& diagnostics) {
    return write_pictures(directory, drawn({residuals_of(calibration)}, diagnostics), diagnostics);
}

}  // namespace berth
