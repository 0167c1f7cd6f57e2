// Work on many threads, taken in order: results wait for those before them, and workers for room.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace berth {

/// `make(worker, number)` for every number below `count`, on one thread per worker; `take(result)` gets the results in
/// order on this thread, and ends everything early by returning false. What either throws is thrown here.
template <class Result, class Worker, class Make, class Take>
void in_order(std::size_t count, std::vector<Worker>& workers, const Make& make, const Take& take) {
    const std::size_t most_waiting = 4 * workers.size();
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::size_t, Result> done;
    std::exception_ptr failure;
    std::size_t next = 0;
    std::size_t taken = 0;
    bool stopped = false;
    const auto work = [&](Worker& worker) {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return stopped || next == count || next < taken + most_waiting; });
            if (stopped || next == count) {
                return;
            }
            const std::size_t number = next++;
            lock.unlock();
            try {
                Result result = make(worker, number);
                lock.lock();
                done.emplace(number, std::move(result));
            } catch (...) {
                lock.lock();
                failure = std::current_exception();
                stopped = true;
            }
            changed.notify_all();
        }
    };
    std::vector<std::jthread> threads;
    for (Worker& worker : workers) {
        threads.emplace_back([&work, &worker] { work(worker); });
    }
    std::unique_lock lock(mutex);
    while (taken < count && !stopped) {
        changed.wait(lock, [&] { return stopped || done.contains(taken); });
        if (stopped) {
            break;
        }
        const Result result = std::move(done.extract(taken).mapped());
        ++taken;
        changed.notify_all();
        lock.unlock();
        bool more = false;
        std::exception_ptr thrown;
        try {
            more = take(result);
        } catch (...) {
            thrown = std::current_exception();
        }
        lock.lock();
        failure = thrown ? thrown : failure;
        stopped = stopped || !more;
    }
    stopped = true;
    changed.notify_all();
    lock.unlock();
    threads.clear();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace berth
