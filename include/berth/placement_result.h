// A choice of devices, and what is known of the best one.
#pragma once

#include <cstdint>
#include <vector>

namespace berth {

/// Device per operator: a number among the devices of a profile, or of a costed graph.
using Assignment = std::vector<std::int32_t>;

/// `Value` is what is minimised: a time, or a number in the unit of a file that names none.
template <class Value>
struct Placement {
    Assignment assignment;
    Value objective{};
    Value lower_bound{};          ///< no assignment is below it
    bool proved_optimal = false;  ///< up to a ratio of 1e-9, which rounding of the sums can cause
    /// (objective - lower_bound) / lower_bound; 0 if they are equal, or if no bound is known.
    [[nodiscard]] double gap() const {
        return objective <= lower_bound || lower_bound <= Value{} ? 0.0 : (objective - lower_bound) / lower_bound;
    }
};

}  // namespace berth
