// Pictures of rooflines.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "base/mapped.h"
#include "berth/base/brief_text.h"
#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "report/csv_values.h"
#include "report/label_layout.h"
#include "report/names.h"
#include "report/plot_style.h"
#include "report/roofline.h"

namespace berth {

namespace {

constexpr std::size_t kLabelled = 7;
constexpr double kRooflineLeft = 180;
constexpr double kRooflineHeight = 830;
constexpr double kStrip = 90;  // width of the strip for operators without DRAM traffic

/// Logarithmic axes of one picture. Operators without DRAM traffic are drawn in a strip at the right end.
struct Axes {
    PlotArea area;
    double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
    bool strip = false;
    [[nodiscard]] double roofs_end() const { return strip ? area.right - kStrip : area.right; }
    [[nodiscard]] double x(double intensity) const {
        return intensity > 0
                   ? area.left + (roofs_end() - area.left) * std::log(intensity / x_low) / std::log(x_high / x_low)
                   : area.right - kStrip / 2;
    }
    [[nodiscard]] double y(double rate) const {
        return area.bottom + (area.top - area.bottom) * std::log(rate / y_low) / std::log(y_high / y_low);
    }
    /// Intensity at a position of the x axis, extrapolated through the strip.
    [[nodiscard]] double intensity_at(double place) const {
        return x_low * std::pow(x_high / x_low, (place - area.left) / (roofs_end() - area.left));
    }
};

Axes axes_of(const Roofline& roofline, const PlotArea& area) {
    Axes axes{area, 1e300, 0, 1e300, 0, false};
    for (const RooflinePoint& point : roofline.points) {
        if (point.intensity > 0) {
            axes.x_low = std::min(axes.x_low, point.intensity);
            axes.x_high = std::max(axes.x_high, point.intensity);
        } else {
            axes.strip = true;
        }
        axes.y_low = std::min(axes.y_low, point.rate);
        axes.y_high = std::max(axes.y_high, point.rate);
    }
    for (const Roof& roof : roofline.roofs) {
        axes.y_high = std::max(axes.y_high, roof.rate);
        axes.x_high = std::max(axes.x_high, roof.rate / roofline.bandwidth);
        axes.x_low = std::min(axes.x_low, 0.1 * roof.rate / roofline.bandwidth);
    }
    if (axes.x_high <= 0) {  // no DRAM traffic and no MACs
        axes.x_low = axes.x_high = 1;
    }
    axes.x_low /= 2;
    axes.x_high *= 4;
    axes.y_low /= 2.5;
    axes.y_high *= 2.5;
    axes.y_low = std::min(axes.y_low, axes.y_high / 100);  // at least two decades
    return axes;
}

std::string decade_tics(const char* axis, double low, double high, bool with_prefix) {
    std::string text = fmt::format("set {} (", axis);
    bool first = true;
    for (int exponent = static_cast<int>(std::ceil(std::log10(low) - 1e-9)); std::pow(10.0, exponent) <= high;
         ++exponent) {
        const double value = std::pow(10.0, exponent);
        std::string label = number_text(value, 3);
        if (with_prefix) {
            label = quantity_text(value, Operations::kDimension);
            label = label.substr(0, label.rfind("op"));
            label.erase(label.find_last_not_of(' ') + 1);
        }
        text += fmt::format("{}{} {}", first ? "" : ", ", gnuplot_text(label), plotted(value));
        first = false;
    }
    return text + ")\n";
}

/// gnuplot's filled point type for a stage: circle, square, triangle, diamond.
int stage_symbol(std::size_t stage) {
    constexpr std::array<int, 4> kFull{7, 5, 9, 13};
    return kFull[stage % kFull.size()];
}

Time total_time(const Roofline& roofline) { return sum_of<Time>(roofline.points, &RooflinePoint::time); }

double symbol_size(const RooflinePoint& point, Time all) { return 1.2 + 4 * std::sqrt(point.time / all); }

std::string strip_commands(const Axes& axes, int height, Obstacles& obstacles) {
    if (!axes.strip) {
        return "";
    }
    const double x = axes.roofs_end();
    obstacles.marks.push_back({x, axes.area.bottom, axes.area.right, axes.area.top});
    return fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 nohead dt 2 lw 2 lc rgb '{1}' back\n",
                       plotted(axes.x_high), kQuietColor) +
           label_at(axes.area.right, axes.area.top + 16, height, "no DRAM traffic",
                    fmt::format("right font {} tc rgb '{}'", kSmallFont, kQuietColor));
}

Box symbol_box(const RooflinePoint& point, const Axes& axes, Time all) {
    const double half = 7 * symbol_size(point, all);
    const double x = axes.x(point.intensity), y = axes.y(point.rate);
    return {x - half, y - half, x + half, y + half};
}

/// Box of a roof's label: at the roof's line, as far right as possible without covering an operator or a line, and
/// below `ceiling`.
Box roof_label(const Roofline& roofline, const Axes& axes, const Roof& roof, double width, double ceiling) {
    constexpr double kHalf = 17, kFromLine = 20, kStep = 20;
    const Time all = total_time(roofline);
    const double line = axes.y(roof.rate);
    const auto at = [&](double left, double y) { return Box{left, y - kHalf, left + width, y + kHalf}; };
    const auto is_free = [&](const Box& box) {
        return box.top < ceiling &&
               std::ranges::none_of(
                   roofline.points,
                   [&](const RooflinePoint& point) { return box.overlaps(symbol_box(point, axes, all)); }) &&
               std::ranges::none_of(roofline.roofs, [&](const Roof& other) {
                   return box.bottom < axes.y(other.rate) && axes.y(other.rate) < box.top;
               });
    };
    const double last = axes.roofs_end() - width - 4;
    for (double left = last; left > axes.x(roof.rate / roofline.bandwidth); left -= kStep) {
        for (const double y : {line + kFromLine, line - kFromLine}) {
            if (is_free(at(left, y))) {
                return at(left, y);
            }
        }
    }
    return at(last, line - kFromLine);
}

std::string roof_commands(const Roofline& roofline, const Axes& axes, int height, Obstacles& obstacles) {
    std::string text;
    const double highest = roofline.roofs.empty() ? axes.y_high : roofline.roofs.front().rate;
    const double ridge = highest / roofline.bandwidth;
    const double from = std::max(axes.x_low, axes.y_low / roofline.bandwidth);
    text += fmt::format("set arrow from {0}, {1} to {2}, {3} nohead lw 3 lc rgb '#000000' back\n", plotted(from),
                        plotted(from * roofline.bandwidth), plotted(ridge), plotted(highest));
    obstacles.add_line(axes.x(from), axes.y(from * roofline.bandwidth), axes.x(ridge), axes.y(highest));
    double ceiling = 1e300;
    for (const Roof& roof : roofline.roofs) {
        const double start = roof.rate / roofline.bandwidth;
        text += fmt::format("set arrow from {}, {} to {}, {} nohead lw 3 lc rgb '#000000' back\n", plotted(start),
                            plotted(roof.rate), plotted(axes.x_high), plotted(roof.rate));
        obstacles.add_line(axes.x(start), axes.y(roof.rate), axes.roofs_end(), axes.y(roof.rate));
        const std::string label = fmt::format("{}: {} GMAC/s", roof.dtypes, number_text(roof.rate / 1e9, 3));
        const Box box = roof_label(roofline, axes, roof, text_width(label, kSmallFontSize), ceiling);
        text += label_at(box.left, (box.bottom + box.top) / 2, height, label, fmt::format("left font {}", kSmallFont));
        obstacles.texts.push_back(box);
        ceiling = std::min(axes.y(roof.rate), box.bottom);
    }
    const double slope = (axes.y(highest) - axes.y(from * roofline.bandwidth)) / (axes.x(ridge) - axes.x(from));
    const double angle = std::atan(slope);
    const std::string label = fmt::format("DRAM: {} GB/s", number_text(roofline.bandwidth / 1e9, 3));
    const double length = text_width(label, kSmallFontSize);
    const double x = axes.x(from) + (0.5 * length + 30) * std::cos(angle) - 24 * std::sin(angle);
    const double y = axes.y(from * roofline.bandwidth) + (0.5 * length + 30) * std::sin(angle) + 24 * std::cos(angle);
    text += label_at(x, y, height, label,
                     fmt::format("center rotate by {} font {}", plotted(angle * 57.29578), kSmallFont));
    obstacles.add_line(x - 0.5 * length * std::cos(angle), y - 0.5 * length * std::sin(angle),
                       x + 0.5 * length * std::cos(angle), y + 0.5 * length * std::sin(angle));
    return text;
}

std::string point_labels(const Roofline& roofline, const Axes& axes, int height, Obstacles obstacles) {
    std::vector<const RooflinePoint*> by_time;
    const Time all = total_time(roofline);
    for (const RooflinePoint& point : roofline.points) {
        by_time.push_back(&point);
        obstacles.marks.push_back(symbol_box(point, axes, all));
    }
    std::stable_sort(by_time.begin(), by_time.end(),
                     [](const RooflinePoint* a, const RooflinePoint* b) { return a->time > b->time; });
    by_time.resize(std::min(kLabelled, by_time.size()));
    std::vector<LabelRequest> requests;
    for (const RooflinePoint* point : by_time) {
        const std::string stage = roofline.stages.size() > 1 ? roofline.stages[point->stage] + " " : "";
        const std::string count = point->count > 1 ? fmt::format(" x{}", point->count) : "";
        requests.push_back({axes.x(point->intensity), axes.y(point->rate),
                            fmt::format("{}{}{}, {}", stage, point->name, count, percent_text(point->time / all, 2))});
    }
    const auto placed = place_labels(requests, std::move(obstacles), axes.area, kSmallFontSize);
    return label_commands(requests, placed, height);
}

/// Data of the points, large symbols first so that small ones are drawn on top.
std::string point_data(const Roofline& roofline, const Axes& axes) {
    const Time all = total_time(roofline);
    std::vector<RooflinePoint> points = roofline.points;
    std::stable_sort(points.begin(), points.end(),
                     [](const RooflinePoint& a, const RooflinePoint& b) { return a.time > b.time; });
    std::string data = "$points << EOD\n";
    for (const RooflinePoint& point : points) {
        const auto add = [&](double share_of_size, std::string_view color) {
            data += fmt::format("{} {} {} {} 0x{}\n", plotted(axes.intensity_at(axes.x(point.intensity))),
                                plotted(point.rate), plotted(share_of_size * symbol_size(point, all)),
                                stage_symbol(point.stage), color.substr(1));
        };
        add(1, class_color(point.category));
        if (!point.has_macs) {
            add(kOpening, "#FFFFFF");
        }
    }
    return data + "EOD\n";
}

std::vector<Spot> point_spots(const Roofline& roofline, const Axes& axes, int height) {
    const Time all = total_time(roofline);
    std::vector<Spot> spots;
    for (const RooflinePoint& point : roofline.points) {
        const double half = std::max(12.0, 7 * symbol_size(point, all));
        const std::string& stage = roofline.stages[point.stage];
        spots.push_back({axes.x(point.intensity) - half, height - axes.y(point.rate) - half, 2 * half, 2 * half,
                         operator_key(stage, point.name),
                         fmt::format("{} {} x{}: {}", stage, point.name, point.count, brief(point.time))});
    }
    return spots;
}

std::string point_rows(const Roofline& roofline) {
    std::string text = "stage,operators,count,category,has_macs,operations_per_dram_byte,operations_per_s,time_ms\n";
    for (const RooflinePoint& point : roofline.points) {
        text += fmt::format("{},{},{},{},{},{},{},{}\n", csv_field(roofline.stages[point.stage]), csv_field(point.name),
                            point.count, choice_name(kCategoryNames, point.category), point.has_macs ? 1 : 0,
                            point.intensity > 0 ? csv_number(point.intensity) : "", csv_number(point.rate),
                            csv_number(in_milliseconds(point.time)));
    }
    return text;
}

std::vector<LegendEntry> legend_of(const Roofline& roofline) {
    std::set<Category> categories;
    bool open = false;
    for (const RooflinePoint& point : roofline.points) {
        categories.insert(point.category);
        open = open || !point.has_macs;
    }
    std::vector<LegendEntry> legend;
    for (const Category category : categories) {
        legend.push_back({LegendMark::kPoint, std::string(class_color(category)),
                          std::string(choice_name(kCategoryNames, category))});
    }
    for (std::size_t i = 0; roofline.stages.size() > 1 && i < roofline.stages.size(); ++i) {
        legend.push_back({LegendMark::kPoint, std::string(kQuietColor), roofline.stages[i], stage_symbol(i), false});
    }
    if (open) {
        legend.push_back({LegendMark::kPoint, std::string(kQuietColor),
                          "open: operators without multiplications, by elements", stage_symbol(0), true});
    }
    return legend;
}

/// Drawing of a roofline; its name includes the runtime if `among_others` is true.
Drawing drawing_of(const Roofline& roofline, bool among_others, const std::vector<SettingChange>& changes) {
    const Canvas frame =
        canvas(kRooflineLeft, kRooflineHeight,
               titled(fmt::format("Roofline of {} on {}, {} core{}; larger symbols take more time", roofline.device,
                                  roofline.runtime, roofline.cores, roofline.cores == 1 ? "" : "s"),
                      changes),
               "operations per DRAM byte (MAC/byte)", "achieved rate (MAC/s)", legend_of(roofline));
    const Axes axes = axes_of(roofline, frame.area);
    Obstacles obstacles;
    std::string text = frame.commands;
    text += fmt::format("set logscale xy\nset xrange [{}:{}]\nset yrange [{}:{}]\n", plotted(axes.x_low),
                        plotted(axes.intensity_at(axes.area.right)), plotted(axes.y_low), plotted(axes.y_high));
    text += decade_tics("xtics", axes.x_low, axes.x_high, false) + decade_tics("ytics", axes.y_low, axes.y_high, true);
    text += strip_commands(axes, frame.height, obstacles);
    text += roof_commands(roofline, axes, frame.height, obstacles);
    text += point_labels(roofline, axes, frame.height, obstacles);
    text += point_data(roofline, axes);
    text += "plot $points using 1:2:($3*symbol_scale):4:5 with points pt variable ps variable lc rgb variable\n";
    Drawing drawing{{"roofline-" + roofline.device + (among_others ? "-" + roofline.runtime : ""),
                     fmt::format("Rate that each operator reaches on {} under {}, against the compute and DRAM limits.",
                                 roofline.device, roofline.runtime)},
                    frame.height,
                    text};
    drawing.picture.spots = point_spots(roofline, axes, frame.height);
    drawing.csv = point_rows(roofline);
    return drawing;
}

}  // namespace

std::vector<Drawing> roofline_drawings(const ScenarioResult& result, const Profile& profile) {
    const std::vector<Roofline> all = rooflines(result, profile);
    std::vector<Drawing> drawings;
    for (const Roofline& one : all) {
        const auto of_device = std::ranges::count(all, one.device, &Roofline::device);
        drawings.push_back(drawing_of(one, of_device > 1, result.changes));
    }
    return drawings;
}

}  // namespace berth
