// Times calls: a warm-up, then samples until the median has converged.
#include "measure/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>

#include "berth/base/statistics.h"

namespace berth {

namespace {

// Reading the clock takes some tens of nanoseconds; a sample is long enough to make that negligible.
constexpr double kSampleSeconds = 20e-6;
constexpr std::size_t kLeastSamples = 5;
constexpr std::size_t kFew = 3;  // this many undisturbed samples outweigh any number of disturbed ones
constexpr double kAlone = 0.75;  // least pace of one short probe; with another thread on the core it is 0.5 to 0.6
constexpr std::size_t kMostSamples = 20000;

void run(std::span<const Call> calls) {
    for (const Call& call : calls) {
        call();
    }
}

std::size_t turns_per_sample(const Calls& calls, const TimingRules& rules) {
    const auto start = Clock::now();
    std::size_t turns = 0;
    do {
        run(calls);
        ++turns;
    } while (since(start) < rules.warm_up || turns < 2);
    const double one = in_seconds(since(start)) / static_cast<double>(turns);
    return static_cast<std::size_t>(std::clamp(std::ceil(kSampleSeconds / one), 1.0, 1e6));
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
    /// Standard error of the median: about 1.25 times that of a mean. A quartile of a normal distribution lies 0.67
    /// sigma from the mean.
    [[nodiscard]] double error() const {
        const double sigma = (*quantile(seconds, 0.75) - *quantile(seconds, 0.25)) / 1.35;
        return 1.25 * sigma / std::sqrt(static_cast<double>(count()));
    }
};

/// The calls between two probes of the machine.
struct Stretch {
    std::span<const Call> calls;
    Samples undisturbed, disturbed;
};

// Stretches are longer than the probes beside them, and shorter than most periods in which a core is free of
// co-runners.
std::vector<Stretch> stretches_of(const Calls& calls, std::size_t together) {
    if (together > 1) {
        return {{calls, {}, {}}};  // a turn is short then, even if an interruption makes it look long here
    }
    constexpr Time kLong = microseconds(300);
    std::vector<Stretch> stretches;
    std::size_t first = 0;
    Time taken;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const auto start = Clock::now();
        calls[i]();
        taken += since(start);
        if (taken >= kLong || i + 1 == calls.size()) {
            stretches.push_back({std::span(calls).subspan(first, i + 1 - first), {}, {}});
            first = i + 1;
            taken = {};
        }
    }
    return stretches;
}

std::size_t fewest_undisturbed(const std::vector<Stretch>& stretches) {
    return std::ranges::min_element(stretches, {}, [](const Stretch& one) { return one.undisturbed.count(); })
        ->undisturbed.count();
}

bool settled(const std::vector<Stretch>& stretches, const TimingRules& rules) {
    double all = 0;
    double variance = 0;
    for (const Stretch& stretch : stretches) {
        all += *median(stretch.undisturbed.seconds);
        variance += stretch.undisturbed.error() * stretch.undisturbed.error();
    }
    return std::sqrt(variance) <= rules.settled * all;
}

// The pace is the mean over the stretches, weighted by time.
Timing timing_of(const std::vector<Stretch>& stretches, std::size_t together) {
    Timing all;
    all.runs = std::numeric_limits<std::size_t>::max();
    all.pace = 0;
    for (const Stretch& stretch : stretches) {
        Samples counted = stretch.undisturbed;
        if (counted.count() < kFew) {
            counted.add(stretch.disturbed);
        }
        const auto at = [&counted](double share) { return seconds(*quantile(counted.seconds, share)); };
        all.least += at(0);
        all.lower_quartile += at(0.25);
        all.median += at(0.5);
        all.upper_quartile += at(0.75);
        all.runs = std::min(all.runs, counted.count() * together);
        all.pace += *median(counted.paces) * in_seconds(at(0.5));
    }
    all.pace /= in_seconds(all.median);
    return all;
}

}  // namespace

Time since(Clock::time_point start) { return seconds(std::chrono::duration<double>(Clock::now() - start).count()); }

TimingRules TimingRules::of(MeasureSubject subject, MeasureExtent extent) {
    // Encoders run for long, and each of their stretches has to be timed while the machine is undisturbed.
    const Time patience = seconds(subject == MeasureSubject::kModels ? 300 : 120);
    TimingRules rules{milliseconds(3), milliseconds(25), milliseconds(250), 0.01, patience};
    if (extent == MeasureExtent::kQuick) {
        rules.warm_up = milliseconds(2);
        rules.at_least = milliseconds(10);
        rules.at_most = milliseconds(120);
        rules.settled = 0.02;
        rules.patience = seconds(5);
    }
    return rules;
}

Timing time_calls(const Calls& calls, const Call& before, const TimingRules& rules, HostPace& pace, int threads) {
    const std::size_t together = before ? 1 : turns_per_sample(calls, rules);
    std::vector<Stretch> stretches = stretches_of(calls, together);
    const auto start = Clock::now();
    Time spent;
    std::size_t check = kLeastSamples;
    double pace_before = pace.probe(threads);
    for (std::size_t turn = 1; turn <= kMostSamples; ++turn) {
        if (before) {
            before();
        }
        for (Stretch& stretch : stretches) {
            const auto from = Clock::now();
            for (std::size_t i = 0; i < together; ++i) {
                run(stretch.calls);
            }
            const Time took = since(from);
            const double pace_after = pace.probe(threads);
            const double slower = std::min(pace_before, pace_after);
            (slower >= kAlone ? stretch.undisturbed : stretch.disturbed)
                .add(took / static_cast<double>(together), slower);
            pace_before = pace_after;
        }
        const Time one_more = since(start) - spent;
        spent += one_more;
        const std::size_t fewest = fewest_undisturbed(stretches);
        if (turn >= kLeastSamples && spent > rules.at_most) {
            if (fewest >= kLeastSamples || !pace.is_patient()) {
                break;
            }
            pace.spend(one_more);
        }
        if (fewest >= check) {
            check = fewest + fewest / 2;
            if (spent > rules.at_least && settled(stretches, rules)) {
                break;
            }
        }
    }
    return timing_of(stretches, together);
}

void empty_caches() {
    constexpr std::size_t kBytes = std::size_t{128} << 20U;  // more than the last-level cache of most machines
    // Read, not written: modified lines would have to be written back during the timed calls.
    static const std::vector<char> kMemory(kBytes, 1);
    constexpr std::size_t kCacheLine = 64;
    unsigned sum = 0;
    for (std::size_t i = 0; i < kMemory.size(); i += kCacheLine) {
        sum += static_cast<unsigned char>(kMemory[i]);
    }
    asm volatile("" : : "r"(sum) : "memory");
}

}  // namespace berth
