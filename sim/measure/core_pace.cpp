// Whether the cores compute at the speed that they were seen at before.
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "berth/measure.h"
#include "measure/timing.h"

namespace berth {

namespace {

constexpr int kRounds = 8000;  // some 4 us: what interrupts a thread falls between two runs of the loop
constexpr int kRuns = 3;

// As many additions as a core can take up: whatever shares it with another thread takes up to twice as long, as
// arithmetic on vectors, which waits for itself, does not.
void add_up() {
    unsigned long a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;
    for (int round = 0; round < kRounds; ++round) {
#if defined(__x86_64__)
        asm volatile("add $1,%0\nadd $1,%1\nadd $1,%2\nadd $1,%3\nadd $1,%4\nadd $1,%5"
                     : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
#elif defined(__aarch64__)
        asm volatile("add %0,%0,#1\nadd %1,%1,#1\nadd %2,%2,#1\nadd %3,%3,#1\nadd %4,%4,#1\nadd %5,%5,#1"
                     : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
#else
        asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
#endif
    }
}

Time quickest_of(int runs) {
    Time best = seconds(1);
    for (int run = 0; run < runs; ++run) {
        const auto start = Clock::now();
        add_up();
        best = std::min(best, since(start));
    }
    return best;
}

Time slowest_of(int threads, int runs) {
    double slowest = 0;
#pragma omp parallel num_threads(threads) reduction(max : slowest)
    {
#pragma omp barrier
        slowest = in_seconds(quickest_of(runs));
    }
    return seconds(slowest);
}

}  // namespace

CorePace::CorePace(Time patience) : patience_(patience), best_(slowest_of(1, kRuns)) {}

double CorePace::pace_of(Time now) {
    best_ = std::min(best_, now);
    return best_ / now;
}

double CorePace::look(int threads) { return pace_of(slowest_of(threads, kRuns)); }

double CorePace::glance(int threads) { return pace_of(slowest_of(threads, 1)); }

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
