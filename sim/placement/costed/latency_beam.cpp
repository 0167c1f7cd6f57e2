// Labels carry the visibility times of producers that still have unplaced readers.
#include "placement/costed/latency_beam.h"

#include <algorithm>

#include "base/index.h"
#include "placement/costed/placement_units.h"

namespace berth {

namespace {

/// Partial placement of all units before a position; the last step placed [position of `before`, here) on one device.
struct Label {
    double estimate = 0;         ///< estimated latency: placed units, and the shortest continuation
    double ends = 0;             ///< finish time of the placed units
    int before = -1;             ///< label that this one extends, within its cell
    int position = 0, used = 0;  ///< position and number of used blocks of that label
    bool in_block = false;
    std::vector<double> visible;  ///< [live producer] time at which it is visible
};

class Beam {
  public:
    Beam(const Units& units, std::size_t width)
        : units_(units),
          width_(width),
          stages_(std::min(units.accelerators, units.count()) + 1),
          cells_((units.count() + 1) * stages_),
          live_(units.count() + 1),
          slot_(units.producers.size(), -1) {
        find_ways_on();
        find_live();
    }

    std::vector<UnitDevices> search() {
        cell(0, 0).emplace_back();
        for (std::size_t position = 0; position < units_.count(); ++position) {
            for (std::size_t i = 0; i < live_[position].size(); ++i) {
                slot_[at(live_[position][i])] = static_cast<int>(i);
            }
            for (std::size_t used = 0; used < stages_; ++used) {
                for (std::size_t i = 0; i < cell(position, used).size(); ++i) {
                    extend_on_cpu(position, used, i);
                    extend_by_block(position, used, i);
                }
            }
            for (const int producer : live_[position]) {
                slot_[at(producer)] = -1;
            }
        }
        return found();
    }

  private:
    std::vector<Label>& cell(std::size_t position, std::size_t used) { return cells_[position * stages_ + used]; }

    // Shortest time from a producer's visibility to the end: a lower bound that favours urgent producers.
    void find_ways_on() {
        std::vector<double> way(units_.count());
        way_on_.assign(units_.producers.size(), 0);
        for (std::size_t unit = units_.count(); unit-- > 0;) {
            double longest = 0;
            for (const int successor : units_.successors[unit]) {
                longest = std::max(longest, way[at(successor)]);
            }
            for (const int producer : units_.makes[unit]) {
                for (const int reader : units_.producers[at(producer)].readers) {
                    way_on_[at(producer)] = std::max(way_on_[at(producer)], way[at(reader)]);
                }
            }
            way[unit] = longest + std::min(units_.fast[unit], units_.slow[unit]);
        }
    }

    // Live producers of each position: placed before it, with a reader at or after it.
    void find_live() {
        for (std::size_t producer = 0; producer < units_.producers.size(); ++producer) {
            const auto first = at(units_.producers[producer].unit) + 1;
            const auto last = at(units_.producers[producer].readers.back());
            for (std::size_t position = first; position <= last; ++position) {
                live_[position].push_back(static_cast<int>(producer));
            }
        }
    }

    [[nodiscard]] double seen(const Label& label, int producer) const { return label.visible[at(slot_[at(producer)])]; }

    /// Offers an extension of `label` whose last step ends at `end`; kept if it is good enough.
    void offer(std::size_t position, std::size_t used, const Label& label, Label next, double end) {
        next.ends = std::max(label.ends, end);
        next.estimate = next.ends;
        const auto when = [&](int producer) { return slot_[at(producer)] >= 0 ? seen(label, producer) : end; };
        for (const int producer : live_[position]) {
            next.estimate = std::max(next.estimate, when(producer) + way_on_[at(producer)]);
        }
        auto& labels = cell(position, used);
        const auto is_before = [](const Label& a, const Label& b) {
            return a.estimate != b.estimate ? a.estimate < b.estimate : a.ends < b.ends;
        };
        if (labels.size() == width_ && !is_before(next, labels.back())) {
            return;
        }
        for (const int producer : live_[position]) {
            next.visible.push_back(when(producer));
        }
        const auto is_same = [&](const Label& other) {
            return other.visible == next.visible && other.ends == next.ends;
        };
        if (std::ranges::any_of(labels, is_same)) {
            return;
        }
        labels.insert(std::upper_bound(labels.begin(), labels.end(), next, is_before), std::move(next));
        if (labels.size() > width_) {
            labels.pop_back();
        }
    }

    [[nodiscard]] static Label continuation(std::size_t position, std::size_t used, std::size_t index, bool in_block) {
        Label next;
        next.before = static_cast<int>(index);
        next.position = static_cast<int>(position);
        next.used = static_cast<int>(used);
        next.in_block = in_block;
        return next;
    }

    void extend_on_cpu(std::size_t position, std::size_t used, std::size_t index) {
        if (units_.slow[position] == kNowhere) {
            return;
        }
        const Label& label = cell(position, used)[index];
        double start = 0;
        for (const int producer : units_.reads[position]) {
            start = std::max(start, seen(label, producer));
        }
        offer(position + 1, used, label, continuation(position, used, index, false), start + units_.slow[position]);
    }

    void extend_by_block(std::size_t position, std::size_t used, std::size_t index) {
        if (used + 1 >= stages_) {
            return;
        }
        const Label& label = cell(position, used)[index];
        double start = 0, computing = 0, receiving = 0, sending = 0, size = 0;
        std::vector<int> received;
        left_.resize(units_.producers.size());
        for (std::size_t unit = position; unit < units_.count() && units_.fast[unit] < kNowhere; ++unit) {
            computing += units_.fast[unit];
            size += units_.size[unit];
            if (!fits(size, units_.memory)) {
                break;
            }
            for (const int producer : units_.reads[unit]) {
                const Units::Producer& input = units_.producers[at(producer)];
                if (at(input.unit) >= position) {
                    sending -= --left_[at(producer)] == 0 ? input.transfer : 0;
                } else if (left_[at(producer)] >= 0) {
                    left_[at(producer)] = -1;
                    received.push_back(producer);
                    start = std::max(start, seen(label, producer));
                    receiving += input.transfer;
                }
            }
            for (const int producer : units_.makes[unit]) {
                left_[at(producer)] = static_cast<int>(units_.producers[at(producer)].readers.size());
                sending += units_.producers[at(producer)].transfer;
            }
            offer(unit + 1, used + 1, label, continuation(position, used, index, true),
                  start + computing + receiving + std::max(sending, 0.0));
        }
        for (const int producer : received) {
            left_[at(producer)] = 0;
        }
    }

    [[nodiscard]] std::vector<UnitDevices> found() {
        std::vector<std::pair<double, UnitDevices>> all;
        for (std::size_t used = 0; used < stages_; ++used) {
            if (cell(units_.count(), used).empty()) {
                continue;
            }
            UnitDevices devices(units_.count(), kOnCpu);
            const Label* label = &cell(units_.count(), used).front();
            const double ends = label->ends;
            for (std::size_t end = units_.count(); label->before >= 0;) {
                for (std::size_t unit = at(label->position); unit < end; ++unit) {
                    devices[unit] = label->in_block ? label->used : kOnCpu;
                }
                end = at(label->position);
                label = &cell(end, at(label->used))[at(label->before)];
            }
            all.emplace_back(ends, std::move(devices));
        }
        std::ranges::stable_sort(all, {}, &std::pair<double, UnitDevices>::first);
        std::vector<UnitDevices> devices;
        for (auto& [ends, placement] : all) {
            devices.push_back(std::move(placement));
        }
        return devices;
    }

    const Units& units_;
    std::size_t width_, stages_;
    std::vector<std::vector<Label>> cells_;
    std::vector<std::vector<int>> live_;
    std::vector<int> slot_;  ///< [producer] its index among the live producers of the current position; -1: not live
    std::vector<double> way_on_;
    /// readers after the block for producers inside it; -1 for earlier producers that it reads
    std::vector<int> left_;
};

}  // namespace

std::vector<UnitDevices> latency_beam(const Units& units, std::size_t width) { return Beam(units, width).search(); }

}  // namespace berth
