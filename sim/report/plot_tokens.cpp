// Latency against the tokens of the input, per device, with the steps of buckets and where the lowest curve changes.
#include <fmt/format.h>

#include <algorithm>

#include "berth/quantity_text.h"
#include "report/label_layout.h"
#include "report/plot_style.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr int kHeight = 1000;
constexpr PlotArea kArea{150, 1570, 190, 920};

/// A vertex of the line that is drawn, in tokens and milliseconds.
struct Vertex {
    double tokens = 0, median = 0, low = 0, high = 0;
};

Vertex vertex(double tokens, const Estimate<Time>& latency) {
    return {tokens, in_milliseconds(latency.median), in_milliseconds(latency.low), in_milliseconds(latency.high)};
}

std::vector<Vertex> vertices(const LatencyCurve& curve) {
    std::vector<Vertex> line;
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
        const LatencyCurve::Point& point = curve.points[i];
        if (curve.steps) {
            line.push_back(vertex(i == 0 ? 1.0 : static_cast<double>(curve.points[i - 1].tokens), point.latency));
        }
        line.push_back(vertex(static_cast<double>(point.tokens), point.latency));
    }
    return line;
}

std::string curve_data(std::size_t index, const std::vector<Vertex>& line) {
    std::string text = fmt::format("$curve{} << EOD\n", index);
    for (const Vertex& v : line) {
        text += fmt::format("{} {} {} {}\n", plotted(v.tokens), plotted(v.median), plotted(v.low), plotted(v.high));
    }
    return text + "EOD\n";
}

struct Range {
    double tokens = 1, time = 0;
    [[nodiscard]] double x(double t) const { return kArea.left + (kArea.right - kArea.left) * t / tokens; }
    [[nodiscard]] double y(double t) const { return kArea.bottom + (kArea.top - kArea.bottom) * t / time; }
};

Range range_of(const std::vector<std::vector<Vertex>>& lines) {
    Range range;
    for (const auto& line : lines) {
        for (const Vertex& v : line) {
            range.tokens = std::max(range.tokens, v.tokens);
            range.time = std::max(range.time, v.high);
        }
    }
    range.time *= 1.05;
    return range;
}

std::string crossing_labels(const TokenCurves& curves, const Range& range,
                            const std::vector<std::vector<Vertex>>& lines, std::vector<Box> obstacles) {
    for (const auto& line : lines) {
        for (std::size_t i = 1; i < line.size(); ++i) {
            add_line_obstacles(obstacles, range.x(line[i - 1].tokens), range.y(line[i - 1].median),
                               range.x(line[i].tokens), range.y(line[i].median));
        }
    }
    std::vector<LabelRequest> requests;
    for (const CurveCrossing& crossing : crossings(curves.curves)) {
        requests.push_back({range.x(static_cast<double>(crossing.tokens)), range.y(in_milliseconds(crossing.latency)),
                            fmt::format("from {} tokens: {}", crossing.tokens, curves.curves[crossing.to].device)});
    }
    return label_commands(requests, place_labels(requests, std::move(obstacles), kArea, kSmallFontSize), kHeight);
}

std::string crossing_data(const TokenCurves& curves) {
    std::string text = "$crossings << EOD\n";
    for (const CurveCrossing& crossing : crossings(curves.curves)) {
        text += fmt::format("{} {}\n", crossing.tokens, plotted(in_milliseconds(crossing.latency)));
    }
    return text + "EOD\n";
}

std::string held_commands(std::int64_t tokens, const Range& range, std::vector<Box>& obstacles) {
    const std::string label = fmt::format("input: {} tokens", tokens);
    const double x = range.x(static_cast<double>(tokens));
    const double width = text_width(label, kSmallFontSize);
    const bool right = x + width + 16 < kArea.right;
    const double left = right ? x + 10 : x - 10 - width;
    obstacles.push_back({left, kArea.top - 40, left + width, kArea.top});
    add_line_obstacles(obstacles, x, kArea.bottom, x, kArea.top);
    return fmt::format("set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dt 2 lw 2 lc rgb '{1}' back\n",
                       tokens, kQuietColor) +
           label_at(left, kArea.top - 20, kHeight, label, fmt::format("left font {}", kSmallFont));
}

Drawing drawing_of(const TokenCurves& curves) {
    std::vector<std::vector<Vertex>> lines;
    for (const LatencyCurve& curve : curves.curves) {
        lines.push_back(vertices(curve));
    }
    const Range range = range_of(lines);
    std::string text =
        frame(kArea, kHeight, fmt::format("Latency of one pass of {} over the length of its input", curves.stage));
    text += fmt::format("set xrange [0:{}]\nset yrange [0:{}]\n", plotted(range.tokens), plotted(range.time));
    text += "set xlabel 'tokens that the input holds' offset 0,0.2\nset ylabel 'latency (ms)' offset 0.5,0\n";
    std::vector<Box> obstacles;
    if (curves.tokens_held) {
        text += held_commands(*curves.tokens_held, range, obstacles);
    }
    text += crossing_labels(curves, range, lines, obstacles) + crossing_data(curves);
    std::string bands;
    std::string medians;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        text += curve_data(i, lines[i]);
        const std::string_view color = device_color(i);
        bands += fmt::format("$curve{} using 1:3:4 with filledcurves lc rgb '#CC{}' notitle, ", i, color.substr(1));
        medians += fmt::format("$curve{} using 1:2 with lines lw 4 lc rgb '{}' title {}, ", i, color,
                               gnuplot_text(curves.curves[i].device + (curves.curves[i].steps ? " (buckets)" : "")));
    }
    text += fmt::format(
        "plot {}{}$crossings using 1:2 with points pt 6 ps 2.5 lw 3 lc rgb '#000000' title 'lowest curve changes'"
        ", keyentry with boxes fs solid 1 noborder lc rgb '#CCCCCC' title '5-95 %'\n",
        bands, medians);
    return {{"tokens-" + curves.stage,
             fmt::format("Latency of {} per device as its input grows, and where the fastest device changes.",
                         curves.stage)},
            kHeight,
            text};
}

}  // namespace

std::vector<Drawing> token_drawings(std::span<const TokenCurves> curves) {
    std::vector<Drawing> drawings;
    for (const TokenCurves& one : curves) {
        const bool any = std::any_of(one.curves.begin(), one.curves.end(),
                                     [](const LatencyCurve& curve) { return !curve.points.empty(); });
        if (any) {
            drawings.push_back(drawing_of(one));
        }
    }
    return drawings;
}

}  // namespace berth
