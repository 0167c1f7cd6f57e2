// Timing a call until its median is settled.
#pragma once

#include <chrono>
#include <functional>

#include "berth/measure.h"

namespace berth {

using Call = std::function<void()>;

using Clock = std::chrono::steady_clock;
[[nodiscard]] Time since(Clock::time_point start);

/// Times `call`; `before` runs untimed ahead of each timed call (to empty the caches), or is empty. Calls that are
/// shorter than the clock is fine are timed several at once, unless something has to run before each. Samples between
/// two moments at which the cores had, by their `pace`, no other thread count; where there are too few of them, all do.
[[nodiscard]] Timing time_call(const Call& call, const Call& before, const TimingRules& rules,
                               const std::function<double()>& pace);

/// Reads more memory than the caches hold.
void empty_caches();

}  // namespace berth
