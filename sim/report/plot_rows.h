// Frame of pictures with horizontal rows over a time axis, shared by bar charts and placement pictures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/plot_style.h"

namespace berth {

/// One row: its label stands on the left, its note at the right end of its content.
struct Row {
    std::string label;
    std::string note;
    double end = 0;           ///< position of the note on the time axis
    bool gap_before = false;  ///< a new group starts here
};

/// Unit of the numbers on a time axis: seconds where milliseconds would give large numbers.
struct TimeAxis {
    std::string_view unit = "ms";
    double milliseconds = 1;  ///< milliseconds per unit
};
/// Unit for an axis that ends at `last` milliseconds.
[[nodiscard]] TimeAxis time_axis(double last);
/// Tics at round values for an axis (`tics` is xtics or ytics) between two times in milliseconds, as many as fit side
/// by side on `width` picture units.
[[nodiscard]] std::string time_tics(const TimeAxis& axis, std::string_view tics, double from, double to, double width);

/// A dashed line at a budget on a time axis in milliseconds, in gnuplot's layer "front" or "back".
[[nodiscard]] std::string budget_line(Time budget, std::string_view layer);

/// Frame with rows from top to bottom, room for labels and notes, and the position of each row.
struct RowFrame {
    Canvas canvas;
    TimeAxis axis;
    double time_range = 0;       ///< the time axis runs from 0 to this value
    std::vector<double> middle;  ///< y coordinate of each row's centre
    double rows = 0;             ///< height of the y axis in rows, gaps included
};
/// The unit is appended to `time_label`. A budget is drawn as a dashed line with a legend entry; notes keep clear of
/// it.
[[nodiscard]] RowFrame row_frame(std::vector<Row> rows, std::string_view title, std::string_view time_label,
                                 std::vector<LegendEntry> legend, std::optional<Time> budget = {});

/// A filled cell of a row, from `from` to `to` on the time axis.
struct Cell {
    double middle = 0, half_height = 0, from = 0, to = 0;
};
/// Position of a cell in the picture.
[[nodiscard]] Spot spot_of(const Cell& cell, const RowFrame& frame, std::string key, std::string title);
/// Adds a layer of filled cells; nothing without cells.
void add_cells(Layers& layers, std::string_view block, const std::vector<Cell>& cells, std::string_view color);
/// How a layer of rectangles is drawn: centre, then ends of both axes.
[[nodiscard]] std::string filled(std::string_view color);

}  // namespace berth
