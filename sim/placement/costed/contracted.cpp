// Merges units that some optimal placement keeps together, and coarsens to units of similar weight.
#include <algorithm>
#include <limits>
#include <numeric>

#include "base/index.h"
#include "base/mapped.h"
#include "placement/costed/placement_units.h"

namespace berth {

namespace {

constexpr int kMostPasses = 64;

double sum_of_transfers(const Units& units, const std::vector<int>& producers) {
    return sum_of<double>(producers, [&](const int producer) { return units.producers[at(producer)].transfer; });
}

/// Conditions for a merge: memory does not constrain the moved unit, and its new device can run it.
struct Joining {
    const Units& units;
    double limit;
    bool memory_suffices;

    // Whether `moved` can always go to the device of `kept`: it is free on a CPU, or `kept` is never on one.
    [[nodiscard]] bool fits(std::size_t moved, std::size_t kept) const {
        const bool on_cpu = units.slow[moved] == 0 || units.slow[kept] >= limit;
        const bool on_accelerator = units.fast[moved] < kNowhere || units.fast[kept] == kNowhere;
        return on_cpu && on_accelerator && (memory_suffices || units.size[moved] == 0);
    }

    // Whether the only reader of `unit` should compute it instead of receiving its output.
    [[nodiscard]] bool with_reader(std::size_t unit) const {
        const std::size_t reader = at(units.successors[unit].front());
        const double time = units.fast[unit] < kNowhere ? units.fast[unit] : 0;
        return fits(unit, reader) &&
               sum_of_transfers(units, units.makes[unit]) >= time + sum_of_transfers(units, units.reads[unit]);
    }

    // Whether the only producer of `unit` should compute it instead of sending outputs that only `unit` reads.
    [[nodiscard]] bool with_producer(std::size_t unit) const {
        const std::size_t producer = at(units.predecessors[unit].front());
        double saved = 0;
        for (const int read : units.reads[unit]) {
            const Units::Producer& input = units.producers[at(read)];
            saved += input.readers.size() == 1 ? input.transfer : 0;
        }
        const double time = units.fast[unit] < kNowhere ? units.fast[unit] : 0;
        return fits(unit, producer) && saved >= time + sum_of_transfers(units, units.makes[unit]);
    }
};

// Merges disjoint pairs; returns their number.
std::size_t join_pairs(const Joining& joining, Labels& unit_label) {
    const Units& units = joining.units;
    std::vector<bool> joined(units.count(), false);
    std::size_t pairs = 0;
    const auto join = [&](std::size_t a, std::size_t b) {
        joined[a] = joined[b] = true;
        unit_label[a] = unit_label[b] = static_cast<int>(std::min(a, b));
        ++pairs;
    };
    for (std::size_t unit = 0; unit < units.count(); ++unit) {
        if (joined[unit]) {
            continue;
        }
        if (units.successors[unit].size() == 1 && !joined[at(units.successors[unit].front())] &&
            joining.with_reader(unit)) {
            join(unit, at(units.successors[unit].front()));
        } else if (units.predecessors[unit].size() == 1 && !joined[at(units.predecessors[unit].front())] &&
                   joining.with_producer(unit)) {
            join(unit, at(units.predecessors[unit].front()));
        }
    }
    return pairs;
}

Labels relabelled(const Units& units, const Labels& unit_label) {
    Labels labels = units.unit_of;
    for (int& label : labels) {
        label = unit_label[at(label)];
    }
    return labels;
}

}  // namespace

Labels contracted(const CostedGraph& graph, Labels labels, const std::vector<Allowed>& allowed, double limit) {
    double total = sum_of<double>(graph.nodes, &CostedNode::size);
    for (int pass = 0; pass < kMostPasses; ++pass) {
        const Units units = units_of(graph, labels, allowed);
        Labels unit_label(units.count());
        std::iota(unit_label.begin(), unit_label.end(), 0);
        const Joining joining{units, limit, total <= graph.accelerator_memory};
        if (join_pairs(joining, unit_label) == 0) {
            break;
        }
        labels = relabelled(units, unit_label);
    }
    return labels;
}

Labels coarsened(const CostedGraph& graph, const Units& units, std::size_t most) {
    const auto weight = [&](std::size_t unit) { return units.fast[unit] < kNowhere ? units.fast[unit] : 0.0; };
    double time = 0, size = 0;
    for (std::size_t unit = 0; unit < units.count(); ++unit) {
        time += weight(unit);
        size += units.size[unit];
    }
    const auto share = [&](std::size_t unit) {
        return 1.0 / static_cast<double>(units.count()) + (time > 0 ? weight(unit) / time : 0.0) +
               (size > 0 ? units.size[unit] / size : 0.0);
    };
    const double enough = 3.0 / static_cast<double>(most);
    Labels unit_label(units.count());
    double filled = 0, held = 0;
    int label = 0;
    for (std::size_t unit = 0; unit < units.count(); ++unit) {
        const bool changes = unit > 0 && (units.fast[unit] < kNowhere) != (units.fast[unit - 1] < kNowhere);
        if (unit > 0 &&
            (filled + share(unit) > enough || changes || held + units.size[unit] > graph.accelerator_memory)) {
            ++label;
            filled = held = 0;
        }
        filled += share(unit);
        held += units.size[unit];
        unit_label[unit] = label;
    }
    return relabelled(units, unit_label);
}

}  // namespace berth
