// A stream of chats at a service that has a device to itself.
#include "berth/simulation/chats.h"

#include <algorithm>

namespace berth {

namespace {

SimulatedSystem system_of(const ChatService& service) {
    SimulatedTask chat;
    chat.name = "chat";
    chat.service = 0;
    SimulatedSystem system{{{"device", 1}}, {}, {chat}, {}, {service}};
    system.services.front().reading_draws = system.services.front().stepping_draws = Bandwidth{};
    return system;
}

}  // namespace

ChatTraffic chat_traffic(const SimulationResult& simulated, std::size_t service) {
    ChatTraffic traffic;
    traffic.stable = simulated.stable;
    traffic.load = simulated.load ? std::optional(simulated.load->value) : std::nullopt;
    traffic.sustainable = simulated.sustainable;
    if (!simulated.stable) {
        return traffic;
    }
    const ServedChats& chats = simulated.chats.at(service);
    traffic.throughput = simulated.throughput;
    traffic.tokens = chats.tokens;
    traffic.first_token = chats.first_token;
    traffic.token = chats.token;
    traffic.answer = chats.answer;
    traffic.at_once = chats.at_once;
    traffic.busy = chats.busy;
    traffic.warm_up = simulated.warm_up;
    traffic.counted = simulated.counted;
    traffic.converged = simulated.converged;
    traffic.within_budget = simulated.within_deadline;
    return traffic;
}

ChatTraffic simulate_chats(const ChatService& service, const Arrivals& arrivals, const SimulationOptions& options) {
    return chat_traffic(simulate(system_of(service), arrivals, options), 0);
}

}  // namespace berth
