// Pictures made of horizontal rows over a time axis: bars and placements share their frame.
#pragma once

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

/// Rows from top to bottom with room for labels and notes, and where each stands.
struct RowFrame {
    Canvas canvas;
    double time_range = 0;       ///< the time axis goes from 0 to this
    std::vector<double> middle;  ///< of each row, on the y axis
    double rows = 0;             ///< that the y axis is high, gaps included
};
[[nodiscard]] RowFrame row_frame(const std::vector<Row>& rows, std::string_view title, std::string_view time_label,
                                 const std::vector<LegendEntry>& legend);

/// Round tics of the time axis, as many as stand beside each other on so many units.
[[nodiscard]] std::string time_tics(double range, double width);

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
