// An assignment of devices, and what is known about the optimum.
#pragma once

#include <cstdint>
#include <vector>

namespace berth {

/// Device per operator: index among the devices of a profile, or of a costed graph.
using Assignment = std::vector<std::int32_t>;

/// `Value` is the type of the objective, which is minimised: a time, or a number in a file's unnamed unit.
template <class Value>
struct Placement {
    Assignment assignment;
    Value objective{};
    Value lower_bound{};          ///< lower bound on the objective of every assignment
    bool proved_optimal = false;  ///< within a relative 1e-9, for rounding of the sums
    /// Optimality gap: (objective - lower_bound) / lower_bound; 0 if they are equal, or if no bound is known.
    [[nodiscard]] double gap() const {
        return objective <= lower_bound || lower_bound <= Value{} ? 0.0 : (objective - lower_bound) / lower_bound;
    }
};

}  // namespace berth
