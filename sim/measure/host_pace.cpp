// Checks whether the machine computes at the highest speed seen before.
#include "berth/measure/host_pace.h"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <chrono>
#include <new>
#include <thread>

#include "measure/probes.h"

namespace berth {

namespace {

constexpr int kRounds = 8000;  // some 4 us, so that interrupts of a thread fall between two runs of the loop
constexpr int kRuns = 3;
constexpr Bytes kBeyondOwnCaches = mebibytes(4);  // per thread
constexpr Bytes kOwnCaches = kibibytes(512);      // less than the private caches of most cores
constexpr int kTeams = 20;
// Factors by which a probe may be slower for other reasons than a disturbance. Beside a thread of another virtual
// machine, a core reads the last-level cache up to a quarter slower; and the distance between two cores that share a
// cache accounts for half of the time that a team takes to start.
constexpr double kCacheVaries = 1.25;
constexpr double kTeamVaries = 1.5;

// Issues as many independent additions as a core can execute. A core that is shared with another thread takes up to
// twice as long for them. For vector arithmetic, which waits for its own results, it does not.
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

double quickest_of(int runs, const std::function<void()>& work) {
    Time best = seconds(1);
    for (int run = 0; run < runs; ++run) {
        const auto start = Clock::now();
        work();
        best = std::min(best, since(start));
    }
    return in_seconds(best);
}

double slowest_core(int threads, int runs) {
    double slowest = 0;
#pragma omp parallel num_threads(threads) reduction(max : slowest)
    {
#pragma omp barrier
        slowest = quickest_of(runs, add_up);
    }
    return slowest;
}

double pace_of(double now, double& quickest) {
    quickest = quickest > 0 ? std::min(quickest, now) : now;
    return quickest / now;
}

}  // namespace

std::shared_ptr<QuickestProbes> shared_quickest_probes() {
    namespace shared = boost::interprocess;
    auto region = std::make_shared<shared::mapped_region>(shared::anonymous_shared_memory(sizeof(QuickestProbes)));
    auto* const probes = new (region->get_address()) QuickestProbes;
    return {std::move(region), probes};
}

HostPace::HostPace(Time patience, std::shared_ptr<QuickestProbes> quickest)
    : patience_(patience), quickest_(std::move(quickest)) {
    static_cast<void>(pace_of(slowest_core(1, kRuns), quickest_->core));
}

double HostPace::probe(int threads) { return pace_of(slowest_core(threads, 1), quickest_->core); }

double HostPace::surroundings(int threads, Bytes used) {
    const auto all = static_cast<double>(threads);
    Probes& probes = probes_[threads];
    if (!probes.cache) {
        probes.cache = memory_call({MemoryAccess::kRead, kBeyondOwnCaches * all, threads});
        probes.team = [start = fork_join_call({threads})] {
            for (int i = 0; i < kTeams; ++i) {
                start();
            }
        };
    }
    const auto at = std::min<std::size_t>(std::bit_width(static_cast<unsigned>(threads)), quickest_->cache.size()) - 1;
    double pace = 1;
    if (used > kOwnCaches * all) {
        pace = std::min(pace, kCacheVaries * pace_of(quickest_of(kRuns, probes.cache), quickest_->cache[at]));
    }
    if (threads > 1) {
        pace = std::min(pace, kTeamVaries * pace_of(quickest_of(kRuns, probes.team), quickest_->team[at]));
    }
    return pace;
}

double HostPace::wait(int threads, Bytes used) {
    constexpr Time kNap = milliseconds(20);
    double around = surroundings(threads, used);
    while (is_patient() &&
           (around < kUndisturbed || pace_of(slowest_core(threads, kRuns), quickest_->core) < kUndisturbed)) {
        std::this_thread::sleep_for(std::chrono::duration<double>(in_seconds(kNap)));
        spend(kNap);
        around = surroundings(threads, used);
    }
    return around;
}

}  // namespace berth
