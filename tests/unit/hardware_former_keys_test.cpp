// Former names of keys, from the previous release, still work, with a warning that states the current name.
#include <gmock/gmock.h>

#include "hardware/former_keys.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

using testing::HasSubstr;

std::string board_with_matrix_keys(const std::string& keys) {
    const std::string before = "efficiency: 90%, ";
    std::string text = board_text();
    text.insert(text.find(before), keys + ", ");
    return text;
}

TEST(FormerKeys, AreReadAsTheirPresentNames) {
    const auto former = read_board({}, board_with_matrix_keys("row_piece: 16 B"));
    ASSERT_TRUE(former.profile) << former.complaints;
    EXPECT_THAT(former.complaints, HasSubstr("'row_piece' is now called 'layout_block'"));
    EXPECT_EQ(former.profile->devices.front().matrix.layout_block->value, bytes(16));
    const auto present = read_board({}, board_with_matrix_keys("layout_block: 16 B"));
    ASSERT_TRUE(present.profile) << present.complaints;
    EXPECT_EQ(present.complaints, "");
}

TEST(FormerKeys, WorkInPathsThatAreSet) {
    const auto set =
        read_board({{"devices.npu.matrix.row_piece", "32 B"}}, board_with_matrix_keys("layout_block: 16 B"));
    ASSERT_TRUE(set.profile) << set.complaints;
    EXPECT_EQ(set.profile->devices.front().matrix.layout_block->value, bytes(32));
    EXPECT_EQ(present_path("devices.cpu.memories.l3.exchange"), "devices.cpu.memories.l3.coherence_transfer");
    EXPECT_EQ(present_path("devices.cpu.memories.l3.others.spread"), "devices.cpu.memories.l3.co_runners.spread");
    EXPECT_EQ(present_path("devices.others.clock"), "devices.others.clock");
    EXPECT_EQ(present_path("devices.npu.matrix"), "devices.npu.matrix");
    EXPECT_EQ(present_path(""), "");
}

TEST(FormerKeys, BesideThePresentNameAreUnknown) {
    const auto both = read_board({}, board_with_matrix_keys("row_piece: 16 B, layout_block: 8 B"));
    EXPECT_FALSE(both.profile);
    EXPECT_THAT(both.complaints, HasSubstr("unknown key 'row_piece'"));
}

}  // namespace
}  // namespace berth
