// List schedules as simulation tasks, and a local search whose objective is the simulated time.
#include "evaluation/overlap.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <utility>

#include "base/index.h"
#include "evaluation/pass_load.h"
#include "evaluation/pass_tasks.h"
#include "placement/list_schedule.h"
#include "simulation/event_engine.h"
#include "simulation/resources.h"

namespace berth {

namespace {

constexpr std::size_t kSimulatedTasks = 1'500'000;  // total over all steps of a search
constexpr std::size_t kLeastSteps = 50;
constexpr std::size_t kMostSteps = 4'000;
constexpr std::size_t kOrdered = 40;    // number of operators up to which orders are searched too
constexpr double kFewPlacements = 300;  // number of placements up to which all are enumerated

std::vector<int> lanes_of(const ModelStage& stage, const Profile& profile) {
    std::vector<int> lanes;
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const Device& device = profile.devices[d];
        const int cores = execution_on(stage, profile, static_cast<DeviceId>(d)).cores;
        // Operator times are those of the first cluster's cores; slower cores would not meet them, so they get no
        // lanes.
        const int alike = device.clusters.empty() ? device.cores() : device.clusters.front().cores;
        lanes.push_back(device.runtime.shapes == ShapeRule::kStatic ? 1 : std::max(1, alike / cores));
    }
    return lanes;
}

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
    PassTasks made = tasks_of(schedule, length, stage, profile, resources, true);
    OverlappedPass pass;
    pass.assignment = schedule.assignment;
    pass.tasks = std::move(made.tasks);
    pass.run_by = std::move(made.run_by);
    std::vector<SimulatedSpan> spans;
    pass.time = simulated_time(resources, pass.tasks, &spans);
    std::vector<Time> start(pass.tasks.size());
    for (const SimulatedSpan& span : spans) {
        start[span.task] = span.start;
    }
    for (const auto& [call, into] : made.place) {
        pass.start.push_back(start[call] + into);
    }
    return pass;
}

// Groups of operators in the same position of their blocks, whose names differ only in digits.
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

    // Simulates an assignment and order; if it improves on the best so far, it becomes the new best.
    bool attempt(const Assignment& assignment, const std::vector<Time>& order) {
        if (!objective(length_.problem, assignment) || !within(length_.problem.limits, assignment)) {
            return false;
        }
        const ListSchedule schedule = scheduler_.schedule(assignment, order);
        steps_left_ -= steps_left_ > 0 ? 1 : 0;
        PassTasks made = tasks_of(schedule, length_, stage_, profile_, resources_, false);
        const Time time = simulated_time(resources_, std::move(made.tasks), nullptr);
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
