// Measures a machine apart from operators: its memory, its threads, its clock, and its identification.
#pragma once

#include <memory>
#include <string>

#include "measure/timing.h"

namespace berth {

[[nodiscard]] Call memory_call(const MemoryJob& job);
[[nodiscard]] Call fork_join_call(const ForkJoinJob& job);
/// Clock in cycles per second, from a chain of dependent operations of known latency: multiplications of three cycles
/// on x86, additions of one cycle elsewhere. The best of `attempts` attempts, some 40 us each.
[[nodiscard]] Frequency measured_clock(int attempts);

/// f32 products with Eigen, which distributes them over the threads itself.
[[nodiscard]] std::optional<Call> eigen_call(const KernelJob& job, std::string& why);

}  // namespace berth
