// Bounds on the rate under saturation, and a closed-loop simulation with many users where the bounds do not meet.
#include "simulation/saturation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "simulation/event_engine.h"
#include "simulation/steady_state.h"

namespace berth {

namespace {

constexpr double kUsers = 4;  // multiple of the users that keep the busiest resource busy
constexpr double kLeastUsers = 8;
constexpr double kMostProbing = 256;
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

/// Number of users that saturates a system, and the required relative precision of the measured rate.
struct Probing {
    int users = 1;
    double known = kRateKnown;
};

Probing probing(const SimulatedSystem& system, Frequency most) {
    if (system.services.empty()) {
        const double in_service = in_seconds(time_alone(system)) * in_hertz(most);
        return {static_cast<int>(std::clamp(std::ceil(kUsers * in_service), kLeastUsers, kMostProbing))};
    }
    Probing probing{0, kChatRateKnown};
    for (const ChatService& service : system.services) {
        probing.users += 2 * service.slots;
    }
    probing.users += system.tasks.size() > system.services.size() ? static_cast<int>(kLeastUsers) : 0;
    return probing;
}

Frequency simulated_rate(const SimulatedSystem& system, Frequency most) {
    const auto [users, known] = probing(system, most);
    const Arrivals loop = ClosedLoop{users, {}, Variability::kNone};
    const std::size_t least =
        std::max<std::size_t>(kLeastBatches * EngineRecord::kBatch, 4 * static_cast<std::size_t>(users));
    const auto allowed = static_cast<std::size_t>(kMostProbed / static_cast<double>(system.tasks.size()));
    SimulationOptions options;
    options.requests = std::max(least, allowed);
    options.warm_up = 0;
    EventEngine engine(system, loop, options);
    for (std::size_t count = least;; count += count / 2) {
        engine.run(std::min(count, options.requests));
        const SeriesEstimate rate = rate_of(engine.batch_gaps());
        if (rate.half <= known * rate.value || count >= options.requests) {
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

Frequency sustainable_rate(const SimulatedSystem& system) {
    if (std::ranges::any_of(system.services, [](const ChatService& one) { return one.slots > 1; })) {
        return simulated_rate(system, capacity(system));  // batch sizes depend on the queue, so no bound applies
    }
    const std::vector<Occupation> all = occupations(system, false);
    PoolLoad load;
    for (std::size_t pool = 0; pool < system.pools.size(); ++pool) {
        const PoolLoad own = load_of(system, all, pool);
        load = {std::max(load.least, own.least), std::max(load.most, own.most)};
    }
    for (const ChatService& service : system.services) {  // passes are serial, however many cores are free
        const double held = in_seconds(demand_of_chat(service, 1).whole());
        load = {std::max(load.least, held), std::max(load.most, held)};
    }
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
