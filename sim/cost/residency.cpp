// On-chip residency: live ranges of tensors over the execution order against the capacity of the level that keeps them.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cost/lowering.h"

namespace berth {

namespace {

// Keeps the tensors whose whole live range fits, and sums the bytes kept while each operator runs.
void keep_what_fits(Residency& residency, const std::vector<TensorFacts>& tensors) {
    std::vector<Bytes> change(residency.alive.size() + 1);
    residency.on_chip.assign(tensors.size(), 0);
    for (std::size_t t = 0; t < tensors.size(); ++t) {
        const TensorFacts& tensor = tensors[t];
        const auto from = residency.alive.begin() + tensor.first;
        const auto to = residency.alive.begin() + tensor.last + 1;
        const bool fits = std::all_of(from, to, [&residency](Bytes now) { return now <= residency.capacity; });
        residency.on_chip[t] = fits ? 1 : 0;
        if (fits) {
            ++residency.kept_tensors;
            change[tensor.first] += tensor.size;
            change[tensor.last + 1] -= tensor.size;
        } else if (tensor.made_here) {
            residency.spilled += tensor.size;
        }
    }
    Bytes now;
    for (std::size_t i = 0; i < residency.kept.size(); ++i) {
        now += change[i];
        residency.kept[i] = now;
    }
}

// Largest level that keeps tensors.
const MemoryLevel* keeping_level(const Device& device, int cores) {
    const MemoryLevel* largest = nullptr;
    for (const MemoryLevel& level : device.memories) {
        if (level.keeps_tensors && (largest == nullptr || capacity_of(level, cores) > capacity_of(*largest, cores))) {
            largest = &level;
        }
    }
    return largest;
}

// Share of the weights that has to be read again in the next pass.
double evicted_weights(Bytes weights, Bytes activations, const MemoryLevel* level, int cores, DeviceKind kind) {
    const Bytes capacity = level == nullptr ? Bytes{} : capacity_of(*level, cores);
    switch (level == nullptr ? WeightsKept::kAllOrNone : level->weights.value_or(WeightsKept::kAllOrNone)) {
        case WeightsKept::kNone:
            return 1;
        case WeightsKept::kPart:
            return weights > Bytes{} ? std::clamp(1 - (capacity - activations) / weights, 0.0, 1.0) : 0;
        case WeightsKept::kAllOrNone:
            break;
    }
    return evicted_share(weights + activations, capacity, kind);
}

// Range of capacities with equal decisions. Each decision compares the capacity with the live bytes of an operator, or
// with peak activations plus weights. A partial share of evicted weights changes with any capacity, so the range is
// then one value.
void find_what_decides_alike(Residency& residency, Bytes all, DeviceKind kind) {
    residency.alike_below = Bytes::from_si(std::numeric_limits<double>::infinity());
    const auto consider = [&residency](Bytes needed) {
        if (needed <= residency.capacity) {
            residency.alike_from = std::max(residency.alike_from, needed);
        } else {
            residency.alike_below = std::min(residency.alike_below, needed);
        }
    };
    const KeepingCapacities keeps = keeping_capacities(all, kind);
    consider(keeps.nothing_below);
    consider(keeps.all_from);
    std::ranges::for_each(residency.alive, consider);
    if (0 < residency.weights_evicted && residency.weights_evicted < 1) {
        const double next = std::nextafter(residency.capacity.si(), std::numeric_limits<double>::infinity());
        residency.alike_from = residency.capacity;
        residency.alike_below = Bytes::from_si(next);
    }
}

}  // namespace

Bytes keeping_capacity(const Device& device, int cores) {
    const MemoryLevel* level = keeping_level(device, cores);
    return level == nullptr ? Bytes{} : capacity_of(*level, cores);
}

Residency plan_residency(const std::vector<TensorFacts>& tensors, std::size_t operators, Bytes weights,
                         const Device& device, int cores) {
    std::vector<Bytes> change(operators + 1);
    for (const TensorFacts& tensor : tensors) {
        change[tensor.first] += tensor.size;
        change[tensor.last + 1] -= tensor.size;
    }
    Residency residency;
    residency.alive.resize(operators);
    residency.kept.resize(operators);
    Bytes now;
    for (std::size_t i = 0; i < operators; ++i) {
        now += change[i];
        residency.alive[i] = now;
        residency.peak = std::max(residency.peak, now);
    }
    residency.capacity = keeping_capacity(device, cores);
    residency.weights_evicted =
        evicted_weights(weights, residency.peak, keeping_level(device, cores), cores, device.kind);
    find_what_decides_alike(residency, weights + residency.peak, device.kind);
    keep_what_fits(residency, tensors);
    return residency;
}

}  // namespace berth
