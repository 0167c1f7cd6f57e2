// Timing a call: warm-up, then samples until the median no longer moves.
#include "measure/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "berth/statistics.h"

namespace berth {

namespace {

// The clock itself takes some tens of nanoseconds: a sample lasts long enough that it does not matter.
constexpr double kSampleSeconds = 20e-6;
constexpr std::size_t kLeastSamples = 5;
constexpr double kAlone = 0.75;  // pace of one short look; with another thread on the core it is 0.5 to 0.6
constexpr std::size_t kMostSamples = 20000;

std::size_t calls_per_sample(const Call& call, const TimingRules& rules) {
    const auto start = Clock::now();
    std::size_t calls = 0;
    do {
        call();
        ++calls;
    } while (since(start) < rules.warm_up || calls < 3);
    const double one = in_seconds(since(start)) / static_cast<double>(calls);
    return static_cast<std::size_t>(std::clamp(std::ceil(kSampleSeconds / one), 1.0, 1e6));
}

// The standard error of a median is about 1.25 times that of a mean, and a normal quartile lies 0.67 sigma out.
bool settled(const std::vector<double>& samples, const TimingRules& rules) {
    const double middle = *median(samples);
    const double sigma = (*quantile(samples, 0.75) - *quantile(samples, 0.25)) / 1.35;
    return 1.25 * sigma / std::sqrt(static_cast<double>(samples.size())) <= rules.settled * middle;
}

struct Samples {
    std::vector<double> seconds, paces;

    [[nodiscard]] std::size_t count() const { return seconds.size(); }
    void add(Time time, double pace_then) {
        seconds.push_back(in_seconds(time));
        paces.push_back(pace_then);
    }
    void add(const Samples& others) {
        seconds.insert(seconds.end(), others.seconds.begin(), others.seconds.end());
        paces.insert(paces.end(), others.paces.begin(), others.paces.end());
    }
    [[nodiscard]] Timing timing(std::size_t together) const {
        const auto at = [this](double share) { return berth::seconds(*quantile(seconds, share)); };
        return {berth::seconds(*median(seconds)), at(0), at(0.25), at(0.75), count() * together, *median(paces)};
    }
};

}  // namespace

Time since(Clock::time_point start) { return seconds(std::chrono::duration<double>(Clock::now() - start).count()); }

TimingRules TimingRules::of(MeasureExtent extent) {
    TimingRules rules{milliseconds(3), milliseconds(25), milliseconds(250), 0.01, seconds(120)};
    if (extent == MeasureExtent::kQuick) {
        rules.warm_up = milliseconds(2);
        rules.at_least = milliseconds(10);
        rules.at_most = milliseconds(120);
        rules.settled = 0.02;
        rules.patience = seconds(5);
    }
    return rules;
}

Timing time_call(const Call& call, const Call& before, const TimingRules& rules, const std::function<double()>& pace) {
    const std::size_t together = before ? 1 : calls_per_sample(call, rules);
    Samples undisturbed;
    Samples disturbed;
    const auto start = Clock::now();
    std::size_t check = kLeastSamples;
    double pace_before = pace();
    while (undisturbed.count() + disturbed.count() < kMostSamples) {
        if (before) {
            before();
        }
        const auto from = Clock::now();
        for (std::size_t i = 0; i < together; ++i) {
            call();
        }
        const Time took = since(from);
        const double pace_after = pace();
        const double slower = std::min(pace_before, pace_after);
        (slower >= kAlone ? undisturbed : disturbed).add(took / static_cast<double>(together), slower);
        pace_before = pace_after;
        const Time spent = since(start);
        if (undisturbed.count() + disturbed.count() >= kLeastSamples && spent > rules.at_most) {
            break;
        }
        if (undisturbed.count() >= check) {
            check = undisturbed.count() + undisturbed.count() / 2;
            if (spent > rules.at_least && settled(undisturbed.seconds, rules)) {
                break;
            }
        }
    }
    if (undisturbed.count() < kLeastSamples) {
        undisturbed.add(disturbed);
    }
    return undisturbed.timing(together);
}

void empty_caches() {
    constexpr std::size_t kBytes = std::size_t{128} << 20U;  // more than the last cache of most machines
    // Read, not written: lines that are written would have to leave again during what is timed.
    static const std::vector<char> kMemory(kBytes, 1);
    constexpr std::size_t kCacheLine = 64;
    unsigned sum = 0;
    for (std::size_t i = 0; i < kMemory.size(); i += kCacheLine) {
        sum += static_cast<unsigned char>(kMemory[i]);
    }
    asm volatile("" : : "r"(sum) : "memory");
}

}  // namespace berth
