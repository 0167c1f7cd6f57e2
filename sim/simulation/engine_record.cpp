// Sums over batches of requests.
#include "simulation/engine_record.h"

#include <algorithm>

namespace berth {

std::size_t EngineRecord::ended_of(std::size_t count) const {
    const auto end = latencies_.begin() + static_cast<std::ptrdiff_t>(std::min(count, latencies_.size()));
    return static_cast<std::size_t>(std::count_if(latencies_.begin(), end, [](double time) { return time >= 0; }));
}

double EngineRecord::sum(std::size_t column, Batches of) const {
    double all = 0;
    const std::size_t end = std::min(of.end * width(), sums_.size());
    for (std::size_t place = of.first * width() + column; place < end; place += width()) {
        all += sums_[place];
    }
    return all;
}

}  // namespace berth
