// Times calls until the median has converged.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "berth/measure/host_pace.h"
#include "berth/measure/measure.h"

namespace berth {

using Call = std::function<void()>;
/// Calls that run in order: each finds in the caches what the earlier ones left.
using Calls = std::vector<Call>;

using Clock = std::chrono::steady_clock;
[[nodiscard]] Time since(Clock::time_point start);

/// Times `calls`, which run in turn on `threads` threads; `before`, if not empty, runs untimed ahead of each turn (to
/// empty the caches). Turns that are short compared to the clock's resolution are timed several at once, unless
/// `before` has to run ahead of each. Long turns are divided into stretches with a probe of the machine between them. A
/// sample of a stretch counts if no other thread of the machine disturbed it, and the medians and quartiles of the
/// stretches are added up. While a stretch has too few undisturbed samples after the regular time, the patience of
/// `pace` is spent. If it then still has next to none, all its samples count.
[[nodiscard]] Timing time_calls(const Calls& calls, const Call& before, const TimingRules& rules, HostPace& pace,
                                int threads);

/// Evicts the caches by reading more memory than they hold.
void empty_caches();

}  // namespace berth
