// The ordered numbers form a short chain (number_orders()), so one pass from the cores to the bus and one back enforces
// all orders.
#include "calibration/number_bounds.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <variant>

#include "berth/base/quantity_text.h"

namespace berth {

bool in_list(const std::string& path) {
    return path.find(".clusters.") != std::string::npos || path.find(".fuses.") != std::string::npos;
}

double as_written(double si, Dimension dimension) {
    const auto read = parse_quantity(quantity_text(si, dimension), dimension);
    const auto* quantity = std::get_if<ParsedQuantity>(&read);
    return quantity != nullptr ? quantity->value : si;
}

NumberBounds::NumberBounds(Profile& profile, const std::vector<std::string>& fitted,
                           const std::vector<std::string>& probed, const std::vector<std::string>& kept) {
    const auto named = [](const std::vector<std::string>& paths, const std::string& path) {
        return std::ranges::find(paths, path) != paths.end();
    };
    for (ParameterView& view : parameters(profile)) {
        Node node;
        node.believed = node.now = view.value;
        node.least = view.least;
        node.most = view.most;
        const auto found = std::ranges::find(fitted, view.path);
        node.fitted = found == fitted.end() ? -1 : static_cast<int>(found - fitted.begin());
        node.probed = named(probed, view.path);
        // Datasheet values without a spread are fixed; whoever doubts one changes it in the datasheet entry.
        const bool stated = view.origin == Origin::kDatasheet && view.spread == 0;
        node.kept = node.fitted < 0 && !node.probed && (named(kept, view.path) || in_list(view.path) || stated);
        node.view = std::move(view);
        nodes_.push_back(std::move(node));
    }
    for (Node& node : nodes_) {
        node.base = node.view.base.empty() ? -1 : place(node.view.base);
    }
    for (const NumberOrder& order : number_orders(profile)) {
        const int lesser = place(order.lesser);
        const int greater = place(order.greater);
        const bool both = nodes_[static_cast<std::size_t>(lesser)].fitted >= 0 &&
                          nodes_[static_cast<std::size_t>(greater)].fitted >= 0;
        if (both) {
            between_fitted_.push_back(order);
        }
        orders_.push_back({lesser, greater});
    }
    bound_by_kept();
}

int NumberBounds::place(const std::string& path) const {
    const auto found = std::ranges::find(nodes_, path, [](const Node& node) { return node.view.path; });
    if (found == nodes_.end()) {
        throw std::logic_error("no number " + path);
    }
    return static_cast<int>(found - nodes_.begin());
}

const NumberBounds::Node& NumberBounds::at(const std::string& path) const {
    return nodes_[static_cast<std::size_t>(place(path))];
}

// Whether a number is a share of another, directly or through further shares.
bool NumberBounds::moves_with(const Node& number, int other) const {
    for (int base = number.base; base >= 0; base = nodes_[static_cast<std::size_t>(base)].base) {
        if (base == other) {
            return true;
        }
    }
    return false;
}

// Factor by which the number that it is a share of has yielded.
double NumberBounds::moved_by_base(const Node& number) const {
    if (number.base < 0) {
        return 1;
    }
    const Node& base = nodes_[static_cast<std::size_t>(number.base)];
    return base.believed > 0 ? base.now / base.believed : 1;
}

double NumberBounds::no_use_beyond(const std::string& path) const {
    double most = std::numeric_limits<double>::infinity();
    for (const Order& order : orders_) {
        const Node& lesser = nodes_[static_cast<std::size_t>(order.lesser)];
        const Node& greater = nodes_[static_cast<std::size_t>(order.greater)];
        if (lesser.view.path == path && lesser.believed > greater.believed && greater.follows()) {
            most = std::min(most, greater.believed);
        }
    }
    return most;
}

// Propagates bounds of kept numbers upwards and downwards through numbers that follow.
void NumberBounds::bound_by_kept() {
    for (std::size_t i = orders_.size(); i-- > 0;) {
        Node& lesser = nodes_[static_cast<std::size_t>(orders_[i].lesser)];
        const Node& greater = nodes_[static_cast<std::size_t>(orders_[i].greater)];
        // More of the other number would not help a share of it.
        const bool holds = greater.kept || (lesser.measured() && moves_with(lesser, orders_[i].greater));
        const double most = holds ? greater.believed : greater.most;
        if (most < lesser.most) {
            lesser.most = most;
            lesser.held_by = holds ? orders_[i].greater : greater.held_by;
        }
    }
    for (const Order& order : orders_) {
        const Node& lesser = nodes_[static_cast<std::size_t>(order.lesser)];
        Node& greater = nodes_[static_cast<std::size_t>(order.greater)];
        const double least = lesser.kept ? lesser.believed : lesser.least;
        if (least > greater.least) {
            greater.least = least;
            greater.held_by = lesser.kept ? order.lesser : lesser.held_by;
        }
    }
}

void NumberBounds::raise() {
    for (const Order& order : orders_) {
        const Node& lesser = nodes_[static_cast<std::size_t>(order.lesser)];
        Node& greater = nodes_[static_cast<std::size_t>(order.greater)];
        if (greater.follows() && lesser.now > greater.now && (lesser.measured() || lesser.because_of >= 0)) {
            greater.now = lesser.now;
            greater.because_of = order.lesser;
        }
    }
}

void NumberBounds::lower() {
    for (std::size_t i = orders_.size(); i-- > 0;) {
        Node& lesser = nodes_[static_cast<std::size_t>(orders_[i].lesser)];
        const Node& greater = nodes_[static_cast<std::size_t>(orders_[i].greater)];
        if (lesser.follows() && lesser.now > greater.now && (greater.measured() || greater.because_of >= 0)) {
            lesser.now = greater.now;
            lesser.because_of = orders_[i].greater;
        }
    }
}

void NumberBounds::follow(const std::vector<double>& fitted) {
    std::vector<double> before;
    for (Node& node : nodes_) {
        before.push_back(node.now);
        node.now = node.fitted >= 0 ? fitted[static_cast<std::size_t>(node.fitted)] : node.believed;
        node.because_of = -1;
        // Probed values are clamped to the bounds of kept numbers, like fitted ones.
        if (node.probed && node.fitted < 0 && (node.now > node.most || node.now < node.least)) {
            node.now = std::clamp(node.now, node.least, node.most);
            node.because_of = node.held_by;
        }
    }
    raise();
    lower();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].fitted < 0 && nodes_[i].now != before[i]) {
            nodes_[i].view.set(nodes_[i].now / moved_by_base(nodes_[i]));  // its base moves it too
        }
    }
}

std::vector<FollowingNumber> NumberBounds::moved() const {
    std::vector<FollowingNumber> moved;
    for (const Node& node : nodes_) {
        if (node.because_of >= 0) {
            moved.push_back({node.view.path, node.view.dimension, node.believed, node.now, node.view.spread,
                             node.view.origin, nodes_[static_cast<std::size_t>(node.because_of)].view.path,
                             node.view.base, node.view.share / moved_by_base(node), node.view.per_cycle});
        }
    }
    return moved;
}

std::vector<HeldNumber> NumberBounds::held(const std::vector<double>& fitted) const {
    constexpr double kAt = 1e-3;  // four digits
    std::vector<HeldNumber> held;
    for (const Node& node : nodes_) {
        if (!node.measured() || node.held_by < 0) {
            continue;
        }
        const double value = node.fitted >= 0 ? fitted[static_cast<std::size_t>(node.fitted)] : node.now;
        const Node& by = nodes_[static_cast<std::size_t>(node.held_by)];
        if (value >= by.believed * (1 - kAt) && value <= by.believed * (1 + kAt)) {
            held.push_back({node.view.path, by.view.path, by.view.dimension, by.believed, by.view.where});
        }
    }
    return held;
}

}  // namespace berth
