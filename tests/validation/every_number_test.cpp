// On every shipped profile, four times and a quarter of each number change the answer, or a reason is reported.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "berth/analysis/every_number.h"

namespace berth {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> profiles() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(fs::path(BERTH_SOURCE_DIR) / "hardware")) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

class EveryShippedNumber : public testing::TestWithParam<std::string> {};

TEST_P(EveryShippedNumber, IsNotSilent) {
    // Not all profiles support int8.
    const SweepBase base{
        {{BERTH_SOURCE_DIR}}, "rag-rk3588", {{"hardware", GetParam()}, {"stages.rerank.dtype", "fp16"}}};
    Diagnostics diagnostics;
    const auto every = try_every_number(base, {4, 0.25}, diagnostics);
    ASSERT_TRUE(every.has_value()) << diagnostics.text();
    EXPECT_GT(every->numbers.size(), 50U);
    std::size_t moves = 0;
    for (const NumberTried& number : every->numbers) {
        for (const SetNumber& set : number.set) {
            EXPECT_FALSE(set.silent()) << number.number.path << " = " << set.value;
            moves += set.moves ? 1 : 0;
        }
    }
    EXPECT_GT(moves, every->numbers.size() / 3);
}

INSTANTIATE_TEST_SUITE_P(Profiles, EveryShippedNumber, testing::ValuesIn(profiles()), [](const auto& each) {
    std::string name = each.param;
    std::ranges::replace_if(
        name, [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
});

}  // namespace
}  // namespace berth
