// Bounds on the rate under saturation, and a simulation of a saturated system where the bounds do not meet.
#include "simulation/saturation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "simulation/event_engine.h"
#include "simulation/steady_state.h"

namespace berth {

namespace {

constexpr double kWaiting = 32;  // requests that wait, besides as many as are in service
constexpr double kMostKept = 1e4;
constexpr int kAmongChats = 8;  // requests in other stages than those of text
constexpr double kRateKnown = 0.01;
constexpr double kChatRateKnown = 0.02;  // looser, since chats vary in length and each takes hundreds of passes
constexpr std::size_t kLeastBatches = 20;
constexpr double kMostProbed = 4e5;
constexpr double kSameRate = 1 + 1e-9;

// Upper bound on the bandwidth that the pool's tasks draw from `bandwidth` at once.
double most_drawn(const SimulatedSystem& system, const std::vector<Occupation>& all, std::size_t pool,
                  std::size_t bandwidth) {
    const int servers = system.pools[pool].servers;
    double per_server = 0;
    int least = servers;
    double fastest = 0;
    for (const Occupation& one : all) {
        if (one.place.pool != pool || one.place.bandwidth != bandwidth || !(one.moved > Bytes{})) {
            continue;
        }
        if (!one.most) {
            return std::numeric_limits<double>::infinity();
        }
        const double cap = in_bytes_per_second(*one.most);
        per_server = std::max(per_server, cap / one.place.servers);
        fastest = std::max(fastest, cap);
        least = std::min(least, one.place.servers);
    }
    const int at_once = servers / least;
    return std::min(per_server * servers, fastest * at_once);
}

// Time per request that a pool is occupied, with as many servers busy as possible, and with as many idle as possible.
struct PoolLoad {
    double least = 0, most = 0;
};

PoolLoad load_of(const SimulatedSystem& system, const std::vector<Occupation>& all, std::size_t pool) {
    const int servers = system.pools[pool].servers;
    int smallest = servers, largest = 0;
    double held = 0;
    for (const Occupation& one : all) {
        if (one.place.pool == pool) {
            held += one.held * one.place.servers;
            smallest = std::min(smallest, one.place.servers);
            largest = std::max(largest, one.place.servers);
        }
    }
    if (largest == 0) {
        return {};
    }
    if (smallest == largest) {
        const double both = held / (servers - servers % largest);
        return {both, both};
    }
    return {held / servers, held / (servers - largest + 1)};
}

// The same for the busiest pool or service; chats run with all slots taken (`full`), or one at a time.
PoolLoad load_of(const SimulatedSystem& system, bool full) {
    const std::vector<Occupation> all = occupations(system, full);
    PoolLoad load;
    for (std::size_t pool = 0; pool < system.pools.size(); ++pool) {
        const PoolLoad own = load_of(system, all, pool);
        load = {std::max(load.least, own.least), std::max(load.most, own.most)};
    }
    for (const ChatService& service : system.services) {  // passes are serial, however many cores are free
        const double held = in_seconds(demand_of_chat(service, full ? service.slots : 1).whole());
        load = {std::max(load.least, held), std::max(load.most, held)};
    }
    return load;
}

/// How a system is kept saturated, and the required relative precision of the measured rate.
struct Probing {
    Arrivals loop;
    std::size_t users = 1, warm_up = 0;
    double known = kRateKnown;
};

// In a stream, tasks of different requests follow each other in random order, and servers idle before a task that needs
// more than are free. Users who send the next request at once would fall into step instead: equal tasks follow each
// other for ever. So as many users think, for exponential times, as there are requests in the system. The completion
// rate of such a saturated system is the arrival rate from which on requests pile up (Baccelli and Foss, *Journal of
// Applied Probability* 32(2), 1995; for tasks of several servers Grosof, Harchol-Balter and Scheller-Wolf, *Stability
// for Two-class Multiserver-job Systems*, arXiv 2010.00631).
Probing in_random_order(double kept, Frequency most, double known) {
    const auto users = static_cast<std::size_t>(2 * kept);
    return {ClosedLoop{static_cast<int>(users), kept / most, Variability::kExponential}, users, 2 * users, known};
}

Probing probing(const SimulatedSystem& system, Frequency most) {
    if (system.services.empty()) {
        const double in_service = in_seconds(time_alone(system)) * in_hertz(most);
        return in_random_order(std::min(std::ceil(2 * in_service) + kWaiting, kMostKept), most, kRateKnown);
    }
    int kept = 0;
    for (const ChatService& service : system.services) {
        kept += 2 * service.slots;
    }
    if (system.tasks.size() > system.services.size()) {
        return in_random_order(kept + kAmongChats, most, kChatRateKnown);
    }
    // The lengths of the answers mix them, and all slots stay taken.
    return {ClosedLoop{kept, {}, Variability::kNone}, static_cast<std::size_t>(kept), 0, kChatRateKnown};
}

Frequency simulated_rate(const SimulatedSystem& system, Frequency most) {
    const Probing saturated = probing(system, most);
    const std::size_t least = std::max(kLeastBatches * EngineRecord::kBatch, 4 * saturated.users);
    const auto allowed = static_cast<std::size_t>(kMostProbed / static_cast<double>(system.tasks.size()));
    SimulationOptions options;
    options.requests = std::max(least, allowed);
    options.warm_up = saturated.warm_up;
    EventEngine engine(system, saturated.loop, options);
    for (std::size_t count = least;; count += count / 2) {
        engine.run(std::min(count, options.requests));
        const SeriesEstimate rate = rate_of(engine.batch_gaps(), engine.batch_progress());
        if (rate.half <= saturated.known * rate.value || count >= options.requests) {
            return hertz(rate.value);
        }
    }
}

}  // namespace

std::vector<bool> never_short(const SimulatedSystem& system) {
    const std::vector<Occupation> all = occupations(system, true);
    std::vector<double> drawn(system.bandwidths.size());
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        for (std::size_t pool = 0; pool < system.pools.size(); ++pool) {
            drawn[i] += most_drawn(system, all, pool, i);
        }
    }
    std::vector<bool> enough(system.bandwidths.size(), true);
    std::vector<double> whole = drawn;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        if (const auto within = system.bandwidths[i].within) {
            whole[*within] += drawn[i];
        }
    }
    const auto carried = [&](std::size_t i) { return in_bytes_per_second(system.bandwidths[i].bandwidth); };
    constexpr double kRounding = 1 + 1e-12;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        const std::size_t top = system.bandwidths[i].within.value_or(i);
        enough[top] = enough[top] && whole[i] <= carried(i) * kRounding;
    }
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        enough[i] = enough[system.bandwidths[i].within.value_or(i)];
    }
    return enough;
}

Frequency most_completed(const SimulatedSystem& system) {
    return std::min(capacity(system), hertz(1 / load_of(system, true).least));
}

Frequency sustainable_rate(const SimulatedSystem& system) {
    if (std::ranges::any_of(system.services, [](const ChatService& one) { return one.slots > 1; })) {
        return simulated_rate(system, capacity(system));  // batch sizes depend on the queue, so no bound applies
    }
    const PoolLoad load = load_of(system, false);
    const std::vector<bool> enough = never_short(system);
    const bool unslowed = std::ranges::all_of(enough, [](bool one) { return one; });
    const Frequency most = std::min(capacity(system), hertz(1 / load.least));
    if (!std::isfinite(in_hertz(most)) || (unslowed && load.most <= load.least * kSameRate)) {
        return most;
    }
    const Frequency simulated = std::min(most, simulated_rate(system, most));
    return unslowed ? std::max(simulated, hertz(1 / load.most)) : simulated;
}

}  // namespace berth
