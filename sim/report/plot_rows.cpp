// Frame and cells of pictures made of rows.
#include "report/plot_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

constexpr double kRowHeight = 72;  // picture units
constexpr double kGap = 0.6;       // gap between groups, in rows
constexpr double kAboveRows = 0.55;
constexpr double kBelowRows = -0.45;  // less than above: rows end closer to the axis

double note_width(const Row& row) { return 14 + text_width(row.note, kSmallFontSize); }

/// The smallest range in which every note ends inside the area.
double time_range(const std::vector<Row>& rows, double width) {
    double range = 0;
    for (const Row& row : rows) {
        range = std::max(range, row.end * 1.02);
        const double share = 1 - note_width(row) / width;  // share of the width to the left of the note
        range = std::max(range, row.end / std::max(0.2, share));
    }
    return range > 0 ? range : 1;
}

/// Moves notes that the line at `limit` would cross to its right. Returns the range in which all notes then fit.
double range_beside(double limit, std::vector<Row>& rows, double width) {
    double range = std::max(time_range(rows, width), limit * 1.02);
    for (bool moved = true; moved;) {
        moved = false;
        for (Row& row : rows) {
            if (limit > row.end && limit < row.end + note_width(row) * range / width) {
                row.end = limit;
                moved = true;
            }
        }
        range = std::max(range, time_range(rows, width));
    }
    return range;
}

/// Height of a row in picture units.
double row_unit(const RowFrame& frame) {
    return (frame.canvas.area.top - frame.canvas.area.bottom) / (frame.rows + kBelowRows + kAboveRows);
}

// Row names are labels instead of tics, because gnuplot reads a tic name as a format and cuts it at a percent sign.
std::string row_names(const std::vector<Row>& rows, const RowFrame& frame) {
    constexpr double kBesideAxis = 20;
    const Canvas& canvas = frame.canvas;
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text +=
            label_at(canvas.area.left - kBesideAxis, canvas.area.top - (frame.middle[i] + kAboveRows) * row_unit(frame),
                     canvas.height, rows[i].label, "right");
    }
    return text;
}

}  // namespace

TimeAxis time_axis(double last) {
    constexpr double kSecond = 1000, kLarge = 10 * kSecond;
    return last < kLarge ? TimeAxis{} : TimeAxis{"s", kSecond};
}

std::string time_tics(const TimeAxis& axis, std::string_view tics, double from, double to, double width) {
    constexpr double kBetween = 36;
    const double least = (to - from) / std::max(2.0, width / (text_width("00000") + kBetween));
    const double decade = std::pow(10, std::floor(std::log10(least)));
    const double step = least <= decade       ? decade
                        : least <= 2 * decade ? 2 * decade
                        : least <= 5 * decade ? 5 * decade
                                              : 10 * decade;
    std::vector<std::string> places;
    for (double i = std::ceil(from / step); i * step <= to; ++i) {
        places.push_back(fmt::format("'{}' {}", number_text(i * step / axis.milliseconds, 6), plotted(i * step)));
    }
    return fmt::format("set {} ({})\n", tics, fmt::join(places, ", "));
}

std::string budget_line(Time budget, std::string_view layer) {
    return fmt::format("set arrow from first {0}, graph 0 to first {0}, graph 1 nohead lc rgb '{1}' lw 3 dt {2} {3}\n",
                       plotted(in_milliseconds(budget)), kQuietColor, kDashes, layer);
}

RowFrame row_frame(std::vector<Row> rows, std::string_view title, std::string_view time_label,
                   std::vector<LegendEntry> legend, std::optional<Time> budget) {
    RowFrame frame;
    if (budget) {
        legend.push_back({LegendMark::kDashedLine, std::string(kQuietColor), "budget of " + brief(*budget)});
    }
    double at = 0;
    double label_width = 0;
    for (const Row& row : rows) {
        at += row.gap_before ? kGap : 0;
        frame.middle.push_back(at);
        at += 1;
        label_width = std::max(label_width, text_width(row.label));
    }
    const PlotArea area = canvas(label_width + 40, at * kRowHeight, title, time_label, "", legend).area;
    const double width = area.right - area.left;
    frame.time_range = budget ? range_beside(in_milliseconds(*budget), rows, width) : time_range(rows, width);
    frame.axis = time_axis(frame.time_range);
    frame.canvas = canvas(label_width + 40, at * kRowHeight, title, fmt::format("{} ({})", time_label, frame.axis.unit),
                          "", legend);
    frame.rows = at;
    std::string& text = frame.canvas.commands;
    text += fmt::format("set xrange [0:{}]\nset yrange [{}:{}]\n", plotted(frame.time_range), plotted(at + kBelowRows),
                        plotted(-kAboveRows));
    text += time_tics(frame.axis, "xtics", 0, frame.time_range, width) + (budget ? budget_line(*budget, "front") : "");
    text += "unset ytics\nunset grid\nset grid x lc rgb '#DDDDDD' lw 1 lt 1\n" + row_names(rows, frame);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += fmt::format("set label {} at first {}, first {} left offset screen {}, screen 0 font {} front\n",
                            gnuplot_text(rows[i].note), plotted(rows[i].end), plotted(frame.middle[i]),
                            plotted(10.0 / kPictureWidth), kSmallFont);
    }
    return frame;
}

Spot spot_of(const Cell& cell, const RowFrame& frame, std::string key, std::string title) {
    const PlotArea& area = frame.canvas.area;
    const double unit = row_unit(frame);
    const double per_time = (area.right - area.left) / frame.time_range;
    const double top = frame.canvas.height - area.top + (cell.middle - cell.half_height + kAboveRows) * unit;
    return {area.left + cell.from * per_time,
            top,
            (cell.to - cell.from) * per_time,
            2 * cell.half_height * unit,
            std::move(key),
            std::move(title)};
}

std::string filled(std::string_view color) {
    return fmt::format("using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder lc rgb '{}'", color);
}

void add_cells(Layers& layers, std::string_view block, const std::vector<Cell>& cells, std::string_view color) {
    std::string lines;
    for (const Cell& cell : cells) {
        lines += data_line((cell.from + cell.to) / 2, cell.middle, cell.from, cell.to, cell.middle - cell.half_height,
                           cell.middle + cell.half_height);
    }
    layers.add(block, lines, filled(color));
}

}  // namespace berth
