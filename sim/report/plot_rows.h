// Pictures made of horizontal rows over a time axis: bars and placements share their frame.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/plot_style.h"

namespace berth {

/// One row: its label on the left, a note at the right end of what is drawn in it.
struct Row {
    std::string label;
    std::string note;
    double end = 0;           ///< where the note stands, on the time axis
    bool gap_before = false;  ///< a new group starts here
};

/// What the numbers along an axis of times are read in: seconds where they would be large, else milliseconds.
struct TimeAxis {
    std::string_view unit = "ms";
    double milliseconds = 1;  ///< of the unit
};
/// Of an axis that ends at so many milliseconds.
[[nodiscard]] TimeAxis time_axis(double last);
/// Round tics of an axis (xtics, ytics) between two times in milliseconds, as many as stand beside each other on so
/// many units of the picture.
[[nodiscard]] std::string time_tics(const TimeAxis& axis, std::string_view tics, double from, double to, double width);

/// Rows from top to bottom with room for labels and notes, and where each stands.
struct RowFrame {
    Canvas canvas;
    TimeAxis axis;
    double time_range = 0;       ///< the time axis goes from 0 to this
    std::vector<double> middle;  ///< of each row, on the y axis
    double rows = 0;             ///< that the y axis is high, gaps included
};
/// `time_label` is followed by the unit. A budget is a dashed line with its entry in the legend; notes stand beside it.
[[nodiscard]] RowFrame row_frame(std::vector<Row> rows, std::string_view title, std::string_view time_label,
                                 std::vector<LegendEntry> legend, std::optional<Time> budget = {});

/// A filled cell of a row, from `from` to `to` on the time axis.
struct Cell {
    double middle = 0, half_height = 0, from = 0, to = 0;
};
/// The place of a cell in the picture.
[[nodiscard]] Spot spot_of(const Cell& cell, const RowFrame& frame, std::string key, std::string title);
/// A data block of cells, and the plot clause that fills them.
[[nodiscard]] std::string cell_data(std::string_view block, const std::vector<Cell>& cells);
[[nodiscard]] std::string cell_clause(std::string_view block, std::string_view color);

}  // namespace berth
