// Effective numbers of the RK3588 that summarise its compiler's choices: which quantity each scales with.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "berth/cost/cost.h"
#include "berth/hardware/profile.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

double effective_value(Profile profile, const std::string& path) {
    const auto views = parameters(profile);
    const auto found = std::ranges::find(views, path, &ParameterView::path);
    return found != views.end() ? found->value : 0;
}

/// Numbers that an architect may change, each doubled.
const std::map<std::string, ProfileOverride> kDoubled{
    {"bus", {"memory.dram.bandwidth", "67.6 GB/s"}},
    {"buffer", {"devices.npu.memories.sram.capacity", "768 KiB"}},
    {"macs", {"devices.npu.matrix.macs_per_cycle.fp16", "1024"}},
    {"clock", {"devices.npu.clock", "2 GHz"}},
};

struct EffectiveNumber {
    std::string path;
    std::string follows;  ///< the doubled number to which it is proportional; empty: none
};

class EffectiveNumbers : public testing::TestWithParam<EffectiveNumber> {};

TEST_P(EffectiveNumbers, FollowsWhatItSaysAndNothingElse) {
    const auto& [path, follows] = GetParam();
    const double now = effective_value(shipped_rk3588(), path);
    ASSERT_GT(now, 0) << path;
    for (const auto& [what, change] : kDoubled) {
        const double then = effective_value(shipped_rk3588({change}), path);
        EXPECT_NEAR(then / now, what == follows ? 2 : 1, 1e-9) << path << " with twice the " << what;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rk3588, EffectiveNumbers,
    testing::Values(
        // Proportional to the bus: the shares drawn by cores, the device and wide results.
        EffectiveNumber{"memory.dram.sustained", "bus"}, EffectiveNumber{"devices.npu.dma.bandwidth", "bus"},
        EffectiveNumber{"devices.npu.dma.limit", "bus"}, EffectiveNumber{"devices.npu.matrix.int32_output", "bus"},
        EffectiveNumber{"devices.cpu.clusters.big.bandwidth", "bus"}, EffectiveNumber{"devices.cpu.dma.limit", "bus"},
        // Proportional to the buffer: the tiles that the compiler puts into it.
        EffectiveNumber{"devices.npu.matrix.row_tile", "buffer"},
        EffectiveNumber{"devices.npu.matrix.image_row_tile", "buffer"},
        EffectiveNumber{"devices.npu.matrix.library_row_tile", "buffer"},
        // Proportional to none: bytes and cycles of schedules that are not known in detail, and a single bank.
        EffectiveNumber{"devices.npu.attention.score_bytes", ""},
        EffectiveNumber{"devices.npu.attention.per_cycle", ""}, EffectiveNumber{"devices.npu.attention.per_head", ""},
        EffectiveNumber{"devices.npu.matrix.result_buffer", ""}, EffectiveNumber{"devices.npu.vector.norm.traffic", ""},
        EffectiveNumber{"devices.npu.vector.move.traffic", ""},
        EffectiveNumber{"devices.npu.vector.softmax.traffic", ""},
        EffectiveNumber{"devices.npu.vector.elementwise.traffic", ""}, EffectiveNumber{"devices.npu.overlap", ""},
        EffectiveNumber{"devices.npu.matrix.efficiency", ""}),
    [](const auto& each) {
        std::string name = each.param.path;
        std::ranges::replace(name, '.', '_');
        return name;
    });

KernelCost attention_on(const Profile& profile, DType dtype, std::int64_t head_dim = 32) {
    Kernel kernel;
    kernel.kind = OperatorKind::kAttention;
    kernel.dims = AttentionDims{1, 12, 12, 512, 512, head_dim};
    kernel.input = kernel.weight = kernel.output = dtype;
    return kernel_cost(kernel, profile.devices[0], {1, std::nullopt});
}

TEST(SpilledScores, MoveTheSameWhateverTheDtypeAndTheHead) {
    const Profile chip = shipped_rk3588();
    const Traffic fp16 = attention_on(chip, DType::kFp16).traffic;
    const Traffic int8 = attention_on(chip, DType::kInt8).traffic;
    const Traffic wide = attention_on(chip, DType::kFp16, 64).traffic;
    const double scores = 12.0 * 512 * 512;
    EXPECT_NEAR(in_bytes(fp16.read + fp16.write) / scores, 37.5, 1e-9);
    EXPECT_NEAR(in_bytes(int8.read + int8.write) / scores, 37.5, 1e-9);
    EXPECT_NEAR(in_bytes(wide.read + wide.write) / scores, 37.5, 1e-9);
}

TEST(SpilledScores, ComeInTilesThatNeedDescriptors) {
    // Queries of 32 x 2 B come in 4 pieces of 16 B, all rows at once; scores of 1 KiB in 64, 96 rows at a time.
    const Profile chip = shipped_rk3588();
    const KernelCost cost = attention_on(chip, DType::kFp16);
    EXPECT_NEAR(cost.dma / chip.devices[0].dma.setup.value, 12 * (4 + 6 * 64), 1e-9);
}

TEST(KeptScores, LeaveEachOperandOnceInABufferThatHoldsThem) {
    const Profile large = shipped_rk3588({{"devices.npu.memories.sram.capacity", "8 MiB"}});
    const KernelCost kept = attention_on(large, DType::kFp16);
    EXPECT_EQ(kept.traffic.read + kept.traffic.write, kept.compulsory);
    EXPECT_LT(kept.total, attention_on(shipped_rk3588(), DType::kFp16).total * 0.7);
}

// The steps of a head that wait for each other in memory are those of the schedule that spills.
TEST(KeptScores, HaveHeadsThatDoNotWaitForTheMemory) {
    const KernelCost kept =
        attention_on(shipped_rk3588({{"devices.npu.memories.sram.capacity", "8 MiB"}}), DType::kFp16);
    const KernelCost slow_heads = attention_on(
        shipped_rk3588({{"devices.npu.memories.sram.capacity", "8 MiB"}, {"devices.npu.attention.per_head", "1 ms"}}),
        DType::kFp16);
    const KernelCost spilled = attention_on(shipped_rk3588(), DType::kFp16);
    EXPECT_EQ(kept.total, slow_heads.total);
    EXPECT_NEAR(in_milliseconds(spilled.vector - kept.vector), 12 * 0.033, 1e-6);
}

// A compiler that has both schedules takes the faster one, steps of the heads included.
TEST(KeptScores, AreWorthFurtherPassesWhereHeadsTakeLong) {
    const std::vector<ProfileOverride> narrow{{"devices.npu.attention.keeps_scores_from", "16 KiB"},
                                              {"devices.npu.attention.score_bytes", "0.6 B"}};
    std::vector<ProfileOverride> slow = narrow;
    slow.push_back({"devices.npu.attention.per_head", "1 ms"});
    EXPECT_LT(attention_on(shipped_rk3588(slow), DType::kFp16).vector, milliseconds(12));
}

TEST(KeptScores, AreWhatARuntimeMayRefuse) {
    const Profile large = shipped_rk3588(
        {{"devices.npu.memories.sram.capacity", "8 MiB"}, {"devices.npu.attention.keeps_scores_from", "16 MiB"}});
    const KernelCost spilled = attention_on(large, DType::kFp16);
    EXPECT_NEAR(in_bytes(spilled.traffic.read + spilled.traffic.write) / (12.0 * 512 * 512), 37.5, 1e-9);
}

// Asked alone, the flag is a question about the runtime whatever the memory.
TEST(KeptScores, AreGrantedOrRefusedByOneOverride) {
    const ProfileOverride large{"devices.npu.memories.sram.capacity", "8 MiB"};
    const auto time = [](const std::vector<ProfileOverride>& overrides) {
        return attention_on(shipped_rk3588(overrides), DType::kFp16).total;
    };
    EXPECT_EQ(time({{"devices.npu.attention.keeps_scores", "true"}}),
              time({{"devices.npu.attention.keeps_scores_from", "128 KiB"}}));
    EXPECT_EQ(time({large, {"devices.npu.attention.keeps_scores", "false"}}),
              time({large, {"devices.npu.attention.keeps_scores_from", "16 MiB"}}));
    EXPECT_LT(time({large}), time({large, {"devices.npu.attention.keeps_scores", "false"}}));
}

TEST(KeptScores, TakeAsManyQueriesAsFit) {
    // Granted to the chip as it is. A query needs 512 scores of 2 B, itself and its result, 64 B each: 1152 B. Two
    // strips of 16 keys and values take 4 KiB of the 384 KiB, which leaves room for 337 queries: two passes over keys
    // and values.
    const Profile granted = shipped_rk3588({{"devices.npu.attention.keeps_scores_from", "128 KiB"}});
    const KernelCost kept = attention_on(granted, DType::kFp16);
    EXPECT_EQ(kept.tile.m, 337);
    const Bytes keys_and_values = bytes(12.0 * 512 * 64 * 2);
    EXPECT_EQ(kept.traffic.read + kept.traffic.write, kept.compulsory + keys_and_values);
}

}  // namespace
}  // namespace berth
