// Colour classes that can be merged without excluding a placement.
#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/index.h"
#include "placement/costed/placement_units.h"

namespace berth {

namespace {

constexpr std::size_t kMostWaysIn = 64;  // a class with more entries is treated as open, which is safe

struct ClassShape {
    std::vector<int> ways_in, ways_out;
};

ClassShape shape_of(const std::vector<int>& members, const Relations& relations) {
    ClassShape shape;
    for (const int node : members) {
        const auto outside = [&](int other) { return relations.class_of[at(other)] != relations.class_of[at(node)]; };
        if (std::ranges::any_of(relations.producers[at(node)], outside)) {
            shape.ways_in.push_back(node);
        }
        if (std::ranges::any_of(relations.consumers[at(node)], outside)) {
            shape.ways_out.push_back(node);
        }
    }
    return shape;
}

bool is_closed(const std::vector<int>& members, const Relations& relations) {
    const ClassShape shape = shape_of(members, relations);
    if (shape.ways_in.size() > kMostWaysIn) {
        return false;
    }
    for (const int entry : shape.ways_in) {
        std::vector<int> reached{entry};
        std::unordered_map<int, bool> seen{{entry, true}};
        for (std::size_t next = 0; next < reached.size(); ++next) {
            for (const int consumer : relations.consumers[at(reached[next])]) {
                if (relations.class_of[at(consumer)] == relations.class_of[at(entry)] &&
                    seen.emplace(consumer, true).second) {
                    reached.push_back(consumer);
                }
            }
        }
        const auto is_reached = [&](int node) { return seen.contains(node); };
        if (!std::ranges::all_of(shape.ways_out, is_reached)) {
            return false;
        }
    }
    return true;
}

}  // namespace

ColorClasses color_classes(const Relations& relations) {
    ColorClasses classes;
    classes.closed.resize(relations.class_of.size());
    std::iota(classes.closed.begin(), classes.closed.end(), 0);
    for (const std::vector<int>& members : relations.classes) {
        if (members.size() == 1) {
            continue;
        }
        if (is_closed(members, relations)) {
            for (const int node : members) {
                classes.closed[at(node)] = members.front();
            }
        } else {
            classes.open.push_back(members);
        }
    }
    return classes;
}

}  // namespace berth
