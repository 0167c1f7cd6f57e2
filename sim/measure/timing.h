// Timing a call until its median is settled.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "berth/host_pace.h"
#include "berth/measure.h"

namespace berth {

using Call = std::function<void()>;
/// Calls one after the other: each finds in the caches what those before it left.
using Calls = std::vector<Call>;

using Clock = std::chrono::steady_clock;
[[nodiscard]] Time since(Clock::time_point start);

/// Times `calls`, all of them in turn on `threads` threads; `before` runs untimed ahead of each turn (to empty the
/// caches), or is empty. Turns that are shorter than the clock is fine are timed several at once, unless something has
/// to run before each. Long ones are timed in stretches with a look at the machine between them, and a stretch counts
/// that no other thread of the machine disturbed: their medians and quartiles are added up. Where a stretch has too few
/// of those when the time is up, the patience of `pace` is spent; if there are next to none then, all samples count.
[[nodiscard]] Timing time_calls(const Calls& calls, const Call& before, const TimingRules& rules, HostPace& pace,
                                int threads);

/// Reads more memory than the caches hold.
void empty_caches();

}  // namespace berth
