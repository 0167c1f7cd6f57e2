// Batch means, MSER truncation, and quantiles of latencies.
#include "simulation/steady_state.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "berth/base/statistics.h"
#include "simulation/engine_record.h"

namespace berth {

namespace {

constexpr double kStudent = 2.0930;  // Student's t at 97.5 % with 19 degrees of freedom
constexpr double kMostCorrelation = 0.9;

/// Quantiles that are reported besides the mean.
constexpr std::array<double, 3> kShares{0.50, 0.95, 0.99};
using Statistics = std::array<double, 1 + kShares.size()>;

Statistics statistics_of(std::vector<double> values) {
    Statistics result{*mean(values)};
    std::ranges::sort(values);
    for (std::size_t i = 0; i < kShares.size(); ++i) {
        const double position = kShares[i] * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const std::size_t above = std::min(below + 1, values.size() - 1);
        result[i + 1] = values[below] + (position - std::floor(position)) * (values[above] - values[below]);
    }
    return result;
}

// Splits values into 20 batches of equal size, dropping the remainder at the start; empty if there are too few values.
std::vector<std::span<const double>> batches_of(std::span<const double> values) {
    const std::size_t size = values.size() / kIntervalBatches;
    std::vector<std::span<const double>> batches;
    for (std::size_t batch = 0; size >= kLeastInBatch && batch < kIntervalBatches; ++batch) {
        batches.push_back(values.subspan(values.size() % kIntervalBatches + batch * size, size));
    }
    return batches;
}

double correlation_of_neighbours(std::span<const double> values) {
    const double centre = *mean(values);
    double all = 0, neighbours = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        all += (values[i] - centre) * (values[i] - centre);
        neighbours += i > 0 ? (values[i] - centre) * (values[i - 1] - centre) : 0;
    }
    return all > 0 ? neighbours / all : 0;
}

}  // namespace

std::size_t warm_up_of(std::span<const double> values) {
    // Backwards, so that each step adds one value to the sums.
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    double sum = 0, squares = 0;
    const double centre = mean(values).value_or(0);  // centring limits cancellation in the sum of squares
    for (std::size_t first = values.size(); first-- > 0;) {
        const double value = values[first] - centre;
        sum += value;
        squares += value * value;
        const auto count = static_cast<double>(values.size() - first);
        const double error = std::max(0.0, squares - sum * sum / count) / (count * count);
        if (first <= values.size() / 2 && error <= least) {
            least = error;
            best = first;
        }
    }
    return best;
}

double half_interval(std::span<const double> batches) {
    const double deviation = standard_deviation(batches).value_or(0);
    const double correlation = std::clamp(correlation_of_neighbours(batches), 0.0, kMostCorrelation);
    return kStudent * deviation / std::sqrt(static_cast<double>(batches.size())) *
           std::sqrt((1 + correlation) / (1 - correlation));
}

SeriesEstimate rate_of(std::span<const double> gaps, std::span<const double> completions) {
    const std::size_t warm_up = warm_up_of(gaps);
    const std::span<const double> times = gaps.subspan(warm_up);
    const std::span<const double> counts = completions.subspan(warm_up);
    const double gap = mean(times).value_or(0);
    if (!(gap > 0)) {
        return {0, std::numeric_limits<double>::infinity()};
    }
    const double rate = *mean(counts) / gap;
    std::vector<double> more;  // completions beyond those at the mean rate
    for (std::size_t i = 0; i < times.size(); ++i) {
        more.push_back(counts[i] - rate * times[i]);
    }
    return {rate, half_interval(more) / gap};
}

std::optional<SimulatedLatency> latency_of(std::span<const double> latencies) {
    if (latencies.empty()) {
        return std::nullopt;
    }
    const Statistics all = statistics_of({latencies.begin(), latencies.end()});
    SimulatedLatency result;
    std::array<std::vector<double>, std::tuple_size_v<Statistics>> batches;
    for (const std::span<const double> batch : batches_of(latencies)) {
        const Statistics one = statistics_of({batch.begin(), batch.end()});
        for (std::size_t i = 0; i < one.size(); ++i) {
            batches[i].push_back(one[i]);
        }
    }
    result.has_intervals = !batches.front().empty();
    const auto with_interval = [&](std::size_t i) {
        const Time half = result.has_intervals ? seconds(half_interval(batches[i])) : Time{};
        return SimulatedTime{seconds(all[i]), seconds(all[i]) - half, seconds(all[i]) + half};
    };
    result.mean = with_interval(0);
    result.p50 = with_interval(1);
    result.p95 = with_interval(2);
    result.p99 = with_interval(3);
    return result;
}

bool keeps_to(double duration, double limit) {
    constexpr double kRounding = 1e-9;  // of a double after weeks of simulated time
    return duration <= limit * (1 + kRounding);
}

SimulatedShare share_within(std::span<const double> latencies, double deadline) {
    const auto share_of = [deadline](std::span<const double> values) {
        const auto met = std::ranges::count_if(values, [deadline](double one) { return keeps_to(one, deadline); });
        return static_cast<double>(met) / static_cast<double>(values.size());
    };
    SimulatedShare share{share_of(latencies), 0, 0};
    std::vector<double> batches;
    for (const std::span<const double> batch : batches_of(latencies)) {
        batches.push_back(share_of(batch));
    }
    const double half = batches.empty() ? 0 : half_interval(batches);
    share.low = std::max(0.0, share.value - half);
    share.high = std::min(1.0, share.value + half);
    return share;
}

double SimulatedLatency::precision() const {
    const auto share = [](const SimulatedTime& time) {
        return time.value > Time{} ? (time.high - time.value) / time.value : 0.0;
    };
    return std::max(share(mean), share(p95));
}

}  // namespace berth
