// Results of a simulation without its warm-up.
#include <algorithm>

#include "simulation/event_engine.h"

namespace berth {

namespace {

constexpr std::size_t kTime = 0;
constexpr std::size_t kCompleted = 1;
constexpr std::size_t kTasks = 2;
constexpr std::size_t kPools = 3;

// Rate over a time window; 0 for an empty window.
double per_time(double amount, double passed) { return passed > 0 ? amount / passed : 0; }

}  // namespace

double EventEngine::drawn(std::size_t bandwidth) const {
    const auto& [index, part] = plan_.places[bandwidth];
    return part < 0 ? shares_[index].drawn : shares_[index].parts[static_cast<std::size_t>(part)].drawn;
}

double EventEngine::moved(std::size_t bandwidth) const {
    const auto& [index, part] = plan_.places[bandwidth];
    return part < 0 ? shares_[index].moved : shares_[index].parts[static_cast<std::size_t>(part)].moved;
}

std::vector<double> EventEngine::per_batch(std::size_t use) const {
    std::vector<double> differences;
    for (std::size_t batch = 1; batch < record_.batches_begun(); ++batch) {
        differences.push_back(record_.uses_before(batch)[use] - record_.uses_before(batch - 1)[use]);
    }
    return differences;
}

std::vector<double> EventEngine::batch_gaps() const { return per_batch(kTime); }

std::vector<double> EventEngine::batch_completions() const { return per_batch(kCompleted); }

std::vector<double> EventEngine::batch_progress() const {
    std::vector<double> progress = per_batch(kTasks);
    for (double& tasks : progress) {
        tasks /= static_cast<double>(tasks_);
    }
    return progress;
}

double EventEngine::throughput(std::size_t left_out) const {
    if (left_out >= record_.batches_begun()) {
        return 0;
    }
    const auto before = record_.uses_before(left_out);
    return per_time(static_cast<double>(completed_) - before[kCompleted], now_ - before[kTime]);
}

double EventEngine::pool_utilisation(std::size_t pool, std::size_t left_out) const {
    if (left_out >= record_.batches_begun()) {
        return 0;
    }
    const auto before = record_.uses_before(left_out);
    return per_time(pools_[pool].busy - before[kPools + pool], pools_[pool].servers * (now_ - before[kTime]));
}

double EventEngine::bandwidth_utilisation(std::size_t bandwidth, std::size_t left_out) const {
    if (left_out >= record_.batches_begun()) {
        return 0;
    }
    const auto& [index, part] = plan_.places[bandwidth];
    const Share& share = shares_[index];
    const double carried = part < 0 ? share.bandwidth : share.limits[static_cast<std::size_t>(part)];
    const auto before = record_.uses_before(left_out);
    return per_time(drawn(bandwidth) - before[kPools + pools_.size() + bandwidth], carried * (now_ - before[kTime]));
}

double EventEngine::counted_from(std::size_t left_out) const {
    const std::size_t first = std::min(left_out * EngineRecord::kBatch, wanted_);
    return std::max(1.0, static_cast<double>(wanted_ - first));
}

// Requests are simulated in whole batches, except at the maximum count.
EngineRecord::Batches EventEngine::batches_from(std::size_t left_out) const {
    return {left_out, (wanted_ + EngineRecord::kBatch - 1) / EngineRecord::kBatch};
}

TaskContention EventEngine::contention(std::size_t task, std::size_t left_out) const {
    const double requests = counted_from(left_out);
    const EngineRecord::Batches batches = batches_from(left_out);
    return {seconds(record_.waited(task, batches) / requests), seconds(record_.slowed(task, batches) / requests)};
}

PhaseTime EventEngine::phase(std::size_t index, std::size_t left_out) const {
    const double requests = counted_from(left_out);
    const EngineRecord::Batches batches = batches_from(left_out);
    return {
        seconds(record_.phase_time(index, batches) / requests),
        plan_.phases[index].budget < 0 ? std::nullopt : std::optional(record_.phase_within(index, batches) / requests)};
}

}  // namespace berth
