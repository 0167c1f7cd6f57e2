// Ranks, rank-based placement, and lanes with insertion into the earliest gap.
#include "placement/list_schedule.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "base/index.h"
#include "base/mapped.h"

namespace berth {

namespace {

// Visits operators in topological order, the ready one of highest priority first.
template <class Visit>
void in_ready_order(const std::vector<std::vector<std::size_t>>& readers, const std::vector<Time>& order, Visit visit) {
    std::vector<int> waits(readers.size(), 0);
    for (const auto& each : readers) {
        for (const std::size_t reader : each) {
            ++waits[reader];
        }
    }
    const auto before = [&order](std::size_t a, std::size_t b) {
        return order[a] != order[b] ? order[a] > order[b] : a < b;
    };
    std::set<std::size_t, decltype(before)> ready(before);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        if (waits[i] == 0) {
            ready.insert(i);
        }
    }
    while (!ready.empty()) {
        const std::size_t next = *ready.begin();
        ready.erase(ready.begin());
        visit(next);
        for (const std::size_t reader : readers[next]) {
            if (--waits[reader] == 0) {
                ready.insert(reader);
            }
        }
    }
}

}  // namespace

/// Busy intervals of a lane or of the link.
class ListScheduler::Lane {
  public:
    [[nodiscard]] Time earliest(Time ready, Time duration) const {
        auto next = std::ranges::upper_bound(taken_, ready, {}, [](const auto& one) { return one.second; });
        Time start = ready;
        for (; next != taken_.end() && next->first < start + duration; ++next) {
            start = std::max(start, next->second);
        }
        return start;
    }
    void take(Time start, Time end) {
        const std::pair<Time, Time> made(start, end);  // an empty interval precedes one that starts at the same time
        taken_.insert(std::upper_bound(taken_.begin(), taken_.end(), made), made);
    }

  private:
    std::vector<std::pair<Time, Time>> taken_;  ///< in ascending order
};

ListScheduler::ListScheduler(const PlacementProblem& problem, std::vector<int> lanes)
    : problem_(problem),
      lanes_(std::move(lanes)),
      reads_(problem.cost.size()),
      makes_(problem.cost.size()),
      losses_(problem.cost.size()) {
    if (!problem.group.empty() || lanes_.size() != problem.devices) {
        throw std::logic_error("a list schedule is of single operators, on the lanes of every device");
    }
    for (std::size_t f = 0; f < problem.flows.size(); ++f) {
        const auto& flow = problem.flows[f];
        if (flow.producer != kNoOperator) {
            makes_[at(flow.producer)].push_back(f);
        }
        for (const OperatorId reader : flow.consumers) {
            reads_[at(reader)].push_back(f);
        }
        Time sum;
        for (const auto& row : flow.crossing) {
            sum = std::accumulate(row.begin(), row.end(), sum);
        }
        const std::size_t pairs = problem.devices * (problem.devices - 1);
        mean_crossing_.push_back(pairs > 0 ? sum / static_cast<double>(pairs) : Time{});
    }
    for (std::size_t i = 0; i < problem.fusion.size(); ++i) {
        losses_[at(problem.fusion[i].after)].push_back(i);
    }
    for (const auto& costs : problem.cost) {
        Time sum;
        int devices = 0;
        for (const auto& cost : costs) {
            sum += cost.value_or(Time{});
            devices += cost ? 1 : 0;
        }
        mean_cost_.push_back(devices > 0 ? sum / devices : Time{});
    }
    ranks_.resize(problem.cost.size());
    for (std::size_t op = problem.cost.size(); op-- > 0;) {
        Time behind;
        for (const std::size_t f : makes_[op]) {
            for (const OperatorId reader : problem.flows[f].consumers) {
                behind = std::max(behind, mean_crossing_[f] + ranks_[at(reader)]);
            }
        }
        ranks_[op] = mean_cost_[op] + behind;
    }
}

OperatorId ListScheduler::fused_before(std::size_t op, DeviceId device) const {
    for (const std::size_t i : losses_[op]) {
        if (problem_.fusion[i].device == device) {
            return problem_.fusion[i].before;
        }
    }
    return kNoOperator;
}

Time ListScheduler::cost_on(std::size_t op, const Assignment& assignment) const {
    Time cost = problem_.cost[op][at(assignment[op])].value();
    for (const std::size_t i : losses_[op]) {
        const auto& loss = problem_.fusion[i];
        cost += loss.device == assignment[op] && assignment[at(loss.before)] != loss.device ? loss.loss : Time{};
    }
    return cost;
}

// Optimistic time from an operator on `device` to the end through one reader, on the best device for that reader.
Time ListScheduler::optimistic_way(std::size_t reader, std::size_t device, Time crossing,
                                   const std::vector<std::vector<Time>>& table) const {
    std::optional<Time> least;
    for (std::size_t to = 0; to < problem_.devices; ++to) {
        if (const auto& cost = problem_.cost[reader][to]) {
            const Time way = table[reader][to] + *cost + (to == device ? Time{} : crossing);
            least = least ? std::min(*least, way) : way;
        }
    }
    return least.value_or(Time{});
}

// PEFT's optimistic cost table, equation 6 of the paper.
std::vector<std::vector<Time>> ListScheduler::optimistic_costs() const {
    std::vector<std::vector<Time>> table(problem_.cost.size(), std::vector<Time>(problem_.devices));
    for (std::size_t op = problem_.cost.size(); op-- > 0;) {
        for (std::size_t device = 0; device < problem_.devices; ++device) {
            for (const std::size_t f : makes_[op]) {
                for (const OperatorId reader : problem_.flows[f].consumers) {
                    const Time way = optimistic_way(at(reader), device, mean_crossing_[f], table);
                    table[op][device] = std::max(table[op][device], way);
                }
            }
        }
    }
    return table;
}

std::vector<Time> ListScheduler::optimistic_ranks() const {
    return mapped(optimistic_costs(), [&](const auto& row) {
        return std::accumulate(row.begin(), row.end(), Time{}) / static_cast<double>(problem_.devices);
    });
}

/// A placement under construction.
class ListScheduler::Placing {
  public:
    explicit Placing(const ListScheduler& scheduler)
        : scheduler_(scheduler),
          problem_(scheduler.problem_),
          assignment_(problem_.cost.size(), 0),
          end_(problem_.cost.size()),
          active_from_(problem_.devices) {
        for (const int lanes : scheduler.lanes_) {
            lanes_.emplace_back(static_cast<std::size_t>(lanes));
        }
    }

    // Places `op` on the device that minimises its finish time plus `to_come`.
    void place(std::size_t op, const std::vector<Time>& to_come) {
        std::optional<Way> best;
        for (std::size_t device = 0; device < problem_.devices; ++device) {
            if (!problem_.cost[op][device]) {
                continue;
            }
            assignment_[op] = static_cast<DeviceId>(device);
            const Time ready = ready_on(op, device);
            const Time duration = scheduler_.cost_on(op, assignment_);
            for (std::size_t lane = 0; lane < lanes_[device].size(); ++lane) {
                const Time start = lanes_[device][lane].earliest(ready, duration);
                const Time worth = start + duration + to_come[device];
                if (!best || worth < best->worth) {
                    best = Way{worth, start, start + duration, device, lane};
                }
            }
        }
        if (!best) {
            throw std::logic_error("an operator that can run nowhere");
        }
        assignment_[op] = static_cast<DeviceId>(best->device);
        end_[op] = best->end;
        auto& active = active_from_[best->device];
        active = active.value_or(best->start);
        lanes_[best->device][best->lane].take(best->start, best->end);
    }

    [[nodiscard]] const Assignment& assignment() const { return assignment_; }

  private:
    struct Way {
        Time worth, start, end;
        std::size_t device = 0, lane = 0;
    };

    [[nodiscard]] Time ready_on(std::size_t op, std::size_t device) const {
        Time ready;
        for (const std::size_t f : scheduler_.reads_[op]) {
            const auto& flow = problem_.flows[f];
            const bool given = flow.producer == kNoOperator;
            const DeviceId from = given ? problem_.host : assignment_[at(flow.producer)];
            const Time made = given ? Time{} : end_[at(flow.producer)];
            ready = std::max(ready, made + flow.crossing[at(from)][device]);
        }
        const auto& active = active_from_[device];
        return active ? std::max(ready, *active) : ready + problem_.activation[device];
    }

    const ListScheduler& scheduler_;
    const PlacementProblem& problem_;
    Assignment assignment_;
    std::vector<Time> end_;
    std::vector<std::vector<Lane>> lanes_;          ///< [device]
    std::vector<std::optional<Time>> active_from_;  ///< [device]
};

Assignment ListScheduler::placed_by(const std::vector<Time>& order,
                                    const std::vector<std::vector<Time>>& to_come) const {
    std::vector<std::vector<std::size_t>> readers(problem_.cost.size());
    for (const auto& flow : problem_.flows) {
        for (const OperatorId reader : flow.consumers) {
            if (flow.producer != kNoOperator) {
                readers[at(flow.producer)].push_back(at(reader));
            }
        }
    }
    Placing placing(*this);
    in_ready_order(readers, order, [&](std::size_t op) { placing.place(op, to_come[op]); });
    return placing.assignment();
}

Assignment ListScheduler::heft() const {
    return placed_by(ranks_, std::vector(problem_.cost.size(), std::vector<Time>(problem_.devices)));
}

Assignment ListScheduler::peft() const { return placed_by(optimistic_ranks(), optimistic_costs()); }

// Groups operators into units. An epilogue operator joins its group's unit unless it also waits for an input that may
// depend on that group.
std::vector<std::vector<OperatorId>> ListScheduler::units_of(const Assignment& assignment) const {
    std::vector<std::vector<OperatorId>> units;
    std::vector<std::size_t> unit_of(assignment.size());
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        const OperatorId before = fused_before(op, assignment[op]);
        bool joins = before != kNoOperator && at(before) < op && assignment[at(before)] == assignment[op];
        for (std::size_t i = 0; joins && i < reads_[op].size(); ++i) {
            const OperatorId made_by = problem_.flows[reads_[op][i]].producer;
            const auto& unit = units[unit_of[at(before)]];
            joins = made_by < unit.front() || unit_of[at(made_by)] == unit_of[at(before)];
        }
        unit_of[op] = joins ? unit_of[at(before)] : units.size();
        if (!joins) {
            units.emplace_back();
        }
        units[unit_of[op]].push_back(static_cast<OperatorId>(op));
    }
    return units;
}

/// A schedule under construction.
class ListScheduler::Building {
  public:
    Building(const ListScheduler& scheduler, const Assignment& assignment)
        : scheduler_(scheduler),
          problem_(scheduler.problem_),
          assignment_(assignment),
          units_(scheduler.units_of(assignment)),
          unit_of_(assignment.size()),
          end_(assignment.size()),
          active_from_(problem_.devices) {
        for (std::size_t u = 0; u < units_.size(); ++u) {
            for (const OperatorId op : units_[u]) {
                unit_of_[at(op)] = u;
            }
        }
        for (const int lanes : scheduler.lanes_) {
            lanes_.emplace_back(static_cast<std::size_t>(lanes));
        }
    }

    ListSchedule built(const std::vector<Time>& priority) {
        std::vector<Time> order(units_.size());
        std::vector<std::vector<std::size_t>> readers(units_.size());
        for (std::size_t u = 0; u < units_.size(); ++u) {
            order[u] = priority[at(units_[u].front())];
        }
        for (const auto& flow : problem_.flows) {
            for (const OperatorId reader : flow.consumers) {
                if (flow.producer != kNoOperator && unit_of_[at(flow.producer)] != unit_of_[at(reader)]) {
                    readers[unit_of_[at(flow.producer)]].push_back(unit_of_[at(reader)]);
                }
            }
        }
        in_ready_order(readers, order, [this](std::size_t unit) { place(unit); });
        for (std::size_t f = 0; f < problem_.flows.size(); ++f) {
            const bool leaves = problem_.flows[f].to_host && problem_.flows[f].producer != kNoOperator;
            schedule_.makespan = leaves ? std::max(schedule_.makespan, there(f, problem_.host)) : schedule_.makespan;
        }
        std::ranges::stable_sort(schedule_.units, {}, &ScheduledUnit::start);
        schedule_.assignment = assignment_;
        return std::move(schedule_);
    }

  private:
    // Time at which a tensor is on a device; schedules its hand-over if necessary.
    Time there(std::size_t f, DeviceId to) {
        const auto& flow = problem_.flows[f];
        const bool given = flow.producer == kNoOperator;
        const DeviceId from = given ? problem_.host : assignment_[at(flow.producer)];
        const Time made = given ? Time{} : end_[at(flow.producer)];
        const Time crossing = flow.crossing[at(from)][at(to)];
        if (from == to || crossing <= Time{}) {
            return made;
        }
        const auto [arrival, is_new] = arrivals_.try_emplace({f, to});
        if (is_new) {
            const Time start = link_.earliest(made, crossing);
            link_.take(start, start + crossing);
            arrival->second = start + crossing;
        }
        return arrival->second;
    }

    void place(std::size_t u) {
        const auto& operators = units_[u];
        const DeviceId device = assignment_[at(operators.front())];
        Time ready, duration;
        for (const OperatorId op : operators) {
            duration += scheduler_.cost_on(at(op), assignment_);
            for (const std::size_t f : scheduler_.reads_[at(op)]) {
                const OperatorId made_by = problem_.flows[f].producer;
                if (made_by == kNoOperator || unit_of_[at(made_by)] != u) {
                    ready = std::max(ready, there(f, device));
                }
            }
        }
        auto& active = active_from_[at(device)];
        ready = active ? std::max(ready, *active) : ready + problem_.activation[at(device)];
        active = active.value_or(ready);
        auto& lanes = lanes_[at(device)];
        std::size_t best = 0;
        for (std::size_t lane = 1; lane < lanes.size(); ++lane) {
            best = lanes[lane].earliest(ready, duration) < lanes[best].earliest(ready, duration) ? lane : best;
        }
        const Time start = lanes[best].earliest(ready, duration);
        lanes[best].take(start, start + duration);
        for (const OperatorId op : operators) {
            end_[at(op)] = start + duration;
        }
        schedule_.makespan = std::max(schedule_.makespan, start + duration);
        schedule_.units.push_back({operators, device, static_cast<int>(best), start, start + duration});
    }

    const ListScheduler& scheduler_;
    const PlacementProblem& problem_;
    const Assignment& assignment_;
    std::vector<std::vector<OperatorId>> units_;
    std::vector<std::size_t> unit_of_;
    std::vector<Time> end_;
    std::vector<std::vector<Lane>> lanes_;
    Lane link_;
    std::map<std::pair<std::size_t, DeviceId>, Time> arrivals_;
    std::vector<std::optional<Time>> active_from_;
    ListSchedule schedule_;
};

ListSchedule ListScheduler::schedule(const Assignment& assignment, const std::vector<Time>& priority) const {
    return Building(*this, assignment).built(priority);
}

// Lower bound on the start of an operator on a device, with each predecessor on the device that is best for it.
Time ListScheduler::earliest_start(std::size_t op, std::size_t device,
                                   const std::vector<std::vector<std::optional<Time>>>& end) const {
    Time start = problem_.activation[device];
    for (const std::size_t f : reads_[op]) {
        const auto& flow = problem_.flows[f];
        if (flow.producer == kNoOperator) {
            start = std::max(start, flow.crossing[at(problem_.host)][device]);
            continue;
        }
        std::optional<Time> there;
        for (std::size_t from = 0; from < problem_.devices; ++from) {
            if (const auto made = end[at(flow.producer)][from]) {
                const Time arrival = *made + flow.crossing[from][device];
                there = there ? std::min(*there, arrival) : arrival;
            }
        }
        start = std::max(start, there.value_or(Time{}));
    }
    return start;
}

Time ListScheduler::path_bound() const {
    std::vector<std::vector<std::optional<Time>>> end(problem_.cost.size());
    Time bound;
    for (std::size_t op = 0; op < problem_.cost.size(); ++op) {
        end[op].resize(problem_.devices);
        std::optional<Time> least;
        for (std::size_t device = 0; device < problem_.devices; ++device) {
            if (!problem_.cost[op][device]) {
                continue;
            }
            end[op][device] = earliest_start(op, device, end) + *problem_.cost[op][device];
            Time to_host;
            for (const std::size_t f : makes_[op]) {
                const auto& flow = problem_.flows[f];
                to_host = flow.to_host ? std::max(to_host, flow.crossing[device][at(problem_.host)]) : to_host;
            }
            const Time left = *end[op][device] + to_host;
            least = least ? std::min(*least, left) : left;
        }
        bound = std::max(bound, least.value_or(Time{}));
    }
    return bound;
}

}  // namespace berth
