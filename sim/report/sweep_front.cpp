#include "report/sweep_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "berth/base/quantity_text.h"
#include "report/label_layout.h"

namespace berth {

namespace {

constexpr double kMilli = 1e3;
constexpr std::array<GoalWords, 5> kGoalWords{{{Goal::kCost, "cost", "cost", "", 1},
                                               {Goal::kLatency, "total_ms", "latency (ms)", "ms", kMilli},
                                               {Goal::kFirstToken, "ttft_ms", "first token (ms)", "ms", kMilli},
                                               {Goal::kTokenTime, "token_ms", "time per token (ms)", "ms", kMilli},
                                               {Goal::kEnergy, "energy_mj", "energy (mJ)", "mJ", kMilli}}};

}  // namespace

const GoalWords& words_of(Goal goal) { return *std::ranges::find(kGoalWords, goal, &GoalWords::goal); }

double shown(double value, Goal goal) { return value * words_of(goal).in_unit; }

double shown(const DesignPoint& point, Goal goal) { return shown(point.values[static_cast<std::size_t>(goal)], goal); }

std::string cost_unit(const OptimiseQuestion& question) {
    const std::string one = question.cost ? quantity_text(1, question.cost->dimension()) : "1";
    const std::size_t space = one.find(' ');
    return space == std::string::npos ? "" : one.substr(space + 1);
}

std::string axis_name(const OptimiseQuestion& question, Goal goal) {
    if (goal != Goal::kCost) {
        return std::string(words_of(goal).axis);
    }
    const std::string unit = cost_unit(question);
    const std::string formula = question.cost ? question.cost->text() : "";
    return unit.empty() ? fmt::format("cost: {}", formula) : fmt::format("cost in {}: {}", unit, formula);
}

std::string short_name(const SweepAxis& axis) {
    const std::size_t dot = axis.path.rfind('.', axis.path.rfind('.') - 1);
    return axis.path.substr(dot == std::string::npos ? 0 : dot + 1);
}

namespace {

constexpr double kFrontLeft = 190;
constexpr double kFrontHeight = 700;
constexpr std::string_view kFrontColor = "#0072B2";
constexpr std::string_view kBestColor = "#D55E00";

/// One axis of the picture: a goal over slightly more than the range of all points.
struct GoalAxis {
    Goal goal{};
    double low = 1e300, high = -1e300;
    void include(const std::vector<DesignPoint>& points) {
        for (const DesignPoint& point : points) {
            low = std::min(low, shown(point, goal));
            high = std::max(high, shown(point, goal));
        }
    }
    void widen() {
        const double margin = high > low ? 0.06 * (high - low) : 0.1 * std::max(1.0, high);
        low -= margin;
        high += margin;
    }
    [[nodiscard]] double share(double value) const { return (value - low) / (high - low); }
};

struct FrontAxes {
    PlotArea area;
    GoalAxis x, y;
    [[nodiscard]] double place_x(const DesignPoint& point) const {
        return area.left + (area.right - area.left) * x.share(shown(point, x.goal));
    }
    [[nodiscard]] double place_y(const DesignPoint& point) const {
        return area.bottom + (area.top - area.bottom) * y.share(shown(point, y.goal));
    }
};

std::string point_lines(const std::vector<DesignPoint>& points, const FrontAxes& axes) {
    std::string lines;
    for (const DesignPoint& point : points) {
        lines += data_line(shown(point, axes.x.goal), shown(point, axes.y.goal));
    }
    return lines;
}

std::optional<double> shown_limit(const OptimiseQuestion& question, Goal goal) {
    const auto& limit = question.limits.at(static_cast<std::size_t>(goal));
    DesignPoint at;
    at.values.at(static_cast<std::size_t>(goal)) = limit.value_or(0);
    return limit ? std::optional(shown(at, goal)) : std::nullopt;
}

std::string limit_text(const OptimiseQuestion& question, Goal goal, double limit) {
    const std::string unit = goal == Goal::kCost ? cost_unit(question) : std::string(words_of(goal).unit);
    return number_text(limit, 4) + (unit.empty() ? "" : " " + unit);
}

std::string limit_lines(const OptimiseQuestion& question, const FrontAxes& axes) {
    constexpr std::string_view kStyle = "nohead lc rgb '{}' lw 3 dt {} back\n";
    std::string text;
    const auto within = [](const GoalAxis& axis, const std::optional<double>& limit) {
        return limit && *limit > axis.low && *limit < axis.high;
    };
    if (const auto limit = shown_limit(question, axes.x.goal); within(axes.x, limit)) {
        text += fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 ", plotted(*limit));
        text += fmt::format(kStyle, kQuietColor, kDashes);
    }
    if (const auto limit = shown_limit(question, axes.y.goal); within(axes.y, limit)) {
        text += fmt::format("set arrow from graph 0, first {0} to graph 1, first {0} ", plotted(*limit));
        text += fmt::format(kStyle, kQuietColor, kDashes);
    }
    return text;
}

/// "sram.capacity 1 MiB, dma.bandwidth 6 GB/s"
std::string point_name(const Sweep& sweep, const DesignPoint& point) {
    std::vector<std::string> parts;
    const auto values = sweep.values(point.at);
    for (std::size_t a = 0; a < values.size(); ++a) {
        parts.push_back(fmt::format("{} {}", short_name(sweep.axes()[a]), values[a]));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

// Labels of the best point and both ends of the front, where there is room.
std::string point_names(const Sweep& sweep, const OptimiseAnswer& answer, const FrontAxes& axes, int height) {
    Obstacles obstacles;
    for (const auto* points : {&answer.front, &answer.others}) {
        for (const DesignPoint& point : *points) {
            const double x = axes.place_x(point);
            const double y = axes.place_y(point);
            obstacles.marks.push_back({x - 9, y - 9, x + 9, y + 9});
        }
    }
    std::vector<std::size_t> named{*answer.best, 0, answer.front.size() - 1};
    std::vector<LabelRequest> requests;
    for (std::size_t i = 0; i < named.size(); ++i) {
        if (std::ranges::find(named.begin(), named.begin() + static_cast<std::ptrdiff_t>(i), named[i]) ==
            named.begin() + static_cast<std::ptrdiff_t>(i)) {
            const DesignPoint& point = answer.front[named[i]];
            requests.push_back({axes.place_x(point), axes.place_y(point), point_name(sweep, point)});
        }
    }
    const auto placed = place_labels(requests, std::move(obstacles), axes.area, kSmallFontSize);
    return label_commands(requests, placed, height);
}

std::vector<LegendEntry> front_legend(const OptimiseQuestion& question) {
    std::vector<LegendEntry> legend{{LegendMark::kPoint, std::string(kHandoverColor), "evaluated points"},
                                    {LegendMark::kPoint, std::string(kFrontColor), "Pareto-optimal within the limits"},
                                    {LegendMark::kPoint, std::string(kBestColor), "best"}};
    for (const Goal goal : {question.goals[0], question.goals[1]}) {
        if (const auto limit = shown_limit(question, goal)) {
            legend.push_back(
                {LegendMark::kDashedLine, std::string(kQuietColor),
                 fmt::format("limit of {}: {}", choice_name(kGoalNames, goal), limit_text(question, goal, *limit))});
        }
    }
    return legend;
}

}  // namespace

std::vector<Drawing> front_drawings(const Sweep& sweep, const OptimiseQuestion& question,
                                    const OptimiseAnswer& answer) {
    if (question.goals.size() < 2 || answer.front.empty()) {
        return {};
    }
    FrontAxes axes{{}, {question.goals[0]}, {question.goals[1]}};
    for (GoalAxis* axis : {&axes.x, &axes.y}) {
        axis->include(answer.others);
        axis->include(answer.front);
        axis->widen();
    }
    const Canvas frame =
        canvas(kFrontLeft, kFrontHeight,
               titled(fmt::format("{}: Pareto front of {} and {}", sweep.base().scenario,
                                  choice_name(kGoalNames, axes.x.goal), choice_name(kGoalNames, axes.y.goal)),
                      setting_changes(sweep.base())),
               axis_name(question, axes.x.goal), axis_name(question, axes.y.goal), front_legend(question));
    axes.area = frame.area;
    std::string commands =
        frame.commands + limit_lines(question, axes) + point_names(sweep, answer, axes, frame.height);
    commands += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", plotted(axes.x.low), plotted(axes.x.high),
                            plotted(axes.y.low), plotted(axes.y.high));
    Layers layers;
    const auto add = [&](std::string_view block, const std::vector<DesignPoint>& points, double size,
                         std::string_view color) {
        layers.add(block, point_lines(points, axes),
                   fmt::format("using 1:2 with points pt 7 ps {}*{} lc rgb '{}'", size, kSymbolScale, color));
    };
    add("$others", answer.others, 0.7, kHandoverColor);
    add("$front", answer.front, 1.3, kFrontColor);
    add("$best", {answer.front[*answer.best]}, 2, kBestColor);
    return {{{"front", "Pareto-optimal points within the limits, among all that were evaluated."},
             frame.height,
             commands + layers.commands()}};
}

}  // namespace berth
