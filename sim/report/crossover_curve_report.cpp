// Latency of two devices over a number of the scenario: curves with intervals, curves of other sources, and crossings.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "berth/report/crossover_report.h"
#include "report/label_layout.h"
#include "report/page/written_page.h"
#include "report/plot_style.h"

namespace berth {

namespace {

constexpr double kCurveLeft = 170;
constexpr double kCurveHeight = 730;
constexpr double kManyTimes = 30;  // ratio from which the time axis is logarithmic
constexpr std::string_view kUnsureColor = "#EEEEEE";

/// Maps a number to its position along an axis of the picture.
struct Scale {
    bool logarithmic = false;
    double from = 0, to = 1;  ///< ends of the axis
    [[nodiscard]] double share(double number) const {
        return logarithmic ? std::log(number / from) / std::log(to / from) : (number - from) / (to - from);
    }
};

struct Curve {
    std::string name, color;
    bool beside = false;
    std::vector<double> values;
    std::vector<Estimate<Time>> times;
};

struct CurvePicture {
    Canvas canvas;
    std::vector<Curve> curves;
    Scale across, up;
    [[nodiscard]] double x(double value) const {
        return canvas.area.left + (canvas.area.right - canvas.area.left) * across.share(value);
    }
    [[nodiscard]] double y(double milliseconds) const {
        return canvas.area.bottom + (canvas.area.top - canvas.area.bottom) * up.share(milliseconds);
    }
};

Curve predicted(const std::string& name, std::size_t color, const CrossoverAnswer& answer,
                std::optional<Estimate<Time>> CrossoverPoint::*time) {
    Curve curve{name, std::string(device_color(color)), false, {}, {}};
    for (const CrossoverPoint& point : answer.points) {
        if (point.*time) {
            curve.values.push_back(point.value);
            curve.times.push_back(*(point.*time));
        }
    }
    return curve;
}

std::vector<Curve> curves_of(const CrossoverQuestion& question, const CrossoverAnswer& answer,
                             std::span<const CurveBeside> beside) {
    std::vector<Curve> curves{predicted(question.between.first, 0, answer, &CrossoverPoint::first),
                              predicted(question.between.second, 1, answer, &CrossoverPoint::second)};
    for (const CurveBeside& one : beside) {
        // Dark colours, distinct from the light ones of the devices.
        constexpr std::array<std::string_view, 4> kColors{"#000000", "#D55E00", "#0072B2", "#8C8C8C"};
        Curve curve{one.name, std::string(kColors[(curves.size() - 2) % kColors.size()]), true, {}, {}};
        for (const auto& [value, time] : one.points) {
            if (value >= question.range.from && value <= question.range.to) {
                curve.values.push_back(value);
                curve.times.push_back({time, time, time});
            }
        }
        curves.push_back(std::move(curve));
    }
    return curves;
}

// The time axis covers the medians; a wide interval may be clipped.
Scale times_scale(const std::vector<Curve>& curves) {
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    for (const Curve& curve : curves) {
        for (const Estimate<Time>& time : curve.times) {
            least = std::min(least, in_milliseconds(time.median));
            most = std::max(most, in_milliseconds(time.median));
        }
    }
    return most > kManyTimes * least ? Scale{true, least / 1.5, most * 1.5} : Scale{false, 0, most * 1.15};
}

// Tics of a logarithmic axis at 1, 2 and 5 times powers of ten, or at the powers alone over more than four decades.
std::string tics(const Scale& scale) {
    const bool many = scale.to / scale.from > 1e4;
    std::vector<std::string> places;
    for (double power = std::pow(10, std::floor(std::log10(scale.from))); power <= scale.to; power *= 10) {
        for (const double step : {1.0, 2.0, 5.0}) {
            const double value = power * step;
            if (value >= scale.from && value <= scale.to && (step == 1 || !many)) {
                places.push_back(plotted(value));
            }
        }
    }
    return fmt::format("{}", fmt::join(places, ", "));
}

std::string axis_commands(char name, const Scale& scale) {
    std::string text = fmt::format("set {}range [{}:{}]\n", name, plotted(scale.from), plotted(scale.to));
    return scale.logarithmic ? text + fmt::format("set logscale {0}\nset {0}tics ({1})\n", name, tics(scale)) : text;
}

// Tics for a short range of counts, where gnuplot would place tics at fractions.
std::string tics_of_counts(const SweepRange& range) {
    constexpr double kFew = 10;
    return range.whole && !range.wide() && range.to - range.from <= kFew ? "set xtics 1\n" : "";
}

// Shaded area where the faster device is uncertain: between the values from which either is certainly faster, or to
// the end of the range.
std::string unsure_commands(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
    std::string text;
    for (const Crossing& crossing : answer.crossings) {
        text += fmt::format(
            "set object rectangle from first {}, graph 0 to first {}, graph 1 fs solid 1 noborder fc rgb '{}' behind\n",
            plotted(crossing.sure_below.value_or(question.range.from)),
            plotted(crossing.sure_above.value_or(question.range.to)), kUnsureColor);
    }
    return text;
}

/// Latency of a curve between two of its points, interpolated along the drawn line.
double on_line(const CurvePicture& picture, const Curve& curve, double value) {
    const auto next = std::ranges::lower_bound(curve.values, value);
    const auto i = static_cast<std::size_t>(next - curve.values.begin());
    const double after = in_milliseconds(curve.times[std::min(i, curve.times.size() - 1)].median);
    if (i == 0 || i == curve.values.size()) {
        return after;
    }
    const double before = in_milliseconds(curve.times[i - 1].median);
    const double share = (picture.across.share(value) - picture.across.share(curve.values[i - 1])) /
                         (picture.across.share(curve.values[i]) - picture.across.share(curve.values[i - 1]));
    return picture.up.logarithmic ? before * std::pow(after / before, share) : before + share * (after - before);
}

std::string crossing_commands(const CurvePicture& picture, const CrossoverQuestion& question,
                              const CrossoverAnswer& answer) {
    Obstacles obstacles;
    for (const Curve& curve : picture.curves) {
        for (std::size_t i = 1; i < curve.values.size(); ++i) {
            obstacles.add_line(picture.x(curve.values[i - 1]), picture.y(in_milliseconds(curve.times[i - 1].median)),
                               picture.x(curve.values[i]), picture.y(in_milliseconds(curve.times[i].median)));
        }
    }
    std::string marks;
    std::vector<LabelRequest> requests;
    for (const Crossing& crossing : answer.crossings) {
        const double x = picture.x(crossing.above);
        const double y = picture.y(on_line(picture, picture.curves[0], crossing.above));
        marks += symbol_at(x, y, picture.canvas.height, 7, true, 2.5, "#000000");
        obstacles.marks.push_back({x - 18, y - 18, x + 18, y + 18});
        requests.push_back({x, y,
                            fmt::format("from {}: {}", question.range.shown(crossing.above),
                                        crossing.first_below ? question.between.second : question.between.first)});
    }
    const auto placed = place_labels(requests, std::move(obstacles), picture.canvas.area, kSmallFontSize);
    return marks + label_commands(requests, placed, picture.canvas.height);
}

std::string plot_commands(const CurvePicture& picture) {
    const auto block = [](std::size_t curve) { return fmt::format("$curve{}", curve); };
    Layers layers;
    for (std::size_t i = 0; i < picture.curves.size(); ++i) {
        const Curve& curve = picture.curves[i];
        std::string lines;
        for (std::size_t point = 0; point < curve.values.size(); ++point) {
            const Estimate<Time>& time = curve.times[point];
            lines += data_line(curve.values[point], in_milliseconds(time.median), in_milliseconds(time.low),
                               in_milliseconds(time.high));
        }
        layers.data(block(i), lines);
        if (!curve.beside) {
            layers.draw(block(i), fmt::format("using 1:3:4 with filledcurves lc rgb '#CC{}'", curve.color.substr(1)));
        }
    }
    for (std::size_t i = 0; i < picture.curves.size(); ++i) {
        const Curve& curve = picture.curves[i];
        layers.draw(block(i), fmt::format("using 1:2 with lines lw 4 dt {} lc rgb '{}'",
                                          curve.beside ? kDashes : "solid", curve.color));
    }
    return layers.commands();
}

Drawing drawing_of(const CrossoverQuestion& question, const CrossoverAnswer& answer,
                   std::span<const CurveBeside> beside) {
    CurvePicture picture;
    picture.curves = curves_of(question, answer, beside);
    std::vector<LegendEntry> legend;
    for (const Curve& curve : picture.curves) {
        legend.push_back({curve.beside ? LegendMark::kDashedLine : LegendMark::kLine, curve.color, curve.name});
    }
    legend.push_back({LegendMark::kBox, "#CCCCCC", "5-95 %"});
    if (!answer.crossings.empty()) {
        legend.push_back({LegendMark::kBox, std::string(kUnsureColor), "confidence below 90 %"});
        legend.push_back({LegendMark::kPoint, "#000000", "crossover", 7, true});
    }
    const std::size_t unit_at = question.range.unit.find_first_not_of(' ');
    const std::string unit =
        unit_at == std::string::npos ? "" : fmt::format(" ({})", question.range.unit.substr(unit_at));
    picture.canvas =
        canvas(kCurveLeft, kCurveHeight, titled("One pass of " + answer.subject, setting_changes(question.base)),
               question.range.path + unit, "latency (ms)", legend);
    picture.across = {question.range.wide(), question.range.from, question.range.to};
    picture.up = times_scale(picture.curves);
    std::string commands = picture.canvas.commands + axis_commands('x', picture.across) +
                           tics_of_counts(question.range) + axis_commands('y', picture.up) +
                           unsure_commands(question, answer) + crossing_commands(picture, question, answer) +
                           plot_commands(picture);
    return {{"crossover", fmt::format("Latency of {} on {} and {}, with crossovers.", question.stage,
                                      question.between.first, question.between.second)},
            picture.canvas.height,
            std::move(commands)};
}

}  // namespace

void write_crossover(const std::filesystem::path& directory, const CrossoverQuestion& question,
                     const CrossoverAnswer& answer, std::span<const CurveBeside> beside, const Provenance& provenance,
                     Diagnostics& diagnostics) {
    write_forms(directory, "crossover",
                {crossover_text(question, answer), crossover_json(question, answer), crossover_csv(question, answer)},
                {drawing_of(question, answer, beside)}, provenance, diagnostics);
}

}  // namespace berth
