// What a machine does apart from operators: its memory, its threads, its clock; and what it is.
#pragma once

#include <memory>
#include <string>

#include "measure/timing.h"

namespace berth {

[[nodiscard]] Call memory_call(const MemoryJob& job);
[[nodiscard]] Call fork_join_call(const ForkJoinJob& job);
/// Cycles per second, from additions that wait for one another: one cycle each on every processor that runs this. The
/// best of so many attempts, some 40 us each.
[[nodiscard]] Frequency measured_clock(int attempts);

/// f32 products of Eigen, which splits them over the threads by itself.
[[nodiscard]] std::optional<Call> eigen_call(const KernelJob& job, std::string& why);

/// The encoder as a sequence of kernels. Absent, with the reason in `why`, if one of its operators has none.
[[nodiscard]] std::optional<Calls> encoder_calls(const EncoderJob& job, std::string& why);

}  // namespace berth
