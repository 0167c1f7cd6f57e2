// Frame and cells of pictures made of rows.
#include "report/plot_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace berth {

namespace {

constexpr double kRowHeight = 72;  // units
constexpr double kGap = 0.6;       // of a row, between groups
constexpr double kAboveRows = 0.55;
constexpr double kBelowRows = -0.45;  // they end closer to the axis

double note_width(const Row& row) { return 14 + text_width(row.note, kSmallFontSize); }

/// The smallest range in which every note ends inside the area.
double time_range(const std::vector<Row>& rows, double width) {
    double range = 0;
    for (const Row& row : rows) {
        range = std::max(range, row.end * 1.02);
        const double share = 1 - note_width(row) / width;  // of the width that is left of the note
        range = std::max(range, row.end / std::max(0.2, share));
    }
    return range > 0 ? range : 1;
}

/// Units of the picture per row.
double row_unit(const RowFrame& frame) {
    return (frame.canvas.area.top - frame.canvas.area.bottom) / (frame.rows + kBelowRows + kAboveRows);
}

// As labels: gnuplot takes the name of a tic for a format, and cuts one that holds a percent sign.
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

RowFrame row_frame(const std::vector<Row>& rows, std::string_view title, std::string_view time_label,
                   const std::vector<LegendEntry>& legend) {
    RowFrame frame;
    double at = 0;
    double label_width = 0;
    for (const Row& row : rows) {
        at += row.gap_before ? kGap : 0;
        frame.middle.push_back(at);
        at += 1;
        label_width = std::max(label_width, text_width(row.label));
    }
    frame.canvas = canvas(label_width + 40, at * kRowHeight, title, time_label, "", legend);
    frame.time_range = time_range(rows, frame.canvas.area.right - frame.canvas.area.left);
    frame.rows = at;
    std::string& text = frame.canvas.commands;
    text += fmt::format("set xrange [0:{}]\nset yrange [{}:{}]\n", plotted(frame.time_range), plotted(at + kBelowRows),
                        plotted(-kAboveRows));
    text += time_tics(frame.time_range, frame.canvas.area.right - frame.canvas.area.left);
    text += "unset ytics\nunset grid\nset grid x lc rgb '#DDDDDD' lw 1 lt 1\n" + row_names(rows, frame);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += fmt::format("set label {} at first {}, first {} left offset screen {}, screen 0 font {} front\n",
                            gnuplot_text(rows[i].note), plotted(rows[i].end), plotted(frame.middle[i]),
                            plotted(10.0 / kPictureWidth), kSmallFont);
    }
    return frame;
}

std::string time_tics(double range, double width) {
    constexpr double kBetween = 36;
    const double least = range / std::max(2.0, width / (text_width("00000") + kBetween));
    const double decade = std::pow(10, std::floor(std::log10(least)));
    const double step = least <= decade       ? decade
                        : least <= 2 * decade ? 2 * decade
                        : least <= 5 * decade ? 5 * decade
                                              : 10 * decade;
    return fmt::format("set xtics {}\n", plotted(step));
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

std::string cell_data(std::string_view block, const std::vector<Cell>& cells) {
    std::string text = fmt::format("{} << EOD\n", block);
    for (const Cell& cell : cells) {
        text += fmt::format("{} {} {} {} {} {}\n", plotted((cell.from + cell.to) / 2), plotted(cell.middle),
                            plotted(cell.from), plotted(cell.to), plotted(cell.middle - cell.half_height),
                            plotted(cell.middle + cell.half_height));
    }
    return text + "EOD\n";
}

std::string cell_clause(std::string_view block, std::string_view color) {
    return fmt::format("{} using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder lc rgb '{}'", block, color);
}

}  // namespace berth
