// Numbers that are shares of others: values, dependencies, and refusals.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>

#include "berth/analysis/silent_changes.h"
#include "berth/evaluation/evaluation.h"
#include "hardware_fixtures.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSustained = "sustained: 20 GB/s";
constexpr std::string_view kLimit = "limit: 16 GB/s";

std::string with_shares() {
    std::string text = board_text();
    const auto put = [&text](std::string_view passage, std::string_view replacement) {
        text.replace(text.find(passage), passage.size(), replacement);
    };
    put(kSustained, "sustained: {value: 80% of bandwidth, spread: 5%, kind: measured, source: a probe}");
    put(kLimit, "limit: 75% of memory.dram.sustained ± 4%");
    put("row_tile: 128 KiB", "row_tile: 25% of memories.sram.capacity");
    return text;
}

ProfileReading read_shares(const std::vector<ProfileOverride>& overrides = {}) {
    return read_board(overrides, with_shares());
}

ParameterView share_view(Profile& profile, std::string_view path) {
    auto views = parameters(profile);
    return *std::ranges::find(views, path, &ParameterView::path);
}

TEST(RelativeNumber, ComesToItsShareOfTheOther) {
    const auto board = read_shares();
    ASSERT_TRUE(board.profile) << board.complaints;
    EXPECT_DOUBLE_EQ(board.profile->dram.sustained.value / gigabytes_per_second(1), 24);
    EXPECT_DOUBLE_EQ(board.profile->devices[0].dram_limit.value / gigabytes_per_second(1), 18);
    EXPECT_EQ(board.profile->devices[0].matrix.row_tile->value, kibibytes(96));
    EXPECT_EQ(board.profile->dram.sustained.spread, 0.05);
    EXPECT_EQ(board.profile->dram.sustained.source, "80% of memory.dram.bandwidth; a probe");
    EXPECT_EQ(board.profile->devices[0].dram_limit.spread, 0.04);
}

TEST(RelativeNumber, FollowsTheOtherWhereItIsSet) {
    const auto other =
        read_shares({{"memory.dram.bandwidth", "20 GB/s"}, {"devices.npu.memories.sram.capacity", "8 MiB"}});
    ASSERT_TRUE(other.profile) << other.complaints;
    EXPECT_DOUBLE_EQ(other.profile->dram.sustained.value / gigabytes_per_second(1), 16);
    EXPECT_DOUBLE_EQ(other.profile->devices[0].dram_limit.value / gigabytes_per_second(1), 12);
    EXPECT_EQ(other.profile->devices[0].matrix.row_tile->value, mebibytes(2));
}

TEST(RelativeNumber, SetItselfStandsForItselfAndKeepsItsSpread) {
    const auto board = read_shares({{"memory.dram.sustained", "26 GB/s"}, {"memory.dram.bandwidth", "60 GB/s"}});
    ASSERT_TRUE(board.profile) << board.complaints;
    EXPECT_DOUBLE_EQ(board.profile->dram.sustained.value / gigabytes_per_second(1), 26);
    EXPECT_EQ(board.profile->dram.sustained.spread, 0.05);
    EXPECT_THAT(board.profile->dram.sustained.source, HasSubstr("was 80% of bandwidth, measured: a probe"));
    EXPECT_DOUBLE_EQ(board.profile->devices[0].dram_limit.value / gigabytes_per_second(1), 19.5);
}

TEST(RelativeNumber, MayTakeThePlaceOfAPlainOne) {
    const auto board = read_board({{"devices.npu.dma.bandwidth", "25% of memory.dram.bandwidth"}});
    ASSERT_TRUE(board.profile) << board.complaints;
    const auto& bandwidth = board.profile->devices[0].clusters[0].bandwidth;
    EXPECT_DOUBLE_EQ(bandwidth.value / gigabytes_per_second(1), 7.5);
    EXPECT_EQ(bandwidth.spread, 0.1);  // spread of the plain number
}

TEST(RelativeNumber, MovesWithTheOtherInPlace) {
    auto board = read_shares();
    Profile profile = *board.profile;
    EXPECT_THAT(moving_with(profile, "memory.dram.bandwidth"),
                ElementsAre("memory.dram.bandwidth", "memory.dram.sustained", "devices.npu.dma.limit"));
    auto views = parameters(profile);
    const auto set = [&views](std::string_view path, double gigabytes) {
        std::ranges::find(views, path, &ParameterView::path)->set(gigabytes * 1e9);
    };
    set("memory.dram.bandwidth", 60);
    EXPECT_DOUBLE_EQ(profile.devices[0].bus->value / gigabytes_per_second(1), 48);
    EXPECT_DOUBLE_EQ(profile.devices[0].dram_limit.value / gigabytes_per_second(1), 36);
    // The spread is that of the share: half as large, at a base twice as fast.
    set("memory.dram.sustained", 12);
    EXPECT_DOUBLE_EQ(profile.dram.sustained.value / gigabytes_per_second(1), 24);
    set("memory.dram.bandwidth", 30);
    EXPECT_DOUBLE_EQ(profile.dram.sustained.value / gigabytes_per_second(1), 12);
    EXPECT_DOUBLE_EQ(profile.devices[0].dram_limit.value / gigabytes_per_second(1), 9);
}

ProfileReading read_with_sram(std::string_view more) {
    constexpr std::string_view kSram = "sram: {capacity: 384 KiB, per: core";
    return read_board_with(kSram, fmt::format("{}, {}", kSram, more));
}

TEST(RelativeNumber, ABandwidthPerCycleFollowsTheClock) {
    auto board = read_with_sram("bandwidth: 16 B/cycle of clock per core");
    ASSERT_TRUE(board.profile) << board.complaints;
    Profile profile = *board.profile;
    const double clock = profile.devices[0].clusters[0].clock.value.si();
    const auto& bandwidth = profile.devices[0].memories[0].bandwidth;
    EXPECT_DOUBLE_EQ(bandwidth->value.si(), 16 * clock);
    EXPECT_THAT(bandwidth->source, HasSubstr("16 B/cycle of devices.npu.clock"));
    EXPECT_THAT(moving_with(profile, "devices.npu.clock"), testing::Contains("devices.npu.memories.sram.bandwidth"));
    share_view(profile, "devices.npu.clock").set(2 * clock);
    EXPECT_DOUBLE_EQ(bandwidth->value.si(), 32 * clock);
    EXPECT_TRUE(share_view(profile, "devices.npu.memories.sram.bandwidth").per_cycle);
}

TEST(RelativeNumber, PerCycleNeedsAClockAndIsABandwidth) {
    const auto other = read_with_sram("bandwidth: 16 B/cycle of memory.dram.bandwidth");
    EXPECT_FALSE(other.profile);
    EXPECT_THAT(other.complaints, HasSubstr("memory.dram.bandwidth is a bandwidth, not a frequency"));
    const auto size = read_board({{"devices.npu.memories.sram.capacity", "16 B/cycle of devices.npu.clock"}});
    EXPECT_FALSE(size.profile);
}

TEST(RelativeNumber, AskedForAsSuchFollowsNoMore) {
    auto board = read_shares();
    Profile profile = *board.profile;
    const auto views = parameters(profile);
    const auto view = [&views](std::string_view path) { return *std::ranges::find(views, path, &ParameterView::path); };
    view("memory.dram.sustained").fix(10e9);
    view("memory.dram.bandwidth").set(60e9);
    EXPECT_DOUBLE_EQ(profile.dram.sustained.value / gigabytes_per_second(1), 10);
    EXPECT_DOUBLE_EQ(profile.devices[0].dram_limit.value / gigabytes_per_second(1), 7.5);
    EXPECT_EQ(share_view(profile, "memory.dram.sustained").base, "");
    EXPECT_EQ(share_view(profile, "devices.npu.dma.limit").base, "memory.dram.sustained");
}

TEST(RelativeNumber, ACopyMovesByItself) {
    const auto board = read_shares();
    Profile copy = *board.profile;
    share_view(copy, "memory.dram.bandwidth").set(60e9);
    EXPECT_DOUBLE_EQ(copy.dram.sustained.value / board.profile->dram.sustained.value, 2);
}

/// A text that replaces the sustained bandwidth, and the expected error.
struct BadShare {
    std::string_view text, complaint;
};

class RelativeNumberRefused : public testing::TestWithParam<BadShare> {};

TEST_P(RelativeNumberRefused, WithPlaceAndWayOut) {
    const auto& [text, complaint] = GetParam();
    const auto reading = read_board_with(kSustained, "sustained: " + std::string(text));
    EXPECT_FALSE(reading.profile);
    EXPECT_EQ(reading.complaints, "board.yaml:3:65: error: memory.dram.sustained: " + std::string(complaint) + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Texts, RelativeNumberRefused,
    testing::Values(
        BadShare{"80% of bandwith",
                 "no number is called 'bandwith' here (expected the path of another number, such as 83% of bandwidth, "
                 "did you mean bandwidth?)"},
        BadShare{"80% of sustained",
                 "a share of itself: memory.dram.sustained -> memory.dram.sustained (expected a share of a number that "
                 "stands for itself)"},
        BadShare{"80% of capacity",
                 "memory.dram.capacity is a size in bytes, not a bandwidth (expected a share of a bandwidth)"},
        BadShare{"0% of bandwidth",
                 "'0% of bandwidth' is no share of another number (expected a share above zero and a number, such as "
                 "83% of bandwidth)"},
        BadShare{"80% of bandwidth ± 2 GB/s",
                 "the spread '2 GB/s' is a bandwidth, and the value is a plain number (expected a percentage of the "
                 "share, such as ± 10%)"},
        BadShare{"110% of bandwidth",
                 "33 GB/s is more than the bus carries (expected at most 100% of memory.dram.bandwidth)"}));

TEST(RelativeNumber, InACircleIsRefused) {
    const auto reading = read_board({{"memory.dram.bandwidth", "120% of sustained"}}, with_shares());
    EXPECT_FALSE(reading.profile);
    EXPECT_THAT(reading.complaints, HasSubstr("a share of itself: memory.dram.bandwidth -> memory.dram.sustained -> "
                                              "memory.dram.bandwidth"));
}

TEST(RelativeNumber, AboveTheBusSaysWhichShareFits) {
    const auto reading = read_board({{"devices.npu.dma.limit", "150% of memory.dram.sustained"}}, with_shares());
    EXPECT_FALSE(reading.profile);
    EXPECT_THAT(reading.complaints,
                HasSubstr("36 GB/s is more than the bus carries (expected at most 125% of memory.dram.sustained)"));
}

std::string with_limit(std::string_view limit) {
    std::string text = board_text();
    return text.replace(text.find(kLimit), kLimit.size(), limit);
}

/// A question about the bus, and what answers it: neither the number that was asked for, nor one that is refused.
struct BusQuestion {
    std::string_view name, limit, bus, complaint;
    std::vector<ProfileOverride> answer;
};

class AskedOfTheBus : public testing::TestWithParam<BusQuestion> {};

TEST_P(AskedOfTheBus, IsAnsweredByTheOtherNumbers) {
    const BusQuestion& asked = GetParam();
    // All else follows the bus.
    std::vector<ProfileOverride> overrides{{"memory.dram.bandwidth", std::string(asked.bus)},
                                           {"memory.dram.sustained", "60% of bandwidth"},
                                           {"devices.cpu.dma.limit", "50% of memory.dram.bandwidth"},
                                           {"devices.cpu.clusters.big.bandwidth", "20% of memory.dram.bandwidth"},
                                           {"devices.cpu.clusters.little.bandwidth", "10% of memory.dram.bandwidth"}};
    const auto refused = read_board(overrides, with_limit(asked.limit));
    EXPECT_FALSE(refused.profile);
    EXPECT_THAT(refused.complaints, HasSubstr(asked.complaint));
    std::string settings;
    for (const ProfileOverride& one : asked.answer) {
        settings += fmt::format("--set 'hardware.{}={}' ", one.path, one.value);
        overrides.push_back(one);
    }
    EXPECT_THAT(refused.complaints, HasSubstr(settings.substr(0, settings.size() - 1)));
    const auto answered = read_board(overrides, with_limit(asked.limit));
    EXPECT_TRUE(answered.profile) << answered.complaints;
}

INSTANTIATE_TEST_SUITE_P(Ways, AskedOfTheBus,
                         testing::Values(BusQuestion{"Limit",
                                                     "limit: 16 GB/s",
                                                     "12 GB/s",
                                                     "(expected at most the bandwidth of 12 GB/s, as with --set",
                                                     {{"devices.npu.dma.limit", "12 GB/s"}}},
                                         BusQuestion{"LimitAndCore",
                                                     "limit: 16 GB/s",
                                                     "5 GB/s",
                                                     "(expected at most the bandwidth of 5 GB/s, as with",
                                                     {{"devices.npu.dma.bandwidth", "5 GB/s"},
                                                      {"devices.npu.dma.limit", "5 GB/s"}}},
                                         BusQuestion{"CoreAboveTheBus",
                                                     "limit: 50% of memory.dram.bandwidth",
                                                     "6 GB/s",
                                                     "(expected cores that draw at most 3 GB/s; --set",
                                                     {{"devices.npu.dma.bandwidth", "3 GB/s"}}},
                                         BusQuestion{"CoreBelowTheBus",
                                                     "limit: 50% of memory.dram.bandwidth",
                                                     "12 GB/s",
                                                     "(expected at least 66.67% of memory.dram.bandwidth; --set",
                                                     {{"devices.npu.dma.bandwidth", "6 GB/s"}}}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(RelativeNumber, SustainedAboveABusThatWasSetFollowsIt) {
    const auto refused = read_board({{"memory.dram.bandwidth", "18 GB/s"}});
    EXPECT_THAT(refused.complaints, HasSubstr("(expected at most the bandwidth of 18 GB/s, as with --set "
                                              "'hardware.memory.dram.sustained=18 GB/s')"));
    const auto both = read_board({{"memory.dram.bandwidth", "18 GB/s"}, {"memory.dram.sustained", "19 GB/s"}});
    EXPECT_THAT(both.complaints, HasSubstr("(expected at most the bandwidth of 18 GB/s)"));
}

TEST(RelativeNumber, AClockOutsideTheListMayBeAskedFor) {
    const auto board = read_board({{"devices.npu.clock", "1.6 GHz"}});
    ASSERT_TRUE(board.profile) << board.complaints;
    EXPECT_EQ(board.profile->devices[0].clusters[0].clock.value, gigahertz(1.6));
}

// A memory bus of half or twice the bandwidth under every shipped profile: the question is answered, or what it does
// not change is explained.
constexpr const char* kBusBandwidth = "hardware.memory.dram.bandwidth";

// Stages of which every runtime runs one.
constexpr std::array kAnyStage{"{name: s, model: qwen2-0.5b, dtype: int8, phase: generate, prompt: 16, new_tokens: 2}",
                               "{name: s, model: qwen2-0.5b, dtype: w4a16, phase: generate, prompt: 16, new_tokens: 2}",
                               "{name: s, model: all-MiniLM-L6-v2, dtype: fp16, tokens: 64}"};

/// A question under one profile.
class BusWhatIf {
  public:
    BusWhatIf(const std::string& profile, const char* stage)
        : base_{{{std::filesystem::path(BERTH_SOURCE_DIR)}},
                folder_.write("q.yaml", fmt::format("scenario: q\nhardware: {}\nstages:\n  - {}\n", profile, stage))
                    .string(),
                {}} {}

    // Absent where the runtime does not run the stage.
    [[nodiscard]] std::optional<Bandwidth> bus() const {
        Diagnostics ignored;
        const auto scenario = load_scenario(base_.library, base_.scenario, {}, ignored);
        return scenario && evaluate(*scenario, ignored) ? std::optional(scenario->profile.dram.bandwidth.value)
                                                        : std::nullopt;
    }

    // Sets the bus, and follows the advice of the error if that is refused.
    void set(Bandwidth bus) {
        base_.settings = {{kBusBandwidth, fmt::format("{} GB/s", bus / gigabytes_per_second(1))}};
        Diagnostics refused;
        if (load_scenario(base_.library, base_.scenario, base_.settings, refused)) {
            return;
        }
        static const std::regex kSetting("--set '([^'=]+)=([^']+)'");
        const std::string text = refused.text();
        for (std::sregex_iterator found(text.begin(), text.end(), kSetting), end; found != end; ++found) {
            EXPECT_NE((*found)[1], kBusBandwidth) << text;
            base_.settings.push_back({(*found)[1], (*found)[2]});
        }
    }

    // Times of all placements with their intervals.
    [[nodiscard]] std::vector<Time> times() const {
        Diagnostics diagnostics;
        const auto scenario = load_scenario(base_.library, base_.scenario, base_.settings, diagnostics);
        const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
        EXPECT_TRUE(result) << diagnostics.text();
        std::vector<Time> all;
        for (const Candidate& candidate : result ? result->stages[0].candidates : std::vector<Candidate>()) {
            all.insert(all.end(), {candidate.latency.median, candidate.latency.low, candidate.latency.high});
        }
        return all;
    }

    [[nodiscard]] bool explained() const {
        const auto warnings = silent_settings(base_);
        return std::ranges::any_of(warnings, [](const Warning& one) { return one.path == kBusBandwidth; });
    }

  private:
    ScratchFolder folder_;
    SweepBase base_;
};

TEST(BusWhatIfs, AreAnsweredUnderEveryShippedProfile) {
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(BERTH_SOURCE_DIR "/hardware")) {
        if (entry.path().extension() != ".yaml") {
            continue;
        }
        SCOPED_TRACE(entry.path().stem().string());
        bool answered = false;
        for (const char* stage : kAnyStage) {
            BusWhatIf asked(entry.path().stem().string(), stage);
            const auto bus = asked.bus();
            if (!bus) {
                continue;
            }
            answered = true;
            const std::vector<Time> before = asked.times();
            for (const double factor : {0.5, 2.0}) {
                asked.set(factor * *bus);
                EXPECT_TRUE(asked.times() != before || asked.explained()) << factor;
            }
            break;
        }
        EXPECT_TRUE(answered);
        ++seen;
    }
    EXPECT_GT(seen, 25U);
}

}  // namespace
}  // namespace berth
