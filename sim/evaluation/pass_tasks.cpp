// Groups units into calls, extended until something outside waits for them, with hand-overs between devices.
#include "evaluation/pass_tasks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/index.h"
#include "evaluation/pass_load.h"
#include "simulation/resources.h"

namespace berth {

namespace {

/// Converts the units of a schedule into calls, hand-overs and runtime entries.
class Tasks {
  public:
    Tasks(const LengthPlan& length, const ModelStage& stage, const Profile& profile, const SimulatedSystem& resources,
          bool named)
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

    PassTasks of(const ListSchedule& schedule) {
        assignment_ = &schedule.assignment;
        for (const ScheduledUnit& unit : schedule.units) {  // graph inputs on the host have no predecessor
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
        PassTasks made;
        for (Step& step : steps_) {
            SimulatedTask task = task_of(step);
            task.after.assign(step.after.begin(), step.after.end());
            made.tasks.push_back(std::move(task));
            made.run_by.push_back(std::move(step.operators));
        }
        made.place = std::move(call_of_);
        return made;
    }

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

    [[nodiscard]] SimulatedTask task_of(const Step& step) const {
        if (step.call) {
            return call_task(step.name, step.device, execution_on(stage_, profile_, step.device).cores, step.work,
                             step.moved, resources_);
        }
        return step.pool == handover_pool(profile_) ? handover_task(step.name, step.work, step.moved, profile_)
                                                    : task_on(step.name, step.pool, step.work);
    }

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

    // Step after which a tensor is on a device; absent if it is there from the start.
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
            const Bytes moved = through_host(profile_, from, to, std::max(flow.size[at(from)], flow.size[at(to)]));
            Step step{
                name_of(reader, " (hand-over)"), false, from, handover_pool(profile_), crossing, moved, {}, {reader}};
            if (made) {
                step.after.insert(*made);
            }
            steps_.push_back(std::move(step));
        }
        return place->second;
    }

    // Whether anything outside the unit's lane waits for results of its operators.
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
            const OperatorDemand demand = demand_of(length_, *assignment_, at(op), resources_);
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
        bool open = false;  ///< no outside task waits for it yet, so units may be appended
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
    std::vector<std::map<int, Last>> last_;              ///< [device] last call of each lane
    /// [device] steps that its calls have waited for, and its own calls
    std::vector<std::set<std::size_t>> waited_for_;
    std::map<std::pair<std::size_t, DeviceId>, std::size_t> handed_over_;
    std::vector<std::vector<std::size_t>> makes_, reads_;  ///< [operator] flows that it produces, flows that it reads
};

}  // namespace

PassTasks tasks_of(const ListSchedule& schedule, const LengthPlan& length, const ModelStage& stage,
                   const Profile& profile, const SimulatedSystem& resources, bool named) {
    return Tasks(length, stage, profile, resources, named).of(schedule);
}

}  // namespace berth
