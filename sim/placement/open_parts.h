// What a placement of the first operators leaves open for the later ones: the state of dynamic programmes over the
// operators in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/index.h"
#include "berth/placement/placement.h"

namespace berth {

/// Devices of operators that still matter, and devices that each live flow has reached, as bytes of a state. A flow is
/// live from the first to the last operator that produces or reads it, and is charged at the last.
class OpenParts {
  public:
    explicit OpenParts(const PlacementProblem& problem);

    /// Number of bytes before operator `position`.
    [[nodiscard]] std::size_t bytes(std::size_t position) const {
        return live_[position].size() + open_[position].size();
    }
    /// Reads the state before operator `position` from the bytes behind `first`.
    void read(const std::string& state, std::size_t first, std::size_t position);
    void append_to(std::string& state, std::size_t position) const;
    /// Places `op`, before which the state was read.
    void place(std::size_t op, std::size_t device);

    /// The first operator of its group, which decides for the group.
    [[nodiscard]] std::size_t leader_of(std::size_t op) const { return leader_[op]; }
    [[nodiscard]] std::size_t device_of(std::size_t op) const { return device_of_[op]; }
    /// Flows that `op` is the last to produce or read.
    [[nodiscard]] const std::vector<std::size_t>& closed_by(std::size_t op) const { return closing_[op]; }
    /// Calls `each(from, to)` for every device that a closed flow has to reach from another one.
    template <class Each>
    void each_crossing(std::size_t flow, Each each) const;
    /// Calls `each(i)` for every fused group, at its last operator `op`, that the placement splits.
    template <class Each>
    void each_split(std::size_t op, Each each) const;

  private:
    const PlacementProblem& problem_;
    std::vector<std::size_t> leader_;
    std::vector<std::vector<std::size_t>> live_, open_;       ///< [position] operators and flows with later readers
    std::vector<std::vector<std::size_t>> touched_;           ///< [operator] flows that it produces or reads
    std::vector<std::vector<std::size_t>> closing_, losses_;  ///< [operator] flows and fusion losses charged at it
    std::vector<std::uint8_t> device_of_, reached_;           ///< fields of the current state
};

template <class Each>
void OpenParts::each_crossing(std::size_t flow, Each each) const {
    const PlacementProblem::TensorFlow& one = problem_.flows[flow];
    const std::size_t from = one.producer == kNoOperator ? at(problem_.host) : device_of_[at(one.producer)];
    const unsigned reached = reached_[flow] | (one.to_host ? 1U << at(problem_.host) : 0U);
    for (std::size_t to = 0; to < problem_.devices; ++to) {
        if (to != from && (reached >> to & 1U) != 0) {
            each(from, to);
        }
    }
}

template <class Each>
void OpenParts::each_split(std::size_t op, Each each) const {
    for (const std::size_t i : losses_[op]) {
        const auto& loss = problem_.fusion[i];
        if (device_of_[at(loss.after)] == loss.device && device_of_[at(loss.before)] != loss.device) {
            each(i);
        }
    }
}

}  // namespace berth
