// Water filling in ascending order of caps.
#include "schedule/max_min.h"

#include <algorithm>
#include <cstddef>

namespace berth {

void max_min_rates(double capacity, std::span<const double> caps, std::span<double> rates) {
    for (std::size_t i = 0; i < caps.size(); ++i) {
        rates[i] = std::min(caps[i], capacity / static_cast<double>(caps.size() - i));
        capacity -= rates[i];
    }
}

}  // namespace berth
