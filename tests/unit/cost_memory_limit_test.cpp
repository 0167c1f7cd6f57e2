// The sustained bandwidth of the shared DRAM as a limit of kernels, hand-overs and simulated requests.
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/cost/cost.h"
#include "berth/cost/cost_breakdown.h"
#include "berth/evaluation/simulated_scenario.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using namespace literals;

Profile sustaining(const char* rate) { return *read_board({{"memory.dram.sustained", rate}}).profile; }

Kernel streaming_matmul() {
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, 1, 4096, 4096};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    return kernel;
}

TEST(MemoryLimit, OfAKernelIsTheLeastOfCoresDeviceAndBus) {
    const auto rate = [](const Profile& profile, int cores) {
        return core_rates(profile.devices[0], {cores, {}}, DType::kFp16).dram;
    };
    const Profile profile = *read_board().profile;
    EXPECT_EQ(rate(profile, 1), 8_GBps);
    EXPECT_EQ(rate(profile, 3), 16_GBps);
    EXPECT_EQ(rate(sustaining("12 GB/s"), 3), 12_GBps);
    EXPECT_EQ(rate(sustaining("4 GB/s"), 1), 4_GBps);
}

TEST(MemoryLimit, IsOneNumberForAllThatShareIt) {
    Profile profile = *read_board().profile;
    const auto views = parameters(profile);
    const auto number = std::ranges::find(views, "memory.dram.sustained", &ParameterView::path);
    ASSERT_NE(number, views.end());
    number->set(4e9);
    EXPECT_EQ(profile.dram.sustained.value, 4_GBps);
    EXPECT_EQ(profile.devices[0].bus->value, 4_GBps);
    EXPECT_EQ(profile.devices[1].bus->value, 4_GBps);
    EXPECT_EQ(profile.links[0].bus->value, 4_GBps);
    const Kernel kernel = streaming_matmul();
    EXPECT_EQ(kernel_cost(kernel, profile.devices[0], {1, {}}).total,
              kernel_cost(kernel, sustaining("4 GB/s").devices[0], {1, {}}).total);
}

TEST(MemoryLimit, IsNamedWhereItDecides) {
    const Profile profile = sustaining("4 GB/s");
    const CostBreakdown breakdown = explain_cost(streaming_matmul(), profile.devices[0], {1, {}});
    const auto dram = std::ranges::find(breakdown.terms, "dram", &CostTerm::name);
    ASSERT_NE(dram, breakdown.terms.end());
    EXPECT_EQ(formula_in_words(*dram->formula), "(bytes read + result x write cost) / DRAM rate");
    for (const FormulaPtr& input : formula_inputs(*dram->formula)) {
        if (input->name == kDramRate) {
            EXPECT_EQ(formula_in_words(*input),
                      "min(DRAM bandwidth of a core x cores, DRAM limit of the device, sustained DRAM bandwidth)");
            EXPECT_EQ(formula_filled_in(*input), "min(8 GB/s x 1, 16 GB/s, 4 GB/s)");
            EXPECT_EQ(input->operands.back()->number->path, "hardware.memory.dram.sustained");
        }
    }
}

TEST(MemoryLimit, HoldsInt32ResultsAndCheapWrites) {
    Profile profile = sustaining("4 GB/s");
    Device& npu = profile.devices[0];
    npu.matrix.int32_output = Parameter<Bandwidth>{gigabytes_per_second(10)};
    Kernel kernel = streaming_matmul();
    kernel.dims = MatmulDims{1, 64, 512, 8192};
    kernel.library_call = kernel.keeps_accumulators = true;
    const KernelCost wide = kernel_cost(kernel, npu, {1, {}});
    EXPECT_LE((wide.traffic.read + wide.traffic.write) / wide.total, 4_GBps);
    EXPECT_EQ(wide.bound, Bound::kDram);
    npu.matrix.int32_output.reset();
    npu.dma.write_cost.value = 0.1;
    const KernelCost cheap = kernel_cost(kernel, npu, {1, {}});
    EXPECT_LE((cheap.traffic.read + cheap.traffic.write) / cheap.total, 4_GBps);
}

TEST(MemoryLimit, HoldsHandovers) {
    EXPECT_DOUBLE_EQ(in_microseconds(handover_cost(sustaining("2 GB/s").links[0], 3_MB).cache_maintenance), 1500);
    EXPECT_DOUBLE_EQ(in_microseconds(handover_cost(sustaining("2 GB/s").links[0], 3_MB).layout_change), 3000);
    EXPECT_DOUBLE_EQ(in_microseconds(handover_cost(sustaining("1 GB/s").links[0], 3_MB).layout_change), 6000);
}

class OwnMemory : public ScenarioFolder {
  protected:
    void SetUp() override {
        ScenarioFolder::SetUp();
        std::string board = board_text();
        const std::string link = "per_crossing: 20 us, cache_maintenance: 3 GB/s, layout_change: 1 GB/s";
        board.replace(board.find(link), link.size(), "per_crossing: 20 us, transfer: 12 GB/s");
        const std::string gelu = "gelu: {on: npu, dtypes: [fp16]}";
        board.insert(board.find(gelu), "layer_norm: {on: npu}\n        ");
        write("hardware/board.yaml", board);
    }
};

TEST_F(OwnMemory, IsNotHeldToTheHostsDramButItsHandoversAre) {
    const auto loaded =
        load_stage("model: tiny, dtype: fp16, tokens: 4096, on: npu", {{"hardware.memory.dram.sustained", "4 GB/s"}});
    ASSERT_TRUE(loaded.scenario) << loaded.complaints;
    const Profile& profile = loaded.scenario->profile;
    EXPECT_FALSE(profile.devices[0].bus);
    EXPECT_EQ(core_rates(profile.devices[0], {1, {}}, DType::kFp16).dram, 8_GBps);
    EXPECT_DOUBLE_EQ(in_microseconds(handover_cost(profile.links[0], 4_MB).transfer), 1000);

    Diagnostics diagnostics;
    const auto result = evaluate(*loaded.scenario, diagnostics);
    ASSERT_TRUE(result) << diagnostics.text();
    const TrafficResult alone = request_alone(*loaded.scenario, *result);
    EXPECT_NEAR(alone.simulation.duration / result->total.latency.median, 1, 1e-9);
    Bytes handed_over;
    for (const OperatorResult& op : result->stages[0].candidates[*result->stages[0].chosen].operators) {
        handed_over += op.handover_bytes;
    }
    EXPECT_GE(in_bytes(handed_over), 2 * 4096 * 64 * 2.0);  // the input to the device and the result back
    EXPECT_NEAR(alone.simulation.moved[0] / handed_over, 1, 1e-9);
}

}  // namespace
}  // namespace berth
