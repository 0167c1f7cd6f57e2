// How fast the machine at hand is at the moment: something else may use it, too.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>

#include "berth/units.h"

namespace berth {

/// A machine is slower than it may be at this pace: something else uses it, too.
inline constexpr double kUndisturbed = 0.9;

/// The quickest that each probe of the machine was ever seen at, in seconds; 0: not probed yet.
struct QuickestProbes {
    using ByThreads = std::array<double, 16>;  ///< one, two, four, ... threads
    double core = 0;
    ByThreads cache{}, team{};
};
/// In memory that processes share which are started later: one that measures in a bad hour knows the good ones.
[[nodiscard]] std::shared_ptr<QuickestProbes> shared_quickest_probes();

/// How fast the machine is, beside the best that it was seen at. Threads of a virtual machine may be put on one real
/// core, or beside another machine's threads, or on cores far from each other, and other machines use the last cache:
/// for fractions of a second or for minutes, what they do takes up to three times as long.
class HostPace {
  public:
    /// `patience`: what may be spent on waiting, and on measuring again, in all.
    HostPace(Time patience, std::shared_ptr<QuickestProbes> quickest);
    /// The slowest of `threads` threads that compute at once, as a share of the best that one was ever seen at. A
    /// single run of some 4 us, which an interrupt may have met.
    [[nodiscard]] double probe(int threads);
    /// What is around the cores: the way from one of `threads` threads to the others and, if more is `used` than their
    /// own caches hold, the last cache. It takes some 0.3 ms then and leaves other things in the caches.
    [[nodiscard]] double surroundings(int threads, Bytes used);
    /// Sleeps until cores and surroundings are undisturbed or the patience is spent; the surroundings as they are then.
    double wait(int threads, Bytes used);
    void spend(Time time) { patience_ -= time; }
    [[nodiscard]] bool is_patient() const { return patience_ > Time{}; }

  private:
    struct Probes {
        std::function<void()> cache, team;
    };

    Time patience_;
    std::shared_ptr<QuickestProbes> quickest_;
    std::map<int, Probes> probes_;  ///< by threads
};

}  // namespace berth
