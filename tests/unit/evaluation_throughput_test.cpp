// Devices that work concurrently on one request, and passes distributed over devices for a stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "berth/analysis/core_splits.h"
#include "berth/evaluation/simulated_scenario.h"
#include "evaluation/overlap.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using namespace literals;

// Two towers joined at the end, on a board with devices of similar speed.
class Towers : public ScenarioFolder {
  protected:
    void SetUp() override {
        ScenarioFolder::SetUp();
        write("models/architectures/towers.yaml", R"(architecture: towers
sizes: {hidden: width}
inputs: {features: {shape: [batch, tokens, hidden]}}
sections:
  - section: towers
    result: join
    operators:
      - {name: left, op: matmul, inputs: [features], m: batch * tokens, k: hidden, n: hidden, shape: [batch, tokens, hidden]}
      - {name: left_out, op: matmul, inputs: [left], m: batch * tokens, k: hidden, n: hidden, shape: [batch, tokens, hidden]}
      - {name: right, op: matmul, inputs: [features], m: batch * tokens, k: hidden, n: hidden, shape: [batch, tokens, hidden]}
      - {name: right_out, op: matmul, inputs: [right], m: batch * tokens, k: hidden, n: hidden, shape: [batch, tokens, hidden]}
      - {name: join, op: add, inputs: [left_out, right_out], rows: batch * tokens, cols: hidden, shape: [batch, tokens, hidden]}
)");
        write("models/two.yaml", "model: two\narchitecture: towers\nsizes: {hidden: 512}\n");
    }

    [[nodiscard]] Scenario towers(const std::string& more) const {
        auto loaded = load_text(
            "scenario: towers\nhardware: board\nobjective: makespan\nstages:\n"
            "  - {name: work, model: two, dtype: fp16, tokens: 256, granularity: operator}\n" +
            more);
        if (!loaded.scenario) {
            throw std::runtime_error(loaded.complaints);
        }
        return std::move(*loaded.scenario);
    }
};

ScenarioResult evaluated(const Scenario& scenario) {
    Diagnostics diagnostics;
    auto result = evaluate(scenario, diagnostics);
    if (!result) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*result);
}

TEST_F(Towers, RunOnBothDevicesAtOnce) {
    Scenario scenario = towers("");
    // Until both devices have similar speed, one of them runs everything.
    scenario.profile.devices[0].matrix.efficiency.value /= 8;
    const ScenarioResult result = evaluated(scenario);
    const StageResult& stage = result.stages.front();
    const Candidate& chosen = stage.candidates[*stage.chosen];
    ASSERT_EQ(chosen.placement, "overlap");
    for (const Candidate& candidate : stage.candidates) {
        if (!candidate.feasible) {
            continue;
        }
        EXPECT_LE(chosen.latency.median, candidate.latency.median);
        EXPECT_GE(candidate.latency.median, stage.optimum->lower_bound);
    }
    const auto starts = [&chosen](std::size_t op) { return chosen.operators[op].start; };
    EXPECT_NE(chosen.assignment[0], chosen.assignment[2]);
    EXPECT_LT(std::max(starts(0), starts(2)), std::min(starts(1), starts(3)));  // concurrent
    EXPECT_GE(starts(4), starts(1));
    const TrafficResult alone = request_alone(scenario, result);
    EXPECT_NEAR(in_seconds(alone.simulation.duration), in_seconds(result.total.latency.median), 1e-12);
    Bytes moved;
    for (const SimulatedTask& task : alone.system.tasks) {
        moved += task.moved;
    }
    EXPECT_NEAR(in_bytes(alone.simulation.moved.front()), in_bytes(moved), 1e-6 * in_bytes(moved));
}

// Exhaustive search over all placements and orders of five operators on two devices.
TEST_F(Towers, AreBruteForce) {
    for (const double slower : {1.0, 4.0, 8.0, 16.0}) {
        Scenario scenario = towers("");
        scenario.profile.devices[0].matrix.efficiency.value /= slower;
        const auto& work = std::get<ModelStage>(scenario.stages.front().work);
        Diagnostics diagnostics;
        const auto lengths = plan_passes("work", work, scenario.profile, diagnostics);
        ASSERT_TRUE(lengths);
        const LengthPlan& length = lengths->front();
        std::vector<Time> order{1_s, 2_s, 3_s, 4_s, 5_s};
        std::optional<Time> least;
        do {
            for (unsigned bits = 0; bits < 32; ++bits) {
                Assignment assignment;
                for (unsigned op = 0; op < 5; ++op) {
                    assignment.push_back(static_cast<DeviceId>(bits >> op & 1U));
                }
                if (objective(length.problem, assignment)) {
                    const Time time = overlap_of(length, work, scenario.profile, assignment, order).time;
                    least = least ? std::min(*least, time) : time;
                }
            }
        } while (std::ranges::next_permutation(order).found);
        const auto found = overlapped_pass(length, work, scenario.profile, {});
        ASSERT_TRUE(found);
        EXPECT_NEAR(in_seconds(found->time), in_seconds(*least), 1e-9 * in_seconds(*least)) << slower;
        EXPECT_LE(overlap_bound(length, work, scenario.profile), *least * (1 + 1e-9));
    }
}

TEST_F(Towers, BusyDevicesAreSharedByManyRequests) {
    Scenario scenario = towers("arrivals: {users: 3, requests: 300, warm_up: 30}\n");
    scenario.profile.devices[0].matrix.efficiency.value /= 8;
    const ScenarioResult result = evaluated(scenario);
    const auto traffic = simulate_traffic(scenario, result);
    ASSERT_TRUE(traffic && traffic->simulation.latency);
    EXPECT_GT(traffic->simulation.latency->mean.value, result.total.latency.median);
    for (const ResourceUse& use : traffic->simulation.pools) {
        EXPECT_LE(use.utilisation, 1 + 1e-9) << use.name;
    }
    Time tasks, operators;
    for (const TaskContention& lost : traffic->simulation.contention) {
        tasks += lost.waited + lost.slowed;
    }
    for (const OperatorContention& one : traffic->operators) {
        operators += one.delay.waited + one.delay.slowed;
    }
    EXPECT_EQ(traffic->operators.size(), 5U);
    EXPECT_NEAR(in_seconds(operators), in_seconds(tasks), 1e-9 * in_seconds(tasks));
}

ScenarioResult rate_of_shipped(std::vector<Override> overrides, Scenario* loaded = nullptr) {
    Diagnostics diagnostics;
    overrides.push_back({"objective", "throughput"});
    auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "rag-rk3588-bucket-128", overrides, diagnostics);
    auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        throw std::runtime_error(diagnostics.text());
    }
    if (loaded != nullptr) {
        *loaded = std::move(*scenario);
    }
    return std::move(*result);
}

TEST(Throughput, NoMoreThanTheBoundAndAsSimulated) {
    for (const char* granularity : {"model", "block", "operator"}) {
        Scenario scenario;
        const ScenarioResult result = rate_of_shipped({{"stages.rerank.granularity", granularity}}, &scenario);
        ASSERT_TRUE(result.rate);
        EXPECT_LE(result.rate->simulated, result.rate->capacity * 1.01) << granularity;
        EXPECT_LE(result.rate->capacity, result.rate->upper_bound) << granularity;
        EXPECT_GE(result.rate->simulated, result.rate->capacity * 0.9) << granularity;
        const SimulatedSystem system = simulated_system(scenario, result.stages);
        EXPECT_EQ(result.rate->capacity, capacity(system));
        EXPECT_NEAR(in_seconds(time_alone(system)), in_seconds(result.total.latency.median), 1e-9);
        for (const StageResult& stage : result.stages) {
            std::int64_t passes = 0;
            for (const PassShare& share : stage.passes) {
                passes += share.passes;
                EXPECT_TRUE(stage.candidates[share.candidate].feasible);
            }
            EXPECT_EQ(passes, stage.chosen ? stage.repeat : 0);
        }
    }
}

// With a slow NPU, the passes of a stage are distributed over both devices, which serves more requests than either
// alone.
TEST(Throughput, PassesAreSpreadOverDevices) {
    const std::vector<Override> slow{
        {"stages.rerank.repeat", "12"}, {"hardware.devices.npu.clock", "300 MHz"}, {"hardware.devices.npu.cores", "1"}};
    const ScenarioResult spread = rate_of_shipped(slow);
    const StageResult& rerank = spread.stages.back();
    ASSERT_EQ(rerank.passes.size(), 2U);
    for (const char* device : {"npu", "cpu"}) {
        auto pinned = slow;
        pinned.push_back({"stages.rerank.on", device});
        EXPECT_LT(rate_of_shipped(pinned).rate->simulated, spread.rate->simulated) << device;
    }
}

TEST(Throughput, EveryCoreForItselfUnlessTheScenarioSaysOtherwise) {
    const ScenarioResult free = rate_of_shipped({});
    const ScenarioResult three = rate_of_shipped({{"stages.rerank.cores", "{npu: 3}"}, {"stages.rerank.on", "npu"}});
    EXPECT_EQ(free.stages.back().candidates[*free.stages.back().chosen].cores, 1);
    EXPECT_EQ(three.stages.back().candidates[*three.stages.back().chosen].cores, 3);
    EXPECT_GT(free.rate->simulated, three.rate->simulated);
}

TEST(BatchSizes, AgreeWithScenariosOfThatBatch) {
    Scenario scenario;
    const ScenarioResult result = rate_of_shipped({}, &scenario);
    const auto sizes = batch_sizes(scenario, result);
    std::size_t seen = 0;
    for (const BatchSize& size : sizes) {
        EXPECT_EQ(size.current, size.batch == 1);
        if (size.stage != "rerank" || (size.batch != 1 && size.batch != 5)) {
            continue;
        }
        ++seen;
        const auto same = rate_of_shipped({{"stages.rerank.batch", std::to_string(size.batch)},
                                           {"stages.rerank.repeat", std::to_string(5 / size.batch)},
                                           {"stages.rerank.on", "npu"},
                                           {"stages.rerank.cores", "{npu: 1}"},
                                           {"stages.embed.on", "npu"},
                                           {"stages.embed.cores", "{npu: 1}"}});
        EXPECT_NEAR(in_seconds(size.request), in_seconds(same.total.latency.median), 1e-9);
        EXPECT_NEAR(in_hertz(size.sustainable), in_hertz(same.rate->simulated), 1e-6);
    }
    EXPECT_EQ(seen, 2U);
}

}  // namespace
}  // namespace berth
