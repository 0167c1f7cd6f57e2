// Judges whether a stream of chats is stable, and runs it until its percentiles are known well enough.
#include "berth/chats.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "simulation/chat_engine.h"
#include "simulation/engine_record.h"
#include "simulation/simulate.h"
#include "simulation/steady_state.h"

namespace berth {

namespace {

constexpr std::size_t kLeastChats = 2'000;  // before the intervals are believed
constexpr std::size_t kSaturated = 1'000;   // answers from which a service's rate is told
constexpr std::size_t kFilling = 100;       // answers before them
constexpr double kGrowth = 1.5;

/// What is left out at the start of a run, and whether the rest says enough.
struct Judged {
    std::size_t left_out = 0;
    bool converged = false;
};

Judged judged(const ChatEngine& engine, const SimulationOptions& options) {
    const std::span<const double> first = engine.first_tokens();
    Judged judged{std::min(options.warm_up.value_or(0), first.size()), false};
    bool started = true;
    if (!options.warm_up && first.size() >= kLeastInBatch * kIntervalBatches) {
        std::vector<double> sums;
        for (std::size_t from = 0; from + EngineRecord::kBatch <= first.size(); from += EngineRecord::kBatch) {
            double sum = 0;
            for (const double one : first.subspan(from, EngineRecord::kBatch)) {
                sum += one;
            }
            sums.push_back(sum);
        }
        const std::size_t batches = warm_up_of(sums);
        judged.left_out = batches * EngineRecord::kBatch;
        started = batches < sums.size() / 2;
    }
    const auto known = [&](std::span<const double> values) {
        const auto latency = latency_of(values.subspan(judged.left_out));
        return latency && latency->has_intervals && latency->precision() <= *options.precision;
    };
    judged.converged = started && options.precision && known(first) && known(engine.answers());
    return judged;
}

Judged run_until_known(ChatEngine& engine, const Arrivals& arrivals, const SimulationOptions& options) {
    const std::size_t most = options.requests + options.warm_up.value_or(0);
    const bool at_once = !options.precision || std::holds_alternative<ArrivalTrace>(arrivals);
    std::size_t target = at_once ? most : std::min(most, kLeastChats);
    while (true) {
        engine.run(target);
        const Judged result = judged(engine, options);
        if (options.progress) {
            options.progress({engine.first_tokens().size(), most, std::nullopt});
        }
        if (result.converged || target >= most) {
            return result;
        }
        target = std::min(most, static_cast<std::size_t>(kGrowth * static_cast<double>(target)));
    }
}

// Of the answers that ended behind the first ones.
void add_rates(ChatTraffic& result, const std::vector<ChatEngine::Mark>& marks, std::size_t left_out) {
    if (left_out + 1 >= marks.size()) {
        return;
    }
    const ChatEngine::Mark& from = marks[left_out];
    const ChatEngine::Mark& to = marks.back();
    const double time = to.time - from.time;
    const double busy = to.busy - from.busy;
    result.throughput = hertz(static_cast<double>(marks.size() - 1 - left_out) / time);
    result.tokens = hertz((to.tokens - from.tokens) / time);
    result.busy = std::min(1.0, busy / time);
    result.at_once = (to.in_slots - from.in_slots) / busy;
}

}  // namespace

Frequency sustainable_chats(const ChatService& service, std::uint64_t seed) {
    const Arrivals waiting = ClosedLoop{2 * service.slots, {}, Variability::kNone};
    ChatEngine engine(service, waiting, seed);
    engine.run(kFilling + kSaturated);
    ChatTraffic result;
    add_rates(result, engine.marks(), kFilling);
    return result.throughput;
}

ChatTraffic simulate_chats(const ChatService& service, const Arrivals& arrivals, const SimulationOptions& options) {
    ChatTraffic result;
    result.sustainable = sustainable_chats(service, options.seed);
    if (const auto rate = offered_rate(arrivals)) {
        result.load = *rate / result.sustainable;
        result.stable = *result.load < 1;
        if (!result.stable) {
            return result;
        }
    }
    ChatEngine engine(service, arrivals, options.seed);
    const Judged run = run_until_known(engine, arrivals, options);
    const auto counted = [&](std::span<const double> values) { return values.subspan(run.left_out); };
    result.warm_up = run.left_out;
    result.counted = counted(engine.answers()).size();
    result.converged = run.converged || !options.precision;
    result.first_token = latency_of(counted(engine.first_tokens()));
    result.token = latency_of(counted(engine.tokens()));
    result.answer = latency_of(counted(engine.answers()));
    if (options.deadline && result.counted > 0) {
        result.within_budget = share_within(counted(engine.answers()), in_seconds(*options.deadline));
    }
    add_rates(result, engine.marks(), run.left_out);
    return result;
}

}  // namespace berth
