// Determines the range of an activation, which dynamic quantisation needs for its scale.
#include <omp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/onednn.h"
#include "measure/wide_loops.h"

namespace berth {

namespace {

struct Ends {
    float low = 0, high = 0;
};

// One minimum and maximum per vector lane, so that the comparisons need no fixed order.
constexpr std::size_t kLanes = 64;

BERTH_WIDEST Ends ends_of(const float* data, std::size_t count) {
    std::array<float, kLanes> low{};
    std::array<float, kLanes> high{};
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const float value = data[i + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
        }
    }
    for (; i < count; ++i) {
        low[0] = std::min(low[0], data[i]);
        high[0] = std::max(high[0], data[i]);
    }
    return {*std::min_element(low.begin(), low.end()), *std::max_element(high.begin(), high.end())};
}

}  // namespace

float range_of(const dnnl::memory& rows) {
    constexpr std::size_t kWorthSplitting = 16384;
    const auto* const data = static_cast<const float*>(rows.get_data_handle());
    const std::size_t count = rows.get_desc().get_size() / sizeof(float);
    const auto threads = static_cast<std::size_t>(count > kWorthSplitting ? omp_get_max_threads() : 1);
    if (threads == 1) {
        const Ends ends = ends_of(data, count);
        return ends.high - ends.low;
    }
    std::vector<Ends> parts(threads);
#pragma omp parallel num_threads(static_cast <int>(threads))
    {
        const auto t = static_cast<std::size_t>(omp_get_thread_num());
        const std::size_t from = count * t / threads;
        parts[t] = ends_of(data + from, count * (t + 1) / threads - from);
    }
    Ends all;
    for (const Ends& part : parts) {
        all.low = std::min(all.low, part.low);
        all.high = std::max(all.high, part.high);
    }
    return all.high - all.low;
}

}  // namespace berth
