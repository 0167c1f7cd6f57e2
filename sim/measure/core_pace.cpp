// Whether the cores compute at the speed that they were seen at before.
#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "berth/measure.h"
#include "measure/timing.h"
#include "measure/wide_loops.h"

namespace berth {

namespace {

constexpr int kRounds = 400;  // some 10 us: what interrupts a thread falls between two runs of the loop
constexpr int kRuns = 3;

// As much SIMD arithmetic as a core has room for: whatever shares it with another thread takes twice as long.
BERTH_WIDEST void multiply_and_add(std::array<float, 192>& sums) {
    for (int round = 0; round < kRounds; ++round) {
        for (float& sum : sums) {
            sum = sum * 0.999F + 0.001F;
        }
    }
}

Time quickest_run() {
    std::array<float, 192> sums{};
    Time best = seconds(1);
    for (int run = 0; run < kRuns; ++run) {
        const auto start = Clock::now();
        multiply_and_add(sums);
        best = std::min(best, since(start));
        asm volatile("" : : "r"(sums.data()) : "memory");
    }
    return best;
}

Time slowest_of(int threads) {
    double slowest = 0;
#pragma omp parallel num_threads(threads) reduction(max : slowest)
    {
#pragma omp barrier
        slowest = in_seconds(quickest_run());
    }
    return seconds(slowest);
}

}  // namespace

CorePace::CorePace(Time patience) : patience_(patience), best_(slowest_of(1)) {}

double CorePace::look(int threads) {
    const Time now = slowest_of(threads);
    best_ = std::min(best_, now);
    return best_ / now;
}

double CorePace::wait(int threads) {
    constexpr Time kNap = milliseconds(20);
    double pace = look(threads);
    while (pace < kUndisturbed && is_patient()) {
        std::this_thread::sleep_for(std::chrono::duration<double>(in_seconds(kNap)));
        spend(kNap);
        pace = look(threads);
    }
    return pace;
}

void CorePace::spend(Time time) { patience_ -= time; }

}  // namespace berth
