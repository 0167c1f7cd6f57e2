// Labels beside points, none on top of another.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/plot_style.h"

namespace berth {

/// A rectangle in units from the lower left corner.
struct Box {
    double left = 0, bottom = 0, right = 0, top = 0;
    [[nodiscard]] bool overlaps(const Box& other) const {
        return left < other.right && other.left < right && bottom < other.top && other.bottom < top;
    }
};

/// What labels keep clear of.
struct Obstacles {
    std::vector<Box> marks;  ///< points and lines
    std::vector<Box> texts;  ///< which leaders keep clear of too
    /// Small boxes along a line.
    void add_line(double x1, double y1, double x2, double y2);
};

struct LabelRequest {
    double x = 0, y = 0;  ///< the point, in units
    std::string text;
};

struct PlacedLabel {
    Box box;              ///< its text starts at the left edge, half-way up
    bool leader = false;  ///< so far away that a line should lead to the point
};

/// Tries places around each point, near ones first, in the order of the requests. A label that fits nowhere inside the
/// area without touching an obstacle or an earlier label is absent.
[[nodiscard]] std::vector<std::optional<PlacedLabel>> place_labels(std::span<const LabelRequest> requests,
                                                                   Obstacles obstacles, const PlotArea& area,
                                                                   int font_size);

/// gnuplot commands that write what was placed in the small font, with its leaders.
[[nodiscard]] std::string label_commands(std::span<const LabelRequest> requests,
                                         std::span<const std::optional<PlacedLabel>> placed, int height);

}  // namespace berth
