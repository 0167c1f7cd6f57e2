// Independent jobs on all processors.
#pragma once

#include <atomic>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

namespace berth {

/// Calls `job(i)` for each i below `count`, on as many threads as there are processors; the calling thread, which alone
/// may tell of progress, calls `begins(i)` before each of its own. Rethrows what a job throws.
template <class Job, class Begins>
void in_parallel(std::size_t count, const Job& job, const Begins& begins) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&](bool tells) {
        for (std::size_t i = next++; i < count; i = next++) {
            if (tells) {
                begins(i);
            }
            job(i);
        }
    };
    std::vector<std::future<void>> others;
    for (unsigned thread = 1; thread < std::thread::hardware_concurrency() && thread < count; ++thread) {
        others.push_back(std::async(std::launch::async, work, false));
    }
    work(true);
    for (std::future<void>& other : others) {
        other.get();
    }
}

}  // namespace berth
