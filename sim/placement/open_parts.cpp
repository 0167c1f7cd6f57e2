#include "placement/open_parts.h"

#include <algorithm>
#include <unordered_map>

namespace berth {

namespace {

// Operators that produce or read a flow, without duplicates, in execution order; may be empty.
std::vector<OperatorId> ends_of(const PlacementProblem::TensorFlow& flow) {
    std::vector<OperatorId> ends = flow.consumers;
    if (flow.producer != kNoOperator) {
        ends.push_back(flow.producer);
    }
    std::ranges::sort(ends);
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    return ends;
}

std::vector<std::size_t> leaders(const PlacementProblem& problem) {
    std::vector<std::size_t> leader(problem.cost.size());
    std::unordered_map<int, std::size_t> first;
    for (std::size_t op = 0; op < leader.size(); ++op) {
        const bool grouped = !problem.group.empty() && problem.group[op] >= 0;
        leader[op] = grouped ? first.emplace(problem.group[op], op).first->second : op;
    }
    return leader;
}

}  // namespace

OpenParts::OpenParts(const PlacementProblem& problem)
    : problem_(problem),
      leader_(leaders(problem)),
      live_(problem.cost.size() + 1),
      open_(problem.cost.size() + 1),
      touched_(problem.cost.size()),
      closing_(problem.cost.size()),
      losses_(problem.cost.size()),
      device_of_(problem.cost.size()),
      reached_(problem.flows.size()) {
    std::vector<std::size_t> until(problem.cost.size());  // [operator] last operator to which its device matters
    for (std::size_t op = 0; op < until.size(); ++op) {
        until[op] = op;
        until[leader_[op]] = op;
    }
    for (std::size_t f = 0; f < problem.flows.size(); ++f) {
        const auto ends = ends_of(problem.flows[f]);
        if (ends.empty()) {
            continue;
        }
        const std::size_t last = at(ends.back());
        for (auto op = at(ends.front()) + 1; op <= last; ++op) {
            open_[op].push_back(f);
        }
        for (const OperatorId op : ends) {
            touched_[at(op)].push_back(f);
        }
        closing_[last].push_back(f);
        if (const OperatorId producer = problem.flows[f].producer; producer != kNoOperator) {
            until[at(producer)] = std::max(until[at(producer)], last);
        }
    }
    for (std::size_t i = 0; i < problem.fusion.size(); ++i) {
        const std::size_t first = at(std::min(problem.fusion[i].before, problem.fusion[i].after));
        const std::size_t last = at(std::max(problem.fusion[i].before, problem.fusion[i].after));
        losses_[last].push_back(i);
        until[first] = std::max(until[first], last);
    }
    for (const PlacementLimits::Shared& one : problem.limits.shared) {
        until[at(one.before)] = std::max(until[at(one.before)], at(one.after));
    }
    for (std::size_t op = 0; op < until.size(); ++op) {
        for (std::size_t position = op + 1; position <= until[op]; ++position) {
            live_[position].push_back(op);
        }
    }
}

void OpenParts::read(const std::string& state, std::size_t first, std::size_t position) {
    std::size_t byte = first;
    for (const std::size_t live : live_[position]) {
        device_of_[live] = static_cast<std::uint8_t>(state[byte++]);
    }
    for (const std::size_t flow : open_[position]) {
        reached_[flow] = static_cast<std::uint8_t>(state[byte++]);
    }
}

void OpenParts::append_to(std::string& state, std::size_t position) const {
    for (const std::size_t live : live_[position]) {
        state.push_back(static_cast<char>(device_of_[live]));
    }
    for (const std::size_t flow : open_[position]) {
        state.push_back(static_cast<char>(reached_[flow]));
    }
}

void OpenParts::place(std::size_t op, std::size_t device) {
    device_of_[op] = static_cast<std::uint8_t>(device);
    for (const std::size_t f : touched_[op]) {
        const auto& consumers = problem_.flows[f].consumers;
        const bool reads = std::ranges::find(consumers, static_cast<OperatorId>(op)) != consumers.end();
        const bool was_open = std::ranges::find(open_[op], f) != open_[op].end();
        const unsigned before = was_open ? reached_[f] : 0U;
        reached_[f] = static_cast<std::uint8_t>(before | (reads ? 1U << device : 0U));
    }
}

}  // namespace berth
