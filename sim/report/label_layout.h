// Placement of point labels without overlaps.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/plot_style.h"

namespace berth {

/// A rectangle in picture units from the lower left corner.
struct Box {
    double left = 0, bottom = 0, right = 0, top = 0;
    [[nodiscard]] bool overlaps(const Box& other) const {
        return left < other.right && other.left < right && bottom < other.top && other.bottom < top;
    }
};

/// Areas that labels must not cover.
struct Obstacles {
    std::vector<Box> marks;  ///< points and lines
    std::vector<Box> texts;  ///< texts, which leaders must not cross either
    /// Adds small boxes along a line to the marks.
    void add_line(double x1, double y1, double x2, double y2);
};

struct LabelRequest {
    double x = 0, y = 0;  ///< the labelled point, in picture units
    std::string text;
};

struct PlacedLabel {
    Box box;              ///< the text starts at its left edge, vertically centred
    bool leader = false;  ///< far enough from the point to need a leader line
};

/// Greedy placement in the order of the requests: tries positions around each point, nearest first. A label is absent
/// if every position inside the area touches an obstacle or an earlier label.
[[nodiscard]] std::vector<std::optional<PlacedLabel>> place_labels(std::span<const LabelRequest> requests,
                                                                   Obstacles obstacles, const PlotArea& area,
                                                                   int font_size);

/// gnuplot commands for the placed labels, in the small font, and their leaders.
[[nodiscard]] std::string label_commands(std::span<const LabelRequest> requests,
                                         std::span<const std::optional<PlacedLabel>> placed, int height);

}  // namespace berth
