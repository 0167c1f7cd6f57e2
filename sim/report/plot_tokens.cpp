// Latency over input tokens per device, with the steps of buckets and the crossings between devices.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "berth/base/csv.h"
#include "report/csv_values.h"
#include "report/label_layout.h"
#include "report/plot_rows.h"

namespace berth {

namespace {

constexpr double kTokensLeft = 150;
constexpr double kTokensHeight = 730;
constexpr std::size_t kLabelledCrossings = 2;  // labels per pair of curves, since step curves may cross many times

/// A vertex of the drawn line, in tokens and milliseconds.
struct Vertex {
    double tokens = 0, median = 0, low = 0, high = 0;
};

/// A curve with the index of its device in the profile.
struct Line {
    const LatencyCurve* curve = nullptr;
    std::size_t device = 0;
    std::vector<Vertex> vertices;
};

struct TokenPicture {
    const TokenCurves* curves = nullptr;
    Canvas canvas;
    std::vector<Line> lines;
    double tokens = 1, time = 0;  ///< ends of the axes, which start at zero
    [[nodiscard]] double x(double t) const {
        return canvas.area.left + (canvas.area.right - canvas.area.left) * t / tokens;
    }
    [[nodiscard]] double y(double t) const {
        return canvas.area.bottom + (canvas.area.top - canvas.area.bottom) * t / time;
    }
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

/// Index of a curve's device. A proposed curve is named after its device, followed by the proposed buckets.
std::size_t device_of(const LatencyCurve& curve, const Profile& profile) {
    for (std::size_t i = 0; i < profile.devices.size(); ++i) {
        const std::string& name = profile.devices[i].name;
        if (curve.device == name || curve.device.starts_with(name + " ")) {
            return i;
        }
    }
    return profile.devices.size();
}

std::vector<Line> lines_of(const TokenCurves& curves, const Profile& profile) {
    std::vector<Line> lines;
    for (const LatencyCurve& curve : curves.curves) {
        if (curve.points.empty()) {
            continue;
        }
        lines.push_back({&curve, device_of(curve, profile), vertices(curve)});
    }
    return lines;
}

std::vector<LegendEntry> legend_of(const std::vector<Line>& lines, bool crossings) {
    std::vector<LegendEntry> legend;
    for (const Line& line : lines) {
        legend.push_back({line.curve->proposed ? LegendMark::kDashedLine : LegendMark::kLine,
                          std::string(device_color(line.device)), line.curve->device});
    }
    legend.push_back({LegendMark::kBox, "#CCCCCC", "5-95 %"});
    if (crossings) {
        legend.push_back({LegendMark::kPoint, "#000000", "crossover", 7, true});
    }
    return legend;
}

/// The axes cover the medians; a wide interval may be clipped at the top.
void set_range(TokenPicture& picture) {
    for (const Line& line : picture.lines) {
        for (const Vertex& v : line.vertices) {
            picture.tokens = std::max(picture.tokens, v.tokens);
            picture.time = std::max({picture.time, 1.15 * v.median});
        }
    }
}

std::string crossing_commands(const TokenPicture& picture, Obstacles obstacles) {
    for (const Line& line : picture.lines) {
        for (std::size_t i = 1; i < line.vertices.size(); ++i) {
            obstacles.add_line(picture.x(line.vertices[i - 1].tokens), picture.y(line.vertices[i - 1].median),
                               picture.x(line.vertices[i].tokens), picture.y(line.vertices[i].median));
        }
    }
    std::string marks;
    std::vector<LabelRequest> requests;
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> labelled;
    for (const CurveCrossing& crossing : picture.curves->crossings) {
        const double x = picture.x(static_cast<double>(crossing.tokens));
        const double y = picture.y(in_milliseconds(crossing.latency));
        marks += symbol_at(x, y, picture.canvas.height, 7, true, 2.5, "#000000");
        obstacles.marks.push_back({x - 18, y - 18, x + 18, y + 18});
        const std::size_t faster = crossing.second_is_faster ? crossing.second : crossing.first;
        if (labelled[{crossing.first, crossing.second}]++ < kLabelledCrossings) {
            requests.push_back(
                {x, y, fmt::format("from {} tokens: {}", crossing.tokens, picture.curves->curves[faster].device)});
        }
    }
    const auto placed = place_labels(requests, std::move(obstacles), picture.canvas.area, kSmallFontSize);
    return marks + label_commands(requests, placed, picture.canvas.height);
}

std::string held_commands(std::int64_t tokens, const TokenPicture& picture, Obstacles& obstacles) {
    if (static_cast<double>(tokens) > picture.tokens) {
        return "";
    }
    const PlotArea& area = picture.canvas.area;
    const std::string label = fmt::format("input: {} tokens", tokens);
    const double x = picture.x(static_cast<double>(tokens));
    const double width = text_width(label, kSmallFontSize);
    const double left = x + width + 16 < area.right ? x + 10 : x - 10 - width;
    obstacles.texts.push_back({left, area.top - 40, left + width, area.top});
    obstacles.add_line(x, area.bottom, x, area.top);
    return fmt::format("set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dt 2 lw 2 lc rgb '{1}' back\n",
                       tokens, kQuietColor) +
           label_at(left, area.top - 20, picture.canvas.height, label, fmt::format("left font {}", kSmallFont));
}

// Bands of all lines, beneath all medians.
std::string plot_commands(const std::vector<Line>& lines) {
    const auto block = [](std::size_t line) { return fmt::format("$line{}", line); };
    Layers layers;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string vertices;
        for (const Vertex& v : lines[i].vertices) {
            vertices += data_line(v.tokens, v.median, v.low, v.high);
        }
        layers.add(
            block(i), vertices,
            fmt::format("using 1:3:4 with filledcurves lc rgb '#CC{}'", device_color(lines[i].device).substr(1)));
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        layers.draw(block(i), fmt::format("using 1:2 with lines lw 4 dt {} lc rgb '{}'",
                                          lines[i].curve->proposed ? kDashes : "solid", device_color(lines[i].device)));
    }
    return layers.commands();
}

std::string curve_rows(const TokenCurves& curves) {
    std::string text = "device,tokens,latency_ms,low_ms,high_ms\n";
    for (const LatencyCurve& curve : curves.curves) {
        for (const LatencyCurve::Point& point : curve.points) {
            text += fmt::format("{},{},{},{},{}\n", csv_field(curve.device), point.tokens,
                                csv_number(in_milliseconds(point.latency.median)),
                                csv_number(in_milliseconds(point.latency.low)),
                                csv_number(in_milliseconds(point.latency.high)));
        }
    }
    return text;
}

Drawing drawing_of(const TokenCurves& curves, const Profile& profile, const std::string& title) {
    TokenPicture picture;
    picture.curves = &curves;
    picture.lines = lines_of(curves, profile);
    set_range(picture);
    const TimeAxis axis = time_axis(picture.time);
    picture.canvas =
        canvas(kTokensLeft, kTokensHeight, title, "actual tokens of the input",
               fmt::format("latency of a pass ({})", axis.unit), legend_of(picture.lines, !curves.crossings.empty()));
    picture.canvas.commands +=
        fmt::format("set xrange [0:{}]\nset yrange [0:{}]\n{}", plotted(picture.tokens), plotted(picture.time),
                    time_tics(axis, "ytics", 0, picture.time, kTokensHeight));
    std::string text = picture.canvas.commands;
    Obstacles obstacles;
    if (curves.actual_tokens) {
        text += held_commands(*curves.actual_tokens, picture, obstacles);
    }
    text += crossing_commands(picture, std::move(obstacles));
    text += plot_commands(picture.lines);
    return {{"tokens-" + curves.stage,
             fmt::format("Latency of {} per device over the input length, with crossovers.", curves.stage)},
            picture.canvas.height,
            text,
            curve_rows(curves)};
}

// A model with a fixed input size, such as an image model, has no curve.
bool has_lengths(const TokenCurves& curves) {
    return std::ranges::any_of(curves.curves, [](const LatencyCurve& curve) {
        return !curve.points.empty() && curve.points.back().tokens > 1;
    });
}

}  // namespace

std::vector<Drawing> token_drawings(std::span<const TokenCurves> curves, const ScenarioResult& result,
                                    const Profile& profile) {
    std::vector<Drawing> drawings;
    for (const TokenCurves& one : curves) {
        const auto stage = std::ranges::find(result.stages, one.stage, &StageResult::name);
        if (has_lengths(one)) {
            const std::string subject =
                stage == result.stages.end() ? one.stage : fmt::format("{} on {}", stage->model, stage->runtime);
            drawings.push_back(drawing_of(one, profile, titled("One pass of " + subject, result.changes)));
        }
    }
    return drawings;
}

}  // namespace berth
