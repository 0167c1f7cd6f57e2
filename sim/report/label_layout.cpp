// Places labels greedily, nearest free place first.
#include "report/label_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace berth {

namespace {

constexpr double kNear = 24;  // distance that clears the point's own symbol

Box box_at(const LabelRequest& request, double dx, double dy, double radius, int font_size) {
    const double width = text_width(request.text, font_size);
    const double height = 1.25 * font_size;
    const double x = request.x + dx * radius;
    const double y = request.y + dy * radius;
    // The side of the box that faces the point is at the given offset.
    const double left = dx > 0 ? x : (dx < 0 ? x - width : x - width / 2);
    const double bottom = dy > 0 && dx == 0 ? y : (dy < 0 && dx == 0 ? y - height : y - height / 2);
    return {left, bottom, left + width, bottom + height};
}

bool inside(const Box& box, const PlotArea& area) {
    return box.left >= area.left + 4 && box.right <= area.right && box.bottom >= area.bottom + 4 && box.top <= area.top;
}

bool touches(const Box& box, const std::vector<Box>& others) {
    return std::any_of(others.begin(), others.end(), [&box](const Box& other) { return box.overlaps(other); });
}

std::vector<Box> along_line(double x1, double y1, double x2, double y2) {
    constexpr double kStep = 8;
    constexpr double kHalf = 5;
    const int steps = std::max(1, static_cast<int>(std::hypot(x2 - x1, y2 - y1) / kStep));
    std::vector<Box> boxes;
    for (int i = 0; i <= steps; ++i) {
        const double share = static_cast<double>(i) / steps;
        const double x = x1 + share * (x2 - x1);
        const double y = y1 + share * (y2 - y1);
        boxes.push_back({x - kHalf, y - kHalf, x + kHalf, y + kHalf});
    }
    return boxes;
}

/// The end of a label's leader: the point of its box nearest to the labelled point.
std::array<double, 2> leader_end(const LabelRequest& request, const Box& box) {
    return {std::clamp(request.x, box.left, box.right), std::clamp(request.y, box.bottom, box.top)};
}

bool leader_is_clear(const LabelRequest& request, const Box& box, const std::vector<Box>& texts) {
    const auto [x, y] = leader_end(request, box);
    const std::vector<Box> line = along_line(request.x, request.y, x, y);
    return std::none_of(line.begin(), line.end(), [&texts](const Box& piece) { return touches(piece, texts); });
}

std::optional<PlacedLabel> free_place(const LabelRequest& request, const Obstacles& obstacles, const PlotArea& area,
                                      int font_size) {
    constexpr std::array<double, 9> kRadii{kNear, 50, 80, 115, 155, 200, 260, 330, 400};
    constexpr double kDiagonal = 0.7071;
    constexpr double kSteep = 0.9239;
    constexpr double kFlat = 0.3827;
    constexpr std::array<std::array<double, 2>, 12> kDirections{{{1, 0},
                                                                 {-1, 0},
                                                                 {kDiagonal, kDiagonal},
                                                                 {kDiagonal, -kDiagonal},
                                                                 {-kDiagonal, kDiagonal},
                                                                 {-kDiagonal, -kDiagonal},
                                                                 {0, 1},
                                                                 {0, -1},
                                                                 {kFlat, kSteep},
                                                                 {kFlat, -kSteep},
                                                                 {-kFlat, kSteep},
                                                                 {-kFlat, -kSteep}}};
    for (const double radius : kRadii) {
        for (const auto& [dx, dy] : kDirections) {
            const Box box = box_at(request, dx, dy, radius, font_size);
            const bool leader = radius > kNear;
            if (inside(box, area) && !touches(box, obstacles.marks) && !touches(box, obstacles.texts) &&
                (!leader || leader_is_clear(request, box, obstacles.texts))) {
                return PlacedLabel{box, leader};
            }
        }
    }
    return std::nullopt;
}

}  // namespace

void Obstacles::add_line(double x1, double y1, double x2, double y2) {
    const std::vector<Box> line = along_line(x1, y1, x2, y2);
    marks.insert(marks.end(), line.begin(), line.end());
}

std::vector<std::optional<PlacedLabel>> place_labels(std::span<const LabelRequest> requests, Obstacles obstacles,
                                                     const PlotArea& area, int font_size) {
    std::vector<std::optional<PlacedLabel>> placed;
    for (const LabelRequest& request : requests) {
        placed.push_back(free_place(request, obstacles, area, font_size));
        if (placed.back()) {
            obstacles.texts.push_back(placed.back()->box);
        }
    }
    return placed;
}

std::string label_commands(std::span<const LabelRequest> requests, std::span<const std::optional<PlacedLabel>> placed,
                           int height) {
    std::string text;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (!placed[i]) {
            continue;
        }
        const Box& box = placed[i]->box;
        text += label_at(box.left, (box.bottom + box.top) / 2, height, requests[i].text,
                         fmt::format("left font {}", kSmallFont));
        if (placed[i]->leader) {
            const auto [x, y] = leader_end(requests[i], box);
            text += fmt::format(
                "set arrow from screen {}, screen {} to screen {}, screen {} nohead lc rgb '{}' lw 1 front\n",
                plotted(requests[i].x / kPictureWidth), plotted(requests[i].y / height), plotted(x / kPictureWidth),
                plotted(y / height), kQuietColor);
        }
    }
    return text;
}

}  // namespace berth
