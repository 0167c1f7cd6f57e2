// List schedules as tasks, and a local search whose judge is the simulator.
#include "schedule/overlap.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "placement/list_schedule.h"
#include "schedule/event_engine.h"
#include "schedule/pass_load.h"
#include "schedule/resources.h"

namespace berth {

namespace {

constexpr std::size_t kSimulatedTasks = 1'500'000;  // of all steps of a search together
constexpr std::size_t kLeastSteps = 50;
constexpr std::size_t kMostSteps = 4'000;
constexpr std::size_t kOrdered = 40;    // operators up to which orders are tried too
constexpr double kFewPlacements = 300;  // that are all tried

std::size_t at(std::int32_t index) { return static_cast<std::size_t>(index); }

std::vector<int> lanes_of(const ModelStage& stage, const Profile& profile) {
    std::vector<int> lanes;
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const Device& device = profile.devices[d];
        const int cores = execution_on(stage, profile, static_cast<DeviceId>(d)).cores;
        // Times are those of the first cores; a lane on slower ones would not keep them.
        const int alike = device.clusters.empty() ? device.cores() : device.clusters.front().cores;
        lanes.push_back(device.runtime.shapes == ShapeRule::kStatic ? 1 : std::max(1, alike / cores));
    }
    return lanes;
}

/// Units of a schedule into calls, hand-overs and entries of runtimes.
class PassTasks {
  public:
    PassTasks(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
              const SimulatedSystem& resources, bool named)
        : length_(length),
          problem_(length.problem),
          stage_(stage),
          profile_(profile),
          resources_(resources),
          named_(named),
          call_of_(problem_.cost.size()),
          entered_(problem_.devices),
          last_(problem_.devices),
          waited_for_(problem_.devices),
          makes_(problem_.cost.size()),
          reads_(problem_.cost.size()) {
        for (std::size_t f = 0; f < problem_.flows.size(); ++f) {
            if (problem_.flows[f].producer != kNoOperator) {
                makes_[at(problem_.flows[f].producer)].push_back(f);
            }
            for (const OperatorId reader : problem_.flows[f].consumers) {
                reads_[at(reader)].push_back(f);
            }
        }
    }

    std::vector<SimulatedTask> of(const ListSchedule& schedule) {
        assignment_ = &schedule.assignment;
        for (const ScheduledUnit& unit : schedule.units) {  // what the host gives waits for nothing
            for (const std::size_t f : inputs_of(unit)) {
                if (problem_.flows[f].producer == kNoOperator) {
                    static_cast<void>(arrival(f, unit.device));
                }
            }
        }
        for (const ScheduledUnit& unit : schedule.units) {
            add(unit);
        }
        for (std::size_t f = 0; f < problem_.flows.size(); ++f) {
            if (problem_.flows[f].to_host && problem_.flows[f].producer != kNoOperator) {
                static_cast<void>(arrival(f, problem_.host));
            }
        }
        std::vector<SimulatedTask> tasks;
        for (const Step& step : steps_) {
            SimulatedTask task =
                step.call ? call_task(step.name, step.device, execution_on(stage_, profile_, step.device).cores,
                                      step.work, step.moved, resources_)
                          : task_on(step.name, step.pool, step.work);
            task.after.assign(step.after.begin(), step.after.end());
            tasks.push_back(std::move(task));
        }
        return tasks;
    }

    /// Once of() has made the tasks: what operators each is for, and the call that runs an operator, and how far into
    /// it.
    [[nodiscard]] std::vector<std::vector<OperatorId>> run_by() const {
        std::vector<std::vector<OperatorId>> operators;
        for (const Step& step : steps_) {
            operators.push_back(step.operators);
        }
        return operators;
    }
    [[nodiscard]] std::pair<std::size_t, Time> place_of(std::size_t op) const { return call_of_[op]; }

  private:
    struct Step {
        std::string name;
        bool call = false;
        DeviceId device = 0;
        std::size_t pool = 0;
        Time work;
        Bytes moved;
        std::set<std::size_t> after;
        std::vector<OperatorId> operators;
    };

    [[nodiscard]] std::vector<std::size_t> inputs_of(const ScheduledUnit& unit) const {
        std::vector<std::size_t> inputs;
        for (const OperatorId op : unit.operators) {
            inputs.insert(inputs.end(), reads_[at(op)].begin(), reads_[at(op)].end());
        }
        return inputs;
    }

    [[nodiscard]] std::string name_of(OperatorId op, const char* what) const {
        return named_ ? length_.graphs[at(profile_.host)].operators[at(op)].name + what : std::string();
    }

    // The step behind which a tensor is on a device; absent if it is there from the start.
    std::optional<std::size_t> arrival(std::size_t f, DeviceId to) {
        const auto& flow = problem_.flows[f];
        const bool given = flow.producer == kNoOperator;
        const DeviceId from = given ? problem_.host : (*assignment_)[at(flow.producer)];
        const auto made = given ? std::nullopt : std::optional(call_of_[at(flow.producer)].first);
        const Time crossing = flow.crossing[at(from)][at(to)];
        if (from == to || crossing <= Time{}) {
            return made;
        }
        const auto [place, is_new] = handed_over_.try_emplace({f, to}, steps_.size());
        if (is_new) {
            const OperatorId reader = given ? flow.consumers.front() : flow.producer;
            Step step{
                name_of(reader, " (hand-over)"), false, from, handover_pool(profile_), crossing, {}, {}, {reader}};
            if (made) {
                step.after.insert(*made);
            }
            steps_.push_back(std::move(step));
        }
        return place->second;
    }

    // Whether something outside its lane waits for results of the call's operators so far.
    [[nodiscard]] bool leaves(const ScheduledUnit& unit) const {
        return std::ranges::any_of(unit.operators, [&](OperatorId op) {
            return std::ranges::any_of(makes_[at(op)], [&](std::size_t f) {
                const auto& flow = problem_.flows[f];
                return (flow.to_host && unit.device != problem_.host) ||
                       std::ranges::any_of(flow.consumers, [&](OperatorId reader) {
                           return (*assignment_)[at(reader)] != unit.device;
                       });
            });
        });
    }

    void add(const ScheduledUnit& unit) {
        std::set<std::size_t> after, given;
        for (const std::size_t f : inputs_of(unit)) {
            const OperatorId producer = problem_.flows[f].producer;
            const bool inside = std::ranges::find(unit.operators, producer) != unit.operators.end();
            const auto there = inside ? std::nullopt : arrival(f, unit.device);
            if (there) {
                (producer == kNoOperator ? given : after).insert(*there);
            }
        }
        auto& waited_for = waited_for_[at(unit.device)];
        auto& last = last_[at(unit.device)][unit.lane];
        const bool one_call = profile_.devices[at(unit.device)].runtime.shapes == ShapeRule::kStatic && last.open &&
                              std::ranges::includes(waited_for, after);
        if (one_call) {
            steps_[last.step].after.insert(given.begin(), given.end());
        } else {
            after.insert(given.begin(), given.end());
            begin_call(unit, std::move(after));
        }
        waited_for.insert(given.begin(), given.end());
        last.open = !leaves(unit);
        Step& step = steps_[last.step];
        for (const OperatorId op : unit.operators) {
            call_of_[at(op)] = {last.step, step.work};
            const OperatorDemand demand = demand_of(length_, *assignment_, at(op));
            step.work += demand.work;
            step.moved += demand.moved;
            step.operators.push_back(op);
        }
    }

    void begin_call(const ScheduledUnit& unit, std::set<std::size_t> after) {
        const std::size_t device = at(unit.device);
        auto& entered = entered_[device];
        const Time entering = problem_.activation[device];
        if (!entered && entering > Time{}) {
            entered = steps_.size();
            steps_.push_back({name_of(unit.operators.front(), " (call)"),
                              false,
                              unit.device,
                              dispatch_pool(profile_, unit.device),
                              entering,
                              {},
                              std::move(after),
                              {unit.operators.front()}});
            after.clear();
        }
        if (entered) {
            after.insert(*entered);
        }
        auto& last = last_[device][unit.lane];
        if (last.step != kNone) {
            after.insert(last.step);
        }
        last.step = steps_.size();
        waited_for_[device].insert(after.begin(), after.end());
        waited_for_[device].insert(last.step);
        steps_.push_back(
            {name_of(unit.operators.front(), ""), true, unit.device, 0, Time{}, Bytes{}, std::move(after), {}});
    }

    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    struct Last {
        std::size_t step = kNone;
        bool open = false;  ///< nothing outside waits for it yet
    };

    const LengthPlan& length_;
    const PlacementProblem& problem_;
    const ModelStage& stage_;
    const Profile& profile_;
    const SimulatedSystem& resources_;
    bool named_;
    const Assignment* assignment_ = nullptr;
    std::vector<Step> steps_;
    std::vector<std::pair<std::size_t, Time>> call_of_;  ///< [operator]
    std::vector<std::optional<std::size_t>> entered_;    ///< [device]
    std::vector<std::map<int, Last>> last_;              ///< [device] by lane
    std::vector<std::set<std::size_t>> waited_for_;      ///< [device] what its calls have waited for, or are
    std::map<std::pair<std::size_t, DeviceId>, std::size_t> handed_over_;
    std::vector<std::vector<std::size_t>> makes_, reads_;  ///< [operator] flows
};

Time simulated_time(SimulatedSystem system, std::vector<SimulatedTask> tasks, std::vector<SimulatedSpan>* spans) {
    system.tasks = std::move(tasks);
    const Arrivals once = ClosedLoop{};
    SimulationOptions options{1, 0};
    options.traced = spans != nullptr ? 1 : 0;
    EventEngine engine(system, once, options);
    engine.run();
    if (spans != nullptr) {
        *spans = engine.take_spans();
    }
    return seconds(engine.now());
}

OverlappedPass pass_of(const ListSchedule& schedule, const LengthPlan& length, const ModelStage& stage,
                       const Profile& profile) {
    const SimulatedSystem resources = resources_of(profile);
    PassTasks tasks(length, stage, profile, resources, true);
    OverlappedPass pass;
    pass.assignment = schedule.assignment;
    pass.tasks = tasks.of(schedule);
    pass.run_by = tasks.run_by();
    std::vector<SimulatedSpan> spans;
    pass.time = simulated_time(resources, pass.tasks, &spans);
    std::vector<Time> start(pass.tasks.size());
    for (const SimulatedSpan& span : spans) {
        start[span.task] = span.start;
    }
    for (std::size_t op = 0; op < schedule.assignment.size(); ++op) {
        const auto [call, into] = tasks.place_of(op);
        pass.start.push_back(start[call] + into);
    }
    return pass;
}

// Operators that stand at the same place of their blocks: names that differ in numbers only.
std::vector<std::vector<std::size_t>> alike_operators(const Graph& graph) {
    std::map<std::string, std::vector<std::size_t>> classes;
    for (std::size_t op = 0; op < graph.operators.size(); ++op) {
        std::string name = graph.operators[op].name;
        std::erase_if(name, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
        classes[name].push_back(op);
    }
    std::vector<std::vector<std::size_t>> result;
    for (auto& [name, operators] : classes) {
        if (operators.size() > 1) {
            result.push_back(std::move(operators));
        }
    }
    for (std::size_t op = 0; op < graph.operators.size(); ++op) {
        result.push_back({op});
    }
    return result;
}

class OverlapSearch {
  public:
    OverlapSearch(const LengthPlan& length, const ModelStage& stage, const Profile& profile)
        : length_(length),
          stage_(stage),
          profile_(profile),
          resources_(resources_of(profile)),
          scheduler_(length.problem, lanes_of(stage, profile)),
          steps_left_(std::clamp(kSimulatedTasks / std::max<std::size_t>(1, 2 * length.problem.cost.size()),
                                 kLeastSteps, kMostSteps)) {}

    std::optional<OverlappedPass> best_from(const std::vector<Assignment>& starts) {
        std::vector<Assignment> all{scheduler_.heft(), scheduler_.peft()};
        all.insert(all.end(), starts.begin(), starts.end());
        for (const Assignment& start : all) {
            for (const auto& order : {scheduler_.upward_ranks(), scheduler_.optimistic_ranks()}) {
                attempt(start, order);
            }
        }
        if (few()) {
            try_all(0, Assignment(length_.problem.cost.size()));
        }
        if (!best_) {
            return std::nullopt;
        }
        while (steps_left_ > 0 && (move_operators() || exchange_order())) {
        }
        return pass_of(scheduler_.schedule(best_->assignment, best_->order), length_, stage_, profile_);
    }

  private:
    struct Found {
        Assignment assignment;
        std::vector<Time> order;
        Time time;
    };

    [[nodiscard]] bool few() const {
        double placements = 1;
        for (std::size_t op = 0; op < length_.problem.cost.size() && placements <= kFewPlacements; ++op) {
            placements *= static_cast<double>(length_.problem.devices);
        }
        return placements <= kFewPlacements;
    }

    void try_all(std::size_t op, Assignment assignment) {
        if (op == assignment.size()) {
            attempt(assignment, scheduler_.upward_ranks());
            attempt(assignment, scheduler_.optimistic_ranks());
            return;
        }
        for (std::size_t device = 0; device < length_.problem.devices; ++device) {
            assignment[op] = static_cast<DeviceId>(device);
            try_all(op + 1, assignment);
        }
    }

    // Whether it is better than the best so far, which it then is.
    bool attempt(const Assignment& assignment, const std::vector<Time>& order) {
        if (!objective(length_.problem, assignment) || !within(length_.problem.limits, assignment)) {
            return false;
        }
        const ListSchedule schedule = scheduler_.schedule(assignment, order);
        steps_left_ -= steps_left_ > 0 ? 1 : 0;
        PassTasks tasks(length_, stage_, profile_, resources_, false);
        const Time time = simulated_time(resources_, tasks.of(schedule), nullptr);
        if (best_ && !(time < best_->time * (1 - 1e-9))) {
            return false;
        }
        best_ = Found{assignment, order, time};
        return true;
    }

    bool move_operators() {
        bool improved = false;
        for (const auto& operators : alike_operators(length_.graphs[at(profile_.host)])) {
            for (std::size_t device = 0; device < length_.problem.devices && steps_left_ > 0; ++device) {
                Assignment changed = best_->assignment;
                for (const std::size_t op : operators) {
                    changed[op] = static_cast<DeviceId>(device);
                }
                improved = (changed != best_->assignment && attempt(changed, best_->order)) || improved;
            }
        }
        return improved;
    }

    bool exchange_order() {
        bool improved = false;
        const std::size_t operators = best_->order.size();
        for (std::size_t a = 0; operators <= kOrdered && a < operators; ++a) {
            for (std::size_t b = a + 1; b < operators && steps_left_ > 0; ++b) {
                std::vector<Time> order = best_->order;
                std::swap(order[a], order[b]);
                improved = attempt(best_->assignment, order) || improved;
            }
        }
        return improved;
    }

    const LengthPlan& length_;
    const ModelStage& stage_;
    const Profile& profile_;
    SimulatedSystem resources_;
    ListScheduler scheduler_;
    std::size_t steps_left_;
    std::optional<Found> best_;
};

}  // namespace

std::optional<OverlappedPass> overlapped_pass(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                                              const std::vector<Assignment>& starts) {
    return OverlapSearch(length, stage, profile).best_from(starts);
}

OverlappedPass overlap_of(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                          const Assignment& assignment, const std::vector<Time>& order) {
    const ListScheduler scheduler(length.problem, lanes_of(stage, profile));
    const auto& priority = order.empty() ? scheduler.upward_ranks() : order;
    return pass_of(scheduler.schedule(assignment, priority), length, stage, profile);
}

Time overlap_bound(const LengthPlan& length, const ModelStage& stage, const Profile& profile) {
    const ListScheduler scheduler(length.problem, lanes_of(stage, profile));
    return std::max(scheduler.path_bound(), pass_load_bound(length, stage, profile));
}

}  // namespace berth
