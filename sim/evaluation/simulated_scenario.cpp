// Converts candidates into simulation tasks: hand-overs on the link, calls on the cores, bytes through DRAM.
#include "berth/evaluation/simulated_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "base/mapped.h"
#include "berth/hardware/runtimes.h"
#include "evaluation/outlook.h"
#include "evaluation/pass_system.h"
#include "evaluation/placed_traffic.h"
#include "simulation/event_engine.h"
#include "simulation/resources.h"

namespace berth {

namespace {

// Simulated time of a single request without contention.
Time request_time(const SimulatedSystem& system) {
    const Arrivals once = ClosedLoop{};
    EventEngine engine(system, once, {1, 0});
    engine.run();
    return seconds(engine.now());
}

constexpr double kSlices = 64;  // time slices per request, in which operators of one device take turns

/// An operator within a call, with its bytes and its share of the call's waiting time.
struct CallPart {
    OperatorId op = kNoOperator;
    double moved = 0;
    double waits = 0;
};

class SystemBuilder {
  public:
    /// Operators that take turns on a device are merged into tasks of up to `slice`.
    SystemBuilder(const Profile& profile, Time slice)
        : profile_(profile), slice_(slice), system_(resources_of(profile)) {}

    void begin_stage(const std::string& name, std::optional<Time> budget) {
        system_.phases.push_back({name, system_.tasks.size(), system_.tasks.size(), budget});
    }
    void end_stage() {
        if (system_.tasks.size() > system_.phases.back().first) {
            system_.phases.back().last = system_.tasks.size() - 1;
        } else {
            system_.phases.pop_back();  // a stage that takes no time has no tasks
        }
    }

    /// `times` scales the work to a sequence of several passes, here and below.
    void add_fixed(const std::string& name, const FixedStage& stage, double times) {
        parts_.emplace_back();
        SimulatedTask task =
            task_on(name, stage.on ? cores_pool(*stage.on) : elsewhere_pool(profile_), stage.takes.median * times);
        task.servers = stage.on ? stage.cores : 1;
        append(std::move(task));
    }

    void add_pass(const std::string& stage, const ModelStage& asked, const Candidate& candidate, double times) {
        if (!candidate.tasks.empty()) {
            add_overlapped(stage, candidate, times);
            return;
        }
        // Operators are those of the dominant input length, or of one step; the latency is that of the mean pass.
        const std::size_t kept = parts_.size();
        Time steps = candidate.latency.median;
        if (candidate.phases && candidate.generation) {
            const Time prompt = candidate.generation->first_token->median;
            const Time handover = candidate.generation->handover;
            steps = steps - prompt - handover;
            add_operators(stage, asked, candidate, candidate.prompt_operators, prompt, times);
            append(handover_task(stage + " (hand-over of the cache)", handover * times,
                                 candidate.generation->handed_over * times, profile_));
            // Delays are reported per operator of a step only.
            parts_.resize(kept);
            parts_.resize(system_.tasks.size());
        }
        add_operators(stage, asked, candidate, candidate.operators, steps, times);
    }

    /// Adds a chat, which the passes of its own service answer.
    void add_chat(const std::string& name, const ModelStage& asked, const Candidate& candidate, ChatService service) {
        const Assignment& steps = candidate.phases ? candidate.phases->steps : candidate.assignment;
        const DeviceId device = candidate.device.value_or(main_device(candidate.operators, steps));
        const SimulatedTask step = call_on(name + " chats", candidate, asked, device, service.stepping_draws);
        SimulatedTask read = call_on("", candidate, asked, device, service.reading_draws);
        if (service.elsewhere) {
            const DeviceId first = main_device(candidate.prompt_operators, candidate.phases->prompt);
            read = call_on("", candidate, asked, first, service.reading_draws);
            const SimulatedTask link =
                handover_task("", candidate.generation->handover, candidate.generation->handed_over, profile_);
            service.elsewhere->device = held_by(read);
            service.elsewhere->link = held_by(link);
            service.elsewhere->handover_draws = drawn_by(link);
        }
        if (service.drafter) {
            const DeviceId drafts = *device_named(under(profile_, asked.runtime), candidate.draft->device);
            const int cores = execution_on(asked, profile_, drafts).cores;
            const SimulatedTask draft =
                call_task("", drafts, cores, seconds(1), service.drafter->draws * seconds(1), system_);
            service.drafter->device = held_by(draft);
            service.drafter->draws = drawn_by(draft);
        }
        service.stepping_draws = drawn_by(step);
        service.reading_draws = drawn_by(read);
        SimulatedTask task = step;
        task.work = {};
        task.moved = {};
        task.fastest.reset();
        task.service = system_.services.size();
        parts_.emplace_back();
        system_.services.push_back(std::move(service));
        append(std::move(task));
    }

    [[nodiscard]] SimulatedSystem take() { return std::move(system_); }
    [[nodiscard]] const std::vector<std::vector<CallPart>>& parts() const { return parts_; }

  private:
    // A second of a stage's calls on a device that draws this bandwidth, as far as the device can.
    [[nodiscard]] SimulatedTask call_on(const std::string& name, const Candidate& candidate, const ModelStage& asked,
                                        DeviceId device, Bandwidth draws) const {
        const int cores = candidate.device == device ? candidate.cores : execution_on(asked, profile_, device).cores;
        return call_task(name, device, cores, seconds(1), draws * seconds(1), system_);
    }

    static Bandwidth drawn_by(const SimulatedTask& task) { return task.fastest.value_or(Bandwidth{}); }
    static PassPlace held_by(const SimulatedTask& task) { return {task.pool, task.servers, task.bandwidth}; }

    // Device with the largest share of the operators' time; that of the last one if operators were left out.
    static DeviceId main_device(const std::vector<OperatorResult>& operators, const Assignment& assignment) {
        std::map<DeviceId, Time> times;
        for (const OperatorResult& op : operators) {
            times[op.device] += op.latency;
        }
        return times.empty() ? assignment.back()
                             : std::ranges::max_element(times, {}, [](const auto& one) { return one.second; })->first;
    }

    // Adds the operators of a pass, scaled so that their latencies sum to `all`.
    void add_operators(const std::string& stage, const ModelStage& asked, const Candidate& candidate,
                       const std::vector<OperatorResult>& operators, Time all, double times) {
        Time sum = sum_of<Time>(operators, &OperatorResult::latency);
        const double scale = sum > Time{} ? times * (all / sum) : 0;
        for (std::size_t i = 0; i < operators.size();) {
            const OperatorResult& first = operators[i];
            const Device& device = under(profile_, asked.runtime).devices[static_cast<std::size_t>(first.device)];
            const bool whole = candidate.device == first.device;
            const int cores = whole ? candidate.cores : execution_on(asked, profile_, first.device).cores;
            const bool turns = device.runtime.shapes != ShapeRule::kStatic;
            Call call{stage + " " + first.name, first.device, cores};
            do {
                call.add(operators[i], scale);
                ++i;
            } while (i < operators.size() && operators[i].device == first.device &&
                     !(turns && ends_slice(call, operators[i], scale)));
            call.share_waiting(turns);
            add_call(call);
        }
    }

    struct Call {
        std::string name;
        DeviceId device = 0;
        int cores = 1;
        Time handover{}, entering{}, work{};
        Bytes moved{}, handed_over{};

        std::vector<CallPart> parts{};

        void add(const OperatorResult& op, double scale) {
            parts.push_back({op.id, in_bytes(op.dram_bytes), 0});
            handover += (op.handover - op.call) * scale;
            entering += op.call * scale;
            work += (op.latency - op.handover) * scale;
            moved += op.dram_bytes * scale;
            handed_over += op.handover_bytes * scale;
        }

        // A segment waits before its first operator; operators that take turns share the waiting equally.
        void share_waiting(bool turns) {
            for (CallPart& part : parts) {
                part.waits = turns ? 1 / static_cast<double>(parts.size()) : 0;
            }
            parts.front().waits = turns ? parts.front().waits : 1;
        }
    };

    // A slice never ends inside a fused kernel.
    [[nodiscard]] bool ends_slice(const Call& call, const OperatorResult& next, double scale) const {
        return next.fused_into.empty() && (next.handover > Time{} || call.work + next.latency * scale > slice_);
    }

    void add_call(const Call& call) {
        std::vector<CallPart> first{call.parts.front()};
        first.front().waits = 1;
        if (call.handover > Time{}) {
            parts_.push_back(first);
            append(handover_task(call.name + " (hand-over)", call.handover, call.handed_over, profile_));
        }
        if (call.entering > Time{}) {
            parts_.push_back(first);
            append(task_on(call.name + " (call)", dispatch_pool(profile_, call.device), call.entering));
        }
        if (call.work > Time{}) {
            parts_.push_back(call.parts);
            append(call_task(call.name, call.device, call.cores, call.work, call.moved, system_));
        }
    }

    // The first tasks follow everything before the pass, and a final task joins all its ends. Tasks are those of the
    // main length, scaled to the latency of the mean pass.
    void add_overlapped(const std::string& stage, const Candidate& candidate, double times) {
        const std::size_t first = system_.tasks.size();
        SimulatedSystem alone = resources_of(profile_);
        alone.tasks = candidate.tasks;
        const double scale = times * (candidate.latency.median / request_time(alone));
        std::vector<bool> is_last(candidate.tasks.size(), true);
        for (const auto& operators : candidate.run_by) {
            auto& parts = parts_.emplace_back();
            for (const OperatorId op : operators) {
                const double moved = in_bytes(candidate.operators[static_cast<std::size_t>(op)].dram_bytes);
                parts.push_back({op, moved, parts.empty() ? 1.0 : 0.0});
            }
        }
        parts_.emplace_back();
        for (SimulatedTask task : candidate.tasks) {
            task.name = stage + " " + task.name;
            task.work *= scale;
            task.moved *= scale;
            for (std::size_t& before : task.after) {
                is_last[before] = false;
                before += first;
            }
            if (task.after.empty() && first > 0) {
                task.after = {first - 1};
            }
            system_.tasks.push_back(std::move(task));
        }
        SimulatedTask end = task_on(stage + " (end)", elsewhere_pool(profile_), Time{});
        for (std::size_t i = 0; i < is_last.size(); ++i) {
            if (is_last[i]) {
                end.after.push_back(first + i);
            }
        }
        system_.tasks.push_back(std::move(end));
    }

    void append(SimulatedTask task) {
        if (!system_.tasks.empty()) {
            task.after = {system_.tasks.size() - 1};
        }
        system_.tasks.push_back(std::move(task));
    }

    const Profile& profile_;
    Time slice_;
    SimulatedSystem system_;
    std::vector<std::vector<CallPart>> parts_;  ///< [task]
};

/// Limit on simulated passes per stage; more are represented by proportionally longer ones. Interleaving with other
/// requests hardly changes, and a request of a million passes would not fit into memory.
constexpr std::int64_t kMostPasses = 256;

/// Calls `add` for each simulated pass, with the number of passes that it represents.
void add_passes(std::int64_t passes, const std::function<void(double times)>& add) {
    const std::int64_t simulated = std::min(passes, kMostPasses);
    for (std::int64_t pass = 0; pass < simulated; ++pass) {
        add(static_cast<double>(passes) / static_cast<double>(simulated));
    }
}

enum class Chats : std::uint8_t {
    kMean,      ///< an answer of mean length as an ordinary request
    kSimulated  ///< each pass generates tokens of several answers
};

SystemBuilder built(const Scenario& scenario, const std::vector<StageResult>& stages, Chats chats) {
    const Time total = sum_of<Time>(stages, [](const StageResult& stage) { return stage.latency.median; });
    SystemBuilder builder(scenario.profile, total / kSlices);
    for (const StageResult& stage : stages) {
        const Stage* asked = stage_named(scenario, stage.name);
        builder.begin_stage(stage.name, stage.budget);
        if (const auto* fixed = std::get_if<FixedStage>(&asked->work)) {
            add_passes(stage.repeat, [&](double times) { builder.add_fixed(stage.name, *fixed, times); });
        }
        if (chats == Chats::kSimulated && is_chat(*asked)) {
            const auto& work = std::get<ModelStage>(asked->work);
            const Candidate& chosen = stage.candidates[*stage.chosen];
            builder.add_chat(stage.name, work, chosen, chat_service(scenario, work, chosen));
            builder.end_stage();
            continue;
        }
        for (const PassShare& share : stage.passes) {
            const auto& work = std::get<ModelStage>(asked->work);
            const std::string name = work.runtime ? fmt::format("{} ({})", stage.name, stage.runtime) : stage.name;
            add_passes(share.passes,
                       [&](double times) { builder.add_pass(name, work, stage.candidates[share.candidate], times); });
        }
        builder.end_stage();
    }
    return builder;
}

// Attributes the delays of tasks to their operators: waiting in turn, and slow-down by memory traffic.
std::vector<OperatorContention> operator_delays(const ScenarioResult& result, const SystemBuilder& builder,
                                                const SimulatedSystem& system, const SimulationResult& simulation) {
    std::vector<OperatorContention> all;
    for (const SimulatedPhase& phase : simulation.stable ? system.phases : std::vector<SimulatedPhase>()) {
        const auto stage = std::ranges::find(result.stages, phase.name, &StageResult::name);
        const std::size_t first = all.size();
        if (!stage->chosen || system.tasks[phase.first].service) {
            all.push_back({stage->name, "", {}});
            for (std::size_t task = phase.first; task <= phase.last; ++task) {
                all.back().delay.waited += simulation.contention[task].waited;
            }
            continue;
        }
        for (const OperatorResult& op : stage->candidates[*stage->chosen].operators) {
            all.push_back({stage->name, op.name, {}});
        }
        for (std::size_t task = phase.first; task <= phase.last; ++task) {
            const std::vector<CallPart>& parts = builder.parts()[task];
            const TaskContention& delay = simulation.contention[task];
            double moved = 0;
            for (const CallPart& part : parts) {
                moved += part.moved;
            }
            for (const CallPart& part : parts) {
                TaskContention& own = all[first + static_cast<std::size_t>(part.op)].delay;
                own.waited += delay.waited * part.waits;
                own.slowed += delay.slowed * (moved > 0 ? part.moved / moved : 0);
            }
        }
    }
    return all;
}

}  // namespace

SimulatedSystem pass_system(const Profile& profile, const Stage& stage, const Candidate* candidate) {
    SystemBuilder builder(profile, Time{});  // zero slice: one task per operator
    builder.begin_stage(stage.name, std::nullopt);
    if (candidate == nullptr) {
        builder.add_fixed(stage.name, std::get<FixedStage>(stage.work), 1);
    } else {
        builder.add_pass(stage.name, std::get<ModelStage>(stage.work), *candidate, 1);
    }
    builder.end_stage();
    return builder.take();
}

SimulatedSystem simulated_system(const Scenario& scenario, const std::vector<StageResult>& stages) {
    return built(scenario, stages, Chats::kMean).take();
}

SimulationResult simulate_stream(const Scenario& scenario, const SimulatedSystem& system,
                                 const StreamOptions& options) {
    if (!scenario.traffic) {
        throw std::logic_error("a scenario without arrivals");
    }
    const RequestStream& traffic = *scenario.traffic;
    SimulationOptions simulation;
    simulation.requests = traffic.requests;
    simulation.warm_up = traffic.warm_up;
    simulation.seed = traffic.seed;
    simulation.traced = options.traced;
    simulation.deadline = scenario.budget;
    simulation.precision = kStreamPrecision;
    simulation.progress = options.progress;
    return simulate(system, traffic.arrivals, simulation);
}

std::optional<TrafficResult> simulate_traffic(const Scenario& scenario, const ScenarioResult& result,
                                              const StreamOptions& options) {
    if (!scenario.traffic || has_chats(scenario)) {
        return std::nullopt;
    }
    return placed_traffic(scenario, result, options);
}

TrafficResult placed_traffic(const Scenario& scenario, const ScenarioResult& result, const StreamOptions& options) {
    SystemBuilder builder = built(scenario, result.stages, Chats::kSimulated);
    TrafficResult simulated{builder.take(), {}};
    simulated.simulation = simulate_stream(scenario, simulated.system, options);
    simulated.operators = operator_delays(result, builder, simulated.system, simulated.simulation);
    if (options.outlook) {
        add_outlook(scenario, result, simulated);
    }
    return simulated;
}

TrafficResult first_requests(TrafficResult traffic, std::size_t requests) {
    SimulationResult& simulation = traffic.simulation;
    std::erase_if(simulation.spans, [requests](const SimulatedSpan& span) { return span.request >= requests; });
    Time last;
    for (const SimulatedSpan& span : simulation.spans) {
        last = std::max(last, span.end);
    }
    std::erase_if(simulation.uses, [last](const BandwidthUse& use) { return use.from > last; });
    return traffic;
}

TrafficResult request_alone(const Scenario& scenario, const ScenarioResult& result) {
    TrafficResult simulated{simulated_system(scenario, result.stages), {}};
    simulated.simulation = simulate(simulated.system, ClosedLoop{}, {1, 0, 1, 1});
    return simulated;
}

}  // namespace berth
