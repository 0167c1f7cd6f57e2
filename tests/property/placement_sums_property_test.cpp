// The cost of a placement is defined by one sum of terms: on every shipped scenario and profile, times, energies,
// operators, simulator loads, uncertainty and sweeps agree with that sum.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analysis/lowered_scenario.h"
#include "berth/evaluation/evaluation.h"
#include "berth/hardware/runtimes.h"
#include "berth/placement/placement_sums.h"
#include "evaluation/candidates.h"
#include "evaluation/pass_load.h"
#include "evaluation/pass_system.h"
#include "evaluation/sensitivities.h"
#include "simulation/resources.h"

namespace berth {
namespace {

constexpr double kSumsAgree = 1e-11;  // rounding of a few thousand terms in another order
constexpr double kEffectsAgree = 1e-9;

std::vector<std::string> shipped_in(const char* folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(BERTH_SOURCE_DIR) / folder)) {
        if (entry.is_regular_file()) {
            names.push_back(entry.path().stem().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

std::optional<Scenario> shipped_on(const std::string& name, const std::string& hardware) {
    Diagnostics ignored;  // a profile may lack the devices that a scenario names
    std::vector<Override> settings;
    if (!hardware.empty()) {
        settings.push_back({"hardware", hardware});
    }
    return load_scenario(Library{{BERTH_SOURCE_DIR}}, name, settings, ignored);
}

void expect_close(double found, double expected, double tolerance, const std::string& what) {
    EXPECT_LE(std::abs(found - expected), tolerance * std::max(std::abs(expected), 1e-9)) << what;
}

/// Whole models, the best split, and operators assigned round-robin to the devices that support them.
std::vector<Assignment> assignments_to_sum(const LengthPlan& length) {
    std::vector<Assignment> all;
    for (std::size_t d = 0; d < length.plans.size(); ++d) {
        std::string why;
        if (auto whole = whole_placement(length, static_cast<DeviceId>(d), why)) {
            all.push_back(std::move(*whole));
        }
    }
    PlacementProblem free = length.problem;
    free.limits = {};
    if (const auto best = best_placement(free)) {
        all.push_back(best->assignment);
        Assignment dealt = best->assignment;
        for (std::size_t op = 0; op < dealt.size(); ++op) {
            const std::size_t device = op * 7 / 3 % length.problem.devices;
            dealt[op] = length.problem.cost[op][device] ? static_cast<DeviceId>(device) : dealt[op];
        }
        all.push_back(std::move(dealt));
    }
    return all;
}

bool splits_a_fusion(const LengthPlan& length, const Assignment& assignment) {
    return std::ranges::any_of(length.problem.fusion, [&](const PlacementProblem::FusionLoss& loss) {
        return assignment[static_cast<std::size_t>(loss.after)] == loss.device &&
               assignment[static_cast<std::size_t>(loss.before)] != loss.device;
    });
}

// Kernels, hand-overs and calls one by one. Where a fused group is split, its kernels are not told by the operators
// alone, but what they take is.
void expect_listed_work(const LengthPlan& length, const Assignment& assignment, double time, double energy) {
    const Work work = work_of(length, assignment);
    double listed = 0, joules_listed = 0;
    for (const ScheduledKernel& one : work.kernels) {
        const KernelCost& cost =
            length.plans[static_cast<std::size_t>(one.device)].costs[static_cast<std::size_t>(one.kernel)];
        listed += in_seconds(cost.total);
        joules_listed += cost.energy ? in_joules(*cost.energy) : std::nan("");
    }
    for (const Handover& one : work.handovers) {
        listed += in_seconds(one.cost);
    }
    for (const DeviceId device : work.calls) {
        listed += in_seconds(length.plans[static_cast<std::size_t>(device)].per_graph);
    }
    if (!splits_a_fusion(length, assignment)) {
        expect_close(listed, time, kSumsAgree, "listed kernels and hand-overs");
        EXPECT_EQ(std::isnan(joules_listed), std::isnan(energy));
        if (!std::isnan(energy)) {
            expect_close(joules_listed, energy, kSumsAgree, "energy of the listed kernels");
        }
    }
}

// Loads are sums, too: what each operator demands at the prices of the resources is what the pass loads them with.
void expect_loads(const LengthPlan& length, const ModelStage& stage, const Profile& profile,
                  const Assignment& assignment) {
    const std::vector<Time> load = pass_load(length, stage, profile, assignment);
    const std::vector<double> prices(load.size(), 1.0 / static_cast<double>(load.size()));
    double of_resources = 0;
    for (const Time each : load) {
        of_resources += in_seconds(each) * prices.front();
    }
    const auto of_operators = objective(priced_problem(length, stage, profile, prices), assignment);
    ASSERT_TRUE(of_operators);
    expect_close(in_seconds(*of_operators), of_resources, kSumsAgree, "loads of the operators");
}

// Whole groups move what their kernels do.
void expect_bytes(const LengthPlan& length, const Profile& profile, const Assignment& assignment) {
    const SimulatedSystem resources = resources_of(profile);
    double by_kernels = 0, by_operators = 0;
    for (const ScheduledKernel& one : work_of(length, assignment).kernels) {
        const KernelCost& cost =
            length.plans[static_cast<std::size_t>(one.device)].costs[static_cast<std::size_t>(one.kernel)];
        const Bytes all = cost.traffic.read + cost.traffic.write;
        by_kernels += in_bytes(call_task("", one.device, 1, cost.total, all, resources).moved);
    }
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        by_operators += in_bytes(demand_of(length, assignment, op, resources).moved);
    }
    if (!splits_a_fusion(length, assignment)) {
        expect_close(by_operators, by_kernels, kSumsAgree, "bytes of the operators");
    }
}

void expect_one_sum(const LengthPlan& length, const ModelStage& stage, const Profile& profile) {
    for (const Assignment& assignment : assignments_to_sum(length)) {
        const auto objective_of_it = objective(length.problem, assignment);
        ASSERT_TRUE(objective_of_it);
        const CostSum sum = length.sums.of(length.problem, assignment);
        const double time = total_of(sum, length.sums.planned().times);
        expect_close(time, in_seconds(*objective_of_it), kSumsAgree, "the objective");
        expect_listed_work(length, assignment, time, total_of(sum, length.sums.planned().energies));
        TermValues again;
        length.sums.terms().work_out(profile, again);
        expect_close(total_of(sum, again.times), time, kSumsAgree, "terms that are worked out again");
        double of_operators = 0;
        for (const OperatorResult& op : operator_results(length, assignment, profile)) {
            of_operators += in_seconds(op.latency);
        }
        expect_close(of_operators, time, kSumsAgree, "latencies of the operators");
        expect_loads(length, stage, profile, assignment);
        expect_bytes(length, profile, assignment);
    }
}

// The tasks of a candidate, run without contention, take its latency.
void expect_tasks(const Scenario& scenario, const ScenarioResult& result) {
    for (const StageResult& stage : result.stages) {
        const auto asked = std::ranges::find(scenario.stages, stage.name, &Stage::name);
        for (const Candidate& candidate : stage.candidates) {
            if (candidate.feasible && candidate.tasks.empty()) {
                const Time alone = time_alone(pass_system(scenario.profile, *asked, &candidate));
                expect_close(in_seconds(alone), in_seconds(candidate.latency.median), 1e-6, "tasks of the simulator");
            }
        }
    }
}

void expect_pace(const TextPace& pace, const StageResult& stage) {
    const auto& text = stage.chosen ? stage.candidates[*stage.chosen].generation : std::nullopt;
    ASSERT_EQ(pace.first_token.has_value(), text && text->first_token) << stage.name;
    ASSERT_EQ(pace.token.has_value(), text && text->step) << stage.name;
    if (pace.first_token) {
        expect_close(in_seconds(*pace.first_token), in_seconds(text->first_token->median), kSumsAgree, "a first token");
    }
    if (pace.token) {
        expect_close(in_seconds(*pace.token), in_seconds(*text->step), kSumsAgree, "a token");
    }
}

// Rows of a sweep are computed from the same sums, and so is the effect of an uncertain number in both directions.
void expect_counts(const Scenario& scenario, const ScenarioResult& result) {
    const auto layout = LoweredScenario::of(scenario, result.devices);
    if (!layout) {
        return;
    }
    ASSERT_TRUE(layout->holds(scenario.profile));
    LoweredScenario::Scratch scratch;
    SweepPoint point;
    ASSERT_TRUE(layout->count(scenario.profile, point, scratch));
    expect_close(in_seconds(*point.total), in_seconds(result.total.latency.median), kSumsAgree, "a sweep's total");
    ASSERT_EQ(point.energy.has_value(), result.total.energy.has_value());
    if (point.energy) {
        expect_close(in_joules(*point.energy), in_joules(*result.total.energy), kEffectsAgree, "a sweep's energy");
    }
    for (std::size_t s = 0; s < result.stages.size(); ++s) {
        expect_pace(point.stages[s].pace, result.stages[s]);
        for (std::size_t d = 0; result.stages[s].chosen && d < result.devices.size(); ++d) {
            const Candidate& candidate = result.stages[s].candidates[d];
            ASSERT_EQ(point.stages[s].on_device[d].has_value(), candidate.feasible)
                << result.stages[s].name << " on " << result.devices[d];
            if (candidate.feasible) {
                expect_close(in_seconds(*point.stages[s].on_device[d]), in_seconds(candidate.latency.median),
                             kSumsAgree, "a sweep's " + result.stages[s].name + " on " + result.devices[d]);
            }
        }
    }
}

// Numbers are changed one by one, and every kernel is costed again.
void expect_effects(const LengthPlan& length, const Profile& hardware, std::optional<std::size_t> runtime) {
    Profile moved = hardware;
    const auto numbers = uncertain_parameters(moved);
    Sensitivities sensitivities(hardware, runtime);
    for (const Assignment& assignment : assignments_to_sum(length)) {
        const CostSum sum = length.sums.of(length.problem, assignment);
        const WeightedSum one{&length.sums.terms(), &length.sums.planned(), sum};
        const Uncertainty uncertainty = sensitivities.of(std::span(&one, 1));
        TermValues up, down;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            numbers[i].set(numbers[i].value * (1 + numbers[i].spread));
            length.sums.terms().work_out(under(moved, runtime), up);
            numbers[i].set(numbers[i].value / (1 + numbers[i].spread));
            length.sums.terms().work_out(under(moved, runtime), down);
            numbers[i].set(numbers[i].value);
            const double expected = 0.5 * std::log(total_of(sum, up.times) / total_of(sum, down.times));
            EXPECT_NEAR(uncertainty.effect[i], expected, kEffectsAgree) << numbers[i].path;
        }
    }
}

void expect_summed_once(const Scenario& scenario) {
    Diagnostics ignored;  // a model that a profile cannot run has no sum
    const auto result = evaluate(scenario, ignored);
    if (!result) {
        return;
    }
    for (const Stage& stage : scenario.stages) {
        const auto* work = std::get_if<ModelStage>(&stage.work);
        if (work == nullptr) {
            continue;
        }
        const auto lengths = plan_passes(stage.name, *work, scenario.profile, ignored);
        ASSERT_TRUE(lengths);
        for (const LengthPlan& length : *lengths) {
            expect_one_sum(length, *work, profile_of(scenario, *work));
        }
        expect_effects(lengths->front(), scenario.profile, work->runtime);
    }
    expect_tasks(scenario, *result);
    expect_counts(scenario, *result);
}

TEST(PlacementSums, AreWhatEveryShippedScenarioCosts) {
    std::size_t count = 0;
    for (const std::string& name : shipped_in("scenarios")) {
        const auto scenario = shipped_on(name, "");
        ASSERT_TRUE(scenario) << name;
        SCOPED_TRACE(name);
        expect_summed_once(*scenario);
        ++count;
    }
    EXPECT_GE(count, 14U);
}

TEST(PlacementSums, AreWhatEveryShippedProfileCosts) {
    std::size_t count = 0;
    for (const std::string& hardware : shipped_in("hardware")) {
        for (const char* name : {"rag-rk3588", "chat-rk3588"}) {
            if (const auto scenario = shipped_on(name, hardware)) {
                SCOPED_TRACE(hardware + " in " + name);
                expect_summed_once(*scenario);
                ++count;
            }
        }
    }
    EXPECT_GE(count, 8U);
}

// A lowered plan whose conditions hold under a changed profile equals that profile's own plan, and a number that is
// not among the deciding ones cannot violate a condition.
TEST(PlacementSums, NumbersThatDecideALayoutAreNamed) {
    for (const std::string& hardware : shipped_in("hardware")) {
        const auto scenario = shipped_on("rag-rk3588", hardware);
        if (!scenario) {
            continue;
        }
        SCOPED_TRACE(hardware);
        Profile moved = scenario->profile;
        const auto deciding = LoweredScenario::deciding_parameters(scenario->profile);
        const auto& work = std::get<ModelStage>(scenario->stages.back().work);
        Diagnostics ignored;
        for (const ParameterView& number : parameters(moved)) {
            if (std::ranges::find(deciding, number.path) != deciding.end()) {
                continue;
            }
            number.set(std::clamp(number.value * 1.5, number.least, number.most));
            for (std::size_t d = 0; d < moved.devices.size(); ++d) {
                const auto graph = instantiate(work.model, {work.batch, 128, 0}, ignored);
                ASSERT_TRUE(graph);
                const auto id = static_cast<DeviceId>(d);
                const DevicePlan before = plan_device(*graph, scenario->profile, id, {1, {}});
                const DevicePlan after = plan_device(*graph, moved, id, {1, {}});
                EXPECT_EQ(before.kernels, after.kernels) << number.path;
            }
            number.set(number.value);
        }
    }
}

}  // namespace
}  // namespace berth
