// Pace of the machine at hand: its current speed relative to its best, since co-runners may disturb it.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>

#include "berth/base/units.h"

namespace berth {

/// Pace below which the machine counts as disturbed by co-runners.
inline constexpr double kUndisturbed = 0.9;

/// Best time of each probe of the machine so far, in seconds; 0: not probed yet.
struct QuickestProbes {
    using ByThreads = std::array<double, 16>;  ///< one, two, four, ... threads
    double core = 0;
    ByThreads cache{}, team{};
};
/// In memory shared with child processes started later, so that one that measures on a disturbed machine knows the best
/// times.
[[nodiscard]] std::shared_ptr<QuickestProbes> shared_quickest_probes();

/// Pace of the machine relative to its best. Threads of a virtual machine may be put on one physical core, beside
/// another machine's threads, or on cores far from each other, and other machines use the last-level cache: for
/// fractions of a second or for minutes, work takes up to three times as long.
class HostPace {
  public:
    /// `patience`: total time that may be spent on waiting and on repeated measurements.
    HostPace(Time patience, std::shared_ptr<QuickestProbes> quickest);
    /// Pace of the slowest of `threads` threads that compute concurrently. One run of some 4 us, which an interrupt may
    /// disturb.
    [[nodiscard]] double probe(int threads);
    /// Pace of the uncore: communication from one of `threads` threads to the others and, if `used` exceeds their
    /// private caches, the last-level cache. In that case it takes some 0.3 ms and pollutes the caches.
    [[nodiscard]] double surroundings(int threads, Bytes used);
    /// Sleeps until cores and surroundings are undisturbed or the patience is spent; returns the pace of the
    /// surroundings then.
    double wait(int threads, Bytes used);
    void spend(Time time) { patience_ -= time; }
    [[nodiscard]] bool is_patient() const { return patience_ > Time{}; }

  private:
    struct Probes {
        std::function<void()> cache, team;
    };

    Time patience_;
    std::shared_ptr<QuickestProbes> quickest_;
    std::map<int, Probes> probes_;  ///< by number of threads
};

}  // namespace berth
