// Frame and cells of pictures made of rows.
#include "report/plot_rows.h"

#include <fmt/format.h>

#include <algorithm>

namespace berth {

namespace {

constexpr double kRowHeight = 72;  // units
constexpr double kGap = 0.6;       // of a row, between groups
constexpr double kLegendRow = 36;

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

}  // namespace

RowFrame row_frame(const std::vector<Row>& rows, std::string_view title, std::string_view time_label, int legend_rows) {
    RowFrame frame_of;
    double at = 0;
    double label_width = 0;
    for (const Row& row : rows) {
        at += row.gap_before ? kGap : 0;
        frame_of.middle.push_back(at);
        at += 1;
        label_width = std::max(label_width, text_width(row.label));
    }
    const double below = 96 + kLegendRow * legend_rows + 10;
    frame_of.height = static_cast<int>(below + at * kRowHeight + 90);
    frame_of.area = {label_width + 40, kPictureWidth - 24, below, frame_of.height - 80.0};
    frame_of.time_range = time_range(rows, frame_of.area.right - frame_of.area.left);
    std::string tics;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        tics += fmt::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_text(rows[i].label), plotted(frame_of.middle[i]));
    }
    std::string& text = frame_of.commands;
    text = frame(frame_of.area, frame_of.height, title);
    text += fmt::format("set xrange [0:{}]\nset yrange [{}:-0.55]\n", plotted(frame_of.time_range), plotted(at - 0.45));
    text += fmt::format(
        "set xlabel {} offset 0,0.2\nset ytics ({}) scale 0\nunset grid\nset grid x lc rgb '#DDDDDD' lw 1 lt 1\n",
        gnuplot_text(time_label), tics);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += fmt::format("set label {} at first {}, first {} left offset screen {}, screen 0 font {} front\n",
                            gnuplot_text(rows[i].note), plotted(rows[i].end), plotted(frame_of.middle[i]),
                            plotted(10.0 / kPictureWidth), kSmallFont);
    }
    return frame_of;
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
    return fmt::format("{} using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder lc rgb '{}' notitle", block, color);
}

std::string cell_legend(std::string_view color, std::string_view title) {
    return fmt::format("keyentry with boxes fs solid 1 noborder lc rgb '{}' title {}", color, gnuplot_text(title));
}

}  // namespace berth
