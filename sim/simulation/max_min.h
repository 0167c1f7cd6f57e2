// Max-min fair sharing of one bandwidth.
#pragma once

#include <span>

namespace berth {

/// Max-min fair rates of users with ascending caps on a resource of the given capacity: all get equal rates up to their
/// caps, and what capped users leave is shared by the others (Bertsekas and Gallager, Data Networks, section 6.5.2).
void max_min_rates(double capacity, std::span<const double> caps, std::span<double> rates);

/// The same where users also pass through parts of the resource with limits of their own: `part[i]` is a position in
/// `limits`, or negative. `left` is scratch space of the size of `limits`.
void max_min_rates(double capacity, std::span<const double> caps, std::span<const int> part,
                   std::span<const double> limits, std::span<double> left, std::span<double> rates);

}  // namespace berth
