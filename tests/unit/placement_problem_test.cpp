// From plans to a placement problem: costs, transferred sizes, routes, fusion and fallbacks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "berth/cost/placement_terms.h"
#include "berth/placement/placement.h"

namespace berth {
namespace {

using namespace literals;
using testing::ElementsAre;

constexpr DeviceId kProcessor = 0;
constexpr DeviceId kAccelerator = 1;
constexpr DeviceId kGpu = 2;

// A CPU as host, and an NPU and a GPU that are linked to the host only: 10 us + 1 GB/s and 20 us + 2 GB/s.
Profile star() {
    Profile profile;
    profile.host = kProcessor;
    for (const char* name : {"cpu", "npu", "gpu"}) {
        profile.devices.emplace_back().name = name;
    }
    Link npu;
    npu.from = kProcessor;
    npu.to = kAccelerator;
    npu.per_crossing.value = 10_us;
    npu.transfer = Parameter<Bandwidth>{.value = 1_GBps};
    Link gpu = npu;
    gpu.to = kGpu;
    gpu.per_crossing.value = 20_us;
    gpu.transfer->value = 2_GBps;
    profile.links = {npu, gpu};
    return profile;
}

// embed -> score -> scale; the NPU fuses the last two, and its tensors are four times as large as on the CPU.
struct TwoDevices {
    Graph graph;
    std::vector<DevicePlan> plans;

    TwoDevices() {
        for (const char* name : {"embed", "score", "scale"}) {
            graph.operators.emplace_back().name = name;
        }
        graph.tensors.resize(4);
        graph.tensors[0].shape = {1, 500};
        graph.tensors[0].integer = true;
        graph.tensors[0].consumers = {0};
        for (OperatorId op = 0; op < 3; ++op) {
            Tensor& tensor = graph.tensors[static_cast<std::size_t>(op) + 1];
            tensor.producer = op;
            if (op < 2) {
                tensor.consumers = {op + 1};
            }
        }
        graph.tensors[3].graph_output = true;
        for (const DeviceId device : {kGpu, kProcessor, kAccelerator}) {  // in no particular order
            DevicePlan& plan = plans.emplace_back();
            plan.device = device;
            plan.per_graph = microseconds(100.0 * (device + 1));
            for (int op = 0; op < 3; ++op) {
                OperatorPlan& own = plan.operators.emplace_back();
                own.supported = true;
                own.alone = add_kernel(plan, microseconds(10.0 * (device + 1) + op));
                own.steps.push_back({own.alone, StepRole::kOperator});
                own.output_size = device == kAccelerator ? 4000_B : 1000_B;
            }
        }
        OperatorPlan& gathers = on(kAccelerator, 0);
        gathers.supported = false;
        gathers.reason = "the runtime has no gather";
        gathers.fallback = kProcessor;
        gathers.steps = {};
        fuse_score_and_scale(plans.back());
    }

    static KernelId add_kernel(DevicePlan& plan, Time total) {
        plan.kernels.emplace_back().kind = OperatorKind::kAdd;
        plan.costs.emplace_back().total = total;
        return static_cast<KernelId>(plan.kernels.size() - 1);
    }

    // scale adds 22 us to the kernel of score, and takes 28 us as a separate kernel.
    static void fuse_score_and_scale(DevicePlan& plan) {
        OperatorPlan& score = plan.operators[1];
        OperatorPlan& scale = plan.operators[2];
        plan.costs[static_cast<std::size_t>(scale.alone)].total = 28_us;
        scale.fused_into = 1;
        scale.before = score.alone;
        scale.joined = score.steps.front().kernel = add_kernel(plan, 21_us + 22_us);
        scale.steps = {};
    }

    OperatorPlan& on(DeviceId device, std::size_t op) {
        for (DevicePlan& plan : plans) {
            if (plan.device == device) {
                return plan.operators[op];
            }
        }
        throw std::logic_error("no such device");
    }
};

void expect_time(Time found, double expected_us) { EXPECT_NEAR(in_microseconds(found), expected_us, 1e-9); }

TEST(PlacementProblem, TakesCostsActivationAndFusionFromThePlans) {
    const TwoDevices example;
    const PlacementProblem problem = placement_problem(example.graph, example.plans, star());
    EXPECT_EQ(problem.devices, 3U);
    EXPECT_EQ(problem.host, kProcessor);
    expect_time(*problem.cost[1][kAccelerator], 21);
    expect_time(*problem.cost[2][kAccelerator], 22);
    expect_time(*problem.cost[2][kGpu], 32);
    EXPECT_FALSE(problem.cost[0][kAccelerator].has_value());
    expect_time(problem.activation[kAccelerator], 200);
    ASSERT_EQ(problem.fusion.size(), 1U);
    EXPECT_EQ(problem.fusion[0].before, 1);
    EXPECT_EQ(problem.fusion[0].after, 2);
    EXPECT_EQ(problem.fusion[0].device, kAccelerator);
    expect_time(problem.fusion[0].loss, 6);
}

TEST(PlacementProblem, HandsOverTheLargerOfBothSizesAndRoutesThroughTheHost) {
    const TwoDevices example;
    const PlacementProblem problem = placement_problem(example.graph, example.plans, star());
    ASSERT_EQ(problem.flows.size(), 4U);
    const auto& between = problem.flows[2];  // embed's result is flows[1]
    EXPECT_EQ(between.producer, 1);
    expect_time(between.crossing[kProcessor][kAccelerator], 10 + 4);  // the padded 4000 B, although the CPU makes 1000
    expect_time(between.crossing[kAccelerator][kProcessor], 10 + 4);
    expect_time(between.crossing[kProcessor][kGpu], 20 + 0.5);
    expect_time(between.crossing[kAccelerator][kGpu], 10 + 4 + 20 + 2);
    expect_time(between.crossing[kGpu][kGpu], 0);
}

TEST(PlacementProblem, AQuantisedNetworkGivesItsResultsAsIntegers) {
    TwoDevices example;
    example.on(kAccelerator, 2).ran_at = DType::kInt8;
    example.on(kAccelerator, 2).output_size = 500_B;
    Profile profile = star();
    const auto given = [&](DeviceId from) {
        return placement_problem(example.graph, example.plans, profile).flows[3].crossing[from][kProcessor];
    };
    expect_time(given(kAccelerator), 10 + 0.5);
    example.on(kGpu, 2).output_size = 250_B;
    expect_time(given(kGpu), 20 + 0.5);  // not integers: the 1000 B that the host would produce
    // With dynamic scales, results are floating-point numbers.
    profile.devices[kAccelerator].runtime.quantization = QuantizationScheme::kDynamic;
    expect_time(given(kAccelerator), 10 + 1);
}

TEST(PlacementProblem, ScoresOfWordsAreHandedOverInFloatingPoint) {
    TwoDevices example;
    example.on(kAccelerator, 2).ran_at = DType::kInt8;
    example.on(kAccelerator, 2).output_size = 500_B;
    example.graph.tensors[3].shape = {1, 500};
    example.graph.tensors[3].scores = true;
    const double thousands = 4 * static_cast<double>(example.graph.tensors[3].elements()) / 1000;
    const auto flows = placement_problem(example.graph, example.plans, star()).flows;
    expect_time(flows[3].crossing[kAccelerator][kProcessor], 10 + thousands);
}

TEST(PlacementProblem, AQuantisedNetworkTakesItsInputsAsIntegers) {
    TwoDevices example;
    example.graph.tensors[0].integer = false;
    OperatorPlan& first = example.on(kAccelerator, 0);
    first.supported = true;
    const auto taken = [&example](DType dtype) {
        example.on(kAccelerator, 0).ran_at = dtype;
        return placement_problem(example.graph, example.plans, star()).flows[0].crossing[kProcessor][kAccelerator];
    };
    expect_time(taken(DType::kInt8), 10 + 0.5);
    expect_time(taken(DType::kFp16), 10 + 2);  // callers provide fp32
}

TEST(PlacementProblem, InputsComeFromTheHostAndResultsGoThere) {
    const TwoDevices example;
    const PlacementProblem problem = placement_problem(example.graph, example.plans, star());
    EXPECT_EQ(problem.flows[0].producer, kNoOperator);
    expect_time(problem.flows[0].crossing[kProcessor][kAccelerator], 10 + 2);  // 500 ids of 4 B
    EXPECT_FALSE(problem.flows[0].to_host);
    EXPECT_TRUE(problem.flows[3].to_host);
    EXPECT_FALSE(problem.flows[1].to_host);
}

TEST(PlacementProblem, UsesADirectLinkWhereThereIsOne) {
    Profile profile = star();
    Link direct = profile.links[0];
    direct.from = kGpu;
    direct.to = kAccelerator;
    direct.per_crossing.value = 1_us;
    profile.links.push_back(direct);
    expect_time(crossing_cost(profile, kAccelerator, kGpu, 4000_B), 1 + 4);
    expect_time(crossing_cost(profile, kGpu, kGpu, 4000_B), 0);
}

TEST(PlacementProblem, RefusesPlansOfAnotherGraphAndMissingPlans) {
    TwoDevices example;
    example.plans[0].operators.pop_back();
    EXPECT_THROW(static_cast<void>(placement_problem(example.graph, example.plans, star())), std::logic_error);
    example.plans.erase(example.plans.begin());
    EXPECT_THROW(static_cast<void>(placement_problem(example.graph, example.plans, star())), std::logic_error);
}

TEST(WholeModel, RunsWhatItCannotRunWhereTheRuntimeFallsBackTo) {
    const TwoDevices example;
    std::string why;
    const auto npu = whole_model(example.graph, example.plans, kAccelerator, &why);
    ASSERT_TRUE(npu.has_value()) << why;
    EXPECT_THAT(*npu, ElementsAre(kProcessor, kAccelerator, kAccelerator));
    EXPECT_THAT(*whole_model(example.graph, example.plans, kProcessor, nullptr),
                ElementsAre(kProcessor, kProcessor, kProcessor));
}

TEST(WholeModel, FollowsAChainOfFallbacks) {
    TwoDevices example;
    example.on(kAccelerator, 0).fallback = kGpu;
    OperatorPlan& gpu = example.on(kGpu, 0);
    gpu.supported = false;
    gpu.fallback = kProcessor;
    EXPECT_THAT(*whole_model(example.graph, example.plans, kAccelerator, nullptr),
                ElementsAre(kProcessor, kAccelerator, kAccelerator));
}

TEST(WholeModel, NamesTheOperatorAndTheReasonsWhereNothingCanRunIt) {
    TwoDevices example;
    std::string why;
    OperatorPlan& cpu = example.on(kProcessor, 0);
    cpu.supported = false;
    cpu.reason = "the table has 9 GB, the limit is 2 GB";
    EXPECT_FALSE(whole_model(example.graph, example.plans, kAccelerator, &why).has_value());
    EXPECT_EQ(why, "embed: the runtime has no gather; where it falls back to: the table has 9 GB, the limit is 2 GB");
    example.on(kAccelerator, 0).fallback.reset();
    EXPECT_FALSE(whole_model(example.graph, example.plans, kAccelerator, &why).has_value());
    EXPECT_EQ(why, "embed: the runtime has no gather");
    example.on(kAccelerator, 0).fallback = kProcessor;
    cpu.fallback = kAccelerator;  // in a circle
    EXPECT_FALSE(whole_model(example.graph, example.plans, kAccelerator, &why).has_value());
}

}  // namespace
}  // namespace berth
