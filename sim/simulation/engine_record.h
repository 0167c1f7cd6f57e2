// Per-batch records of the requests that may count, so that the warm-up can be discarded afterwards.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace berth {

/// Requests are numbered from the first that may count. Sums are kept per batch of requests; a snapshot of resource use
/// is taken when the first request of a batch arrives.
class EngineRecord {
  public:
    static constexpr std::size_t kBatch = 50;

    EngineRecord(std::size_t tasks, std::size_t phases) : tasks_(tasks), phases_(phases) {}

    void waited(std::size_t request, std::size_t task, double time) { row(request)[task] += time; }
    void slowed(std::size_t request, std::size_t task, double time) { row(request)[tasks_ + task] += time; }
    void phase(std::size_t request, std::size_t phase, double time, bool within) {
        double* sums = row(request) + 2 * tasks_ + 2 * phase;
        sums[0] += time;
        sums[1] += within ? 1 : 0;
    }
    void arrived() { latencies_.push_back(kRunning); }
    void ended(std::size_t request, double latency) { latencies_[request] = latency; }
    void snapshot(std::vector<double> uses) { snapshots_.push_back(std::move(uses)); }

    /// Number of completed requests among the first `count`.
    [[nodiscard]] std::size_t ended_of(std::size_t count) const;
    /// [request] latency; negative for a request that has not completed.
    [[nodiscard]] const std::vector<double>& latencies() const { return latencies_; }
    /// Snapshot of resource use at the start of a batch.
    [[nodiscard]] std::span<const double> uses_before(std::size_t batch) const { return snapshots_[batch]; }
    [[nodiscard]] std::size_t batches_begun() const { return snapshots_.size(); }

    /// Range [first, end) of batches over which the sums below are taken.
    struct Batches {
        std::size_t first = 0, end = 0;
    };
    [[nodiscard]] double waited(std::size_t task, Batches of) const { return sum(task, of); }
    [[nodiscard]] double slowed(std::size_t task, Batches of) const { return sum(tasks_ + task, of); }
    [[nodiscard]] double phase_time(std::size_t phase, Batches of) const { return sum(2 * tasks_ + 2 * phase, of); }
    [[nodiscard]] double phase_within(std::size_t phase, Batches of) const {
        return sum(2 * tasks_ + 2 * phase + 1, of);
    }

  private:
    static constexpr double kRunning = -1;
    [[nodiscard]] std::size_t width() const { return 2 * (tasks_ + phases_); }
    [[nodiscard]] double* row(std::size_t request) {
        const std::size_t batch = request / kBatch;
        if (sums_.size() < (batch + 1) * width()) {
            sums_.resize((batch + 1) * width());
        }
        return sums_.data() + batch * width();
    }
    [[nodiscard]] double sum(std::size_t column, Batches of) const;

    std::size_t tasks_, phases_;
    std::vector<double> latencies_;
    std::vector<double> sums_;  ///< [batch][column]
    std::vector<std::vector<double>> snapshots_;
};

}  // namespace berth
