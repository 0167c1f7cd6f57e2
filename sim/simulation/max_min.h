// Max-min fair sharing of one bandwidth.
#pragma once

#include <span>

namespace berth {

/// Rates of users with the given caps, which ascend, of a resource with `capacity`: all draw equally, but none more
/// than its cap; what a capped one leaves goes to the others (Bertsekas and Gallager, Data Networks, section 6.5.2).
void max_min_rates(double capacity, std::span<const double> caps, std::span<double> rates);

/// The same where users pass through a part of the resource, which has a limit of its own: `part[i]` is a position in
/// `limits`, or negative. `left` is scratch of the size of `limits`.
void max_min_rates(double capacity, std::span<const double> caps, std::span<const int> part,
                   std::span<const double> limits, std::span<double> left, std::span<double> rates);

}  // namespace berth
