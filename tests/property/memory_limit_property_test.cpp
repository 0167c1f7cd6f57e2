// No kernel, pass, candidate or timeline draws more than the sustained memory bandwidth, and simulated times equal the
// predicted sums.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include "berth/evaluation/evaluation.h"
#include "berth/evaluation/simulated_scenario.h"

namespace berth::memory_limits {
namespace {

constexpr double kRounding = 1 + 1e-6;

Library shipped() { return {{std::filesystem::path(BERTH_SOURCE_DIR)}}; }

std::vector<std::string> scenarios() {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(BERTH_SOURCE_DIR) / "scenarios")) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

struct Question {
    Scenario scenario;
    ScenarioResult result;
};

/// Absent if the changed hardware is invalid.
std::optional<Question> evaluated(const std::string& name, const std::vector<Override>& overrides) {
    Diagnostics diagnostics;
    auto scenario = load_scenario(shipped(), name, overrides, diagnostics);
    if (!scenario) {
        return std::nullopt;
    }
    EvaluationOptions options;
    options.uncertainty = false;
    auto result = evaluate(*scenario, diagnostics, options);
    return result ? std::optional(Question{std::move(*scenario), std::move(*result)}) : std::nullopt;
}

// Operators are those of one pass, or of one of several steps; the traffic of a fused operator counts for its kernel.
void expect_operators_within(const Candidate& candidate, Bandwidth sustained, const std::string& what) {
    Bytes moved;
    Time time;
    for (const OperatorResult& op : candidate.operators) {
        moved += op.dram_bytes;
        time += op.latency;
        if (op.cost && op.cost->total > Time{}) {
            EXPECT_LE((op.cost->traffic.read + op.cost->traffic.write) / op.cost->total, sustained * kRounding)
                << what << " " << op.name;
        }
    }
    EXPECT_LE(moved / time, sustained * kRounding) << what;
    if (!candidate.tasks.empty()) {  // devices run concurrently
        EXPECT_LE(moved / candidate.latency.median, sustained * kRounding) << what;
    }
}

void expect_within(const Question& question, const std::string& what) {
    const Bandwidth sustained = question.scenario.profile.dram.sustained.value;
    Time total;
    for (const StageResult& stage : question.result.stages) {
        total += stage.latency.median;
        for (const Candidate& candidate : stage.candidates) {
            if (candidate.feasible) {
                expect_operators_within(candidate, sustained, what + " " + stage.name + " on " + candidate.placement);
            }
        }
    }
    const TrafficResult alone = request_alone(question.scenario, question.result);
    const Time simulated = alone.simulation.duration;
    EXPECT_NEAR(in_seconds(simulated), in_seconds(total), 1e-6 * in_seconds(total)) << what;
    EXPECT_NEAR(in_seconds(total), in_seconds(question.result.total.latency.median), 1e-9 * in_seconds(total)) << what;
    for (const BandwidthUse& use : alone.simulation.uses) {
        if (alone.system.bandwidths[use.bandwidth].name == "dram") {
            EXPECT_LE(use.drawn, sustained * kRounding) << what;
        }
    }
}

class MemoryLimit : public testing::TestWithParam<std::string> {};

TEST_P(MemoryLimit, HoldsASingleRequestWhateverTheNumbersAre) {
    std::mt19937 generator(7);
    const auto draw = [&generator](double from, double to) {
        return std::exp(std::uniform_real_distribution<double>(std::log(from), std::log(to))(generator));
    };
    const auto rate = [](double gigabytes) { return std::to_string(gigabytes) + " GB/s"; };
    std::vector<std::vector<Override>> changes{{}, {{"hardware.memory.dram.sustained", "4 GB/s"}}};
    for (int i = 0; i < 3; ++i) {
        changes.push_back({{"hardware.memory.dram.bandwidth", "90 GB/s"},
                           {"hardware.memory.dram.sustained", rate(draw(0.3, 20))},
                           {"hardware.devices.npu.dma.bandwidth", rate(draw(2, 25)) + " per core"},
                           {"hardware.devices.npu.dma.limit", rate(draw(25, 80))},
                           {"hardware.devices.npu.dma.write_cost", std::to_string(draw(0.3, 2))},
                           {"hardware.links.0.cache_maintenance", rate(draw(0.5, 30))}});
    }
    int looked_at = 0;
    for (const auto& overrides : changes) {
        const auto question = evaluated(GetParam(), overrides);
        if (question) {
            ++looked_at;
            expect_within(*question, GetParam() + (overrides.empty() ? "" : " " + overrides.front().value));
        }
    }
    EXPECT_GE(looked_at, 2);
}

INSTANTIATE_TEST_SUITE_P(Shipped, MemoryLimit, testing::ValuesIn(scenarios()), [](const auto& one) {
    std::string name = one.param;
    std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
    return name;
});

TEST(MemoryLimit, HoldsATokenToWhatItReadsOfTheWeights) {
    const auto question = evaluated("chat-rk3588", {{"hardware.memory.dram.sustained", "4 GB/s"}});
    ASSERT_TRUE(question);
    int written = 0;
    for (const StageResult& stage : question->result.stages) {
        for (const Candidate& candidate : stage.candidates) {
            if (candidate.feasible && candidate.generation && candidate.generation->step) {
                ++written;
                EXPECT_LE(candidate.weight_bytes * 0.5 / *candidate.generation->step, gigabytes_per_second(4))
                    << candidate.placement;
            }
        }
    }
    EXPECT_GT(written, 0);
}

}  // namespace
}  // namespace berth::memory_limits
