// Independent jobs on all processors.
#pragma once

#include <atomic>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

namespace berth {

/// Runs `job(i)` for each i below `count` on one thread per processor. The calling thread, the only one that may report
/// progress, calls `begins(i)` before each of its own jobs. Rethrows exceptions of jobs.
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

template <class Job>
void in_parallel(std::size_t count, const Job& job) {
    in_parallel(count, job, [](std::size_t) {});
}

}  // namespace berth
