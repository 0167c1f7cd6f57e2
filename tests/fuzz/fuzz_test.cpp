// Spoilt files of every kind through the commands that read them. A few hundred run with the other tests;
//   BERTH_FUZZ_FILES=100000 BERTH_FUZZ_SEED=1 build/release/tests/berth_fuzz_tests
// runs any number, and reports the outcomes by kind.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "fuzz/campaign.h"

namespace berth::fuzz {
namespace {

std::size_t number_from(const char* variable, std::size_t otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

constexpr double kLimitSeconds = 10;  // processor time for all commands of a file
constexpr std::int64_t kMostGrowth = 1000;

TEST(Fuzz, SpoiltFilesAreAnsweredOrRefused) {
    std::string pattern = ::testing::TempDir() + "berth-fuzz-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    const auto result = run_campaign(number_from("BERTH_FUZZ_SEED", 1), number_from("BERTH_FUZZ_FIRST", 0),
                                     number_from("BERTH_FUZZ_FILES", 300), kLimitSeconds, pattern);
    fmt::print("{}", text_of(result));
    EXPECT_TRUE(result.faults.empty()) << "spoilt files of these are in " << pattern << "/faults";
    EXPECT_LT(result.growth_per_trial, kMostGrowth);
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        EXPECT_GT(result.by_kind[kind].files, 0U) << kKinds[kind];
    }
    if (result.faults.empty()) {
        std::filesystem::remove_all(pattern);
    }
}

TEST(Fuzz, TheSameNumberGivesTheSameTrial) {
    std::string pattern = ::testing::TempDir() + "berth-fuzz-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    const Seeds seeds(BERTH_SOURCE_DIR, pattern);
    for (std::size_t number = 0; number < 50; ++number) {
        const Trial one = seeds.trial(7, number);
        const Trial again = seeds.trial(7, number);
        EXPECT_EQ(one.files, again.files);
        EXPECT_EQ(one.always, again.always);
    }
    EXPECT_NE(seeds.trial(7, 1).files, seeds.trial(8, 1).files);
    std::filesystem::remove_all(pattern);
}

TEST(Fuzz, NumbersThatAreNoneAreSeen) {
    for (const char* text : {"nan", "Total -nan ms", "{\"a\": inf}", "-inf", "a NaN,1", "x=.nan "}) {
        EXPECT_TRUE(holds_no_number(text)) << text;
    }
    for (const char* text : {"information", "finance", "banana", "conf_inf", "'nan' is no number", "layer.inf.x"}) {
        EXPECT_FALSE(holds_no_number(text)) << text;
    }
}

}  // namespace
}  // namespace berth::fuzz
