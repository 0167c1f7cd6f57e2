// Max-min fair sharing of one bandwidth.
#pragma once

#include <span>

namespace berth {

/// Rates of users with the given caps, which ascend, of a resource with `capacity`: all draw equally, but none more
/// than its cap; what a capped one leaves goes to the others (Bertsekas and Gallager, Data Networks, section 6.5.2).
void max_min_rates(double capacity, std::span<const double> caps, std::span<double> rates);

}  // namespace berth
