// Parallel work with ordered results: results wait for their predecessors, and workers wait when too far ahead.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace berth {

/// Hands out the numbers below a count in order; one thread takes the results in the same order.
template <class Result>
class OrderedWork {
  public:
    /// At most `most_waiting` numbers are handed out ahead of the results taken.
    OrderedWork(std::size_t count, std::size_t most_waiting) : count_(count), most_waiting_(most_waiting) {}

    /// The next number, waiting until there is room; absent if none is left.
    std::optional<std::size_t> next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return over_locked() || next_ < taken_ + most_waiting_; });
        return over_locked() ? std::nullopt : std::optional(next_++);
    }
    /// Non-blocking variant; also absent while there is no room.
    std::optional<std::size_t> next_now() {
        const std::lock_guard lock(mutex_);
        return over_locked() || next_ >= taken_ + most_waiting_ ? std::nullopt : std::optional(next_++);
    }
    [[nodiscard]] bool over() const {
        const std::lock_guard lock(mutex_);
        return over_locked();
    }

    void done(std::size_t number, Result result) {
        const std::lock_guard lock(mutex_);
        done_.emplace(number, std::move(result));
        changed_.notify_all();
    }
    /// Ends the work early; take_all() rethrows the failure.
    void fail(std::exception_ptr failure) {
        const std::lock_guard lock(mutex_);
        failure_ = failure ? std::move(failure) : failure_;
        stopped_ = true;
        changed_.notify_all();
    }

    /// Passes all results to `take(result)` in order; ends the work early when it returns false.
    template <class Take>
    void take_all(const Take& take) {
        while (const auto result = next_result()) {
            try {
                if (!take(*result)) {
                    fail(nullptr);
                }
            } catch (...) {
                fail(std::current_exception());
            }
        }
    }
    void rethrow() const {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

  private:
    [[nodiscard]] bool over_locked() const { return stopped_ || next_ == count_; }

    std::optional<Result> next_result() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopped_ || taken_ == count_ || done_.contains(taken_); });
        if (stopped_ || taken_ == count_) {
            return std::nullopt;
        }
        std::optional<Result> result(std::move(done_.extract(taken_).mapped()));
        ++taken_;
        changed_.notify_all();
        return result;
    }

    const std::size_t count_, most_waiting_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::size_t, Result> done_;
    std::exception_ptr failure_;
    std::size_t next_ = 0, taken_ = 0;
    bool stopped_ = false;
};

/// Runs `work`; an exception ends the ordered work.
template <class Result, class Work>
void guarded(OrderedWork<Result>& ordered, const Work& work) {
    try {
        work();
    } catch (...) {
        ordered.fail(std::current_exception());
    }
}

template <class Result, class Worker, class Make>
void make_all(OrderedWork<Result>& ordered, Worker& worker, const Make& make) {
    while (const auto number = ordered.next()) {
        ordered.done(*number, make(worker, *number));
    }
}

/// Runs `make(worker, number)` for every number below `count` on one thread per worker, and `take(result)` in order on
/// the calling thread; ends early when it returns false. Exceptions of either are rethrown here. `elsewhere` receives
/// the work on a thread of its own, to distribute numbers to `others` additional remote workers.
template <class Result, class Worker, class Make, class Take, class Elsewhere>
void in_order(std::size_t count, std::vector<Worker>& workers, const Make& make, const Take& take, std::size_t others,
              const Elsewhere& elsewhere) {
    constexpr std::size_t kAhead = 4;
    OrderedWork<Result> ordered(count, kAhead * (workers.size() + others));
    {
        std::vector<std::jthread> threads;
        for (Worker& worker : workers) {
            threads.emplace_back([&] { guarded(ordered, [&] { make_all(ordered, worker, make); }); });
        }
        if (others > 0) {
            threads.emplace_back([&] { guarded(ordered, [&] { elsewhere(ordered); }); });
        }
        ordered.take_all(take);
    }
    ordered.rethrow();
}

template <class Result, class Worker, class Make, class Take>
void in_order(std::size_t count, std::vector<Worker>& workers, const Make& make, const Take& take) {
    in_order<Result>(count, workers, make, take, 0, [](OrderedWork<Result>&) {});
}

}  // namespace berth
