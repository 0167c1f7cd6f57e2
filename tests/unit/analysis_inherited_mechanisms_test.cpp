// What an answer owes to mechanisms that a profile inherits from another chip's runtime.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "berth/analysis/inherited_mechanisms.h"
#include "berth/hardware/load_profile.h"

namespace berth::inherited_mechanisms_tests {
namespace {

/// A chip of ten numbers under the runtime of another.
constexpr const char* kTenNumbers = R"(
profile: own
chip: own
extends: rk3588-rknn-2.3.2
memory: {dram: {bandwidth: 34 GB/s}}
devices:
  npu:
    cores: 2
    clock: 800 MHz
    clocks: []
    matrix: {macs_per_cycle: {int8: 2048, fp16: 1024, int4: none}}
    dma: {bandwidth: 20 GB/s, limit: 20 GB/s}
    memories: {sram: {capacity: 1 MiB}}
)";

Profile ten_numbers(const std::vector<ProfileOverride>& changes = {}, const std::string& more = "") {
    Diagnostics diagnostics;
    auto document = YamlDocument::parse(kTenNumbers + more, "own.yaml", diagnostics);
    const auto folder = std::filesystem::path(BERTH_SOURCE_DIR) / "hardware";
    auto profile = load_profile(std::move(*document), profiles_in({folder}), changes, diagnostics);
    EXPECT_TRUE(profile) << diagnostics.text();
    return std::move(profile).value();
}

ModelStage bert() {
    Diagnostics diagnostics;
    ModelStage stage;
    stage.model =
        *load_model(Library{{BERTH_SOURCE_DIR}}, "bert-base-uncased", {}, SourceLocation("test"), diagnostics);
    stage.precision.dtype = DType::kInt8;
    stage.tokens = {{128, 1}};
    return stage;
}

Time latency_of(const Profile& profile) {
    Diagnostics diagnostics;
    const auto candidate = evaluate_on(profile, bert(), *device_named(profile, "npu"), diagnostics);
    EXPECT_TRUE(candidate) << diagnostics.text();
    return candidate ? candidate->latency.median : Time{};
}

std::vector<InheritedMechanism> mechanisms_of(const Profile& profile) {
    return inherited_mechanisms(profile, bert(), *device_named(profile, "npu"), latency_of(profile));
}

std::optional<Time> time_of(const std::vector<InheritedMechanism>& all, std::string_view keys) {
    const auto found = std::ranges::find(all, keys, &InheritedMechanism::keys);
    return found == all.end() ? std::nullopt : std::optional(found->adds);
}

TEST(InheritedMechanisms, AddWhatTheAnswerLosesWithoutThem) {
    const Profile profile = ten_numbers();
    const auto all = mechanisms_of(profile);
    const Profile at_once = ten_numbers({{"devices.npu.runtime.dispatch.per_kernel", "0 us"},
                                         {"devices.npu.runtime.dispatch.per_graph", "0 us"},
                                         {"devices.npu.runtime.dispatch.fork_join", "0 us"}});
    const auto starting = time_of(all, "runtime.dispatch");
    ASSERT_TRUE(starting);
    EXPECT_NEAR(in_milliseconds(*starting), in_milliseconds(latency_of(profile) - latency_of(at_once)), 1e-6);
    const Profile spilling = ten_numbers({{"devices.npu.attention.keeps_scores_from", "2 MiB"}});
    const auto kept = time_of(all, "attention.keeps_scores_from");
    ASSERT_TRUE(kept);
    EXPECT_NEAR(in_milliseconds(*kept), in_milliseconds(latency_of(profile) - latency_of(spilling)), 1e-6);
    EXPECT_LT(*kept, Time{});
    const auto spilled = time_of(mechanisms_of(spilling), "attention.keeps_scores");
    ASSERT_TRUE(spilled);
    EXPECT_NEAR(in_milliseconds(*spilled), -in_milliseconds(*kept), 1e-6);
}

TEST(InheritedMechanisms, AreNoLongerThoseThatAreStated) {
    const auto all = mechanisms_of(ten_numbers());
    EXPECT_TRUE(time_of(all, "vector.CLASS.traffic"));
    EXPECT_TRUE(std::ranges::is_sorted(all, std::ranges::greater(), &InheritedMechanism::adds));
    const auto own = mechanisms_of(ten_numbers({}, "    vector: {norm: {traffic: 2}}\n"));
    EXPECT_FALSE(time_of(own, "vector.CLASS.traffic"));
}

TEST(InheritedMechanisms, AreNoneOfAChipOfItsOwn) {
    Diagnostics diagnostics;
    const auto folder = std::filesystem::path(BERTH_SOURCE_DIR) / "hardware";
    const auto measured = load_profile(folder / "rk3588-rknn-2.3.2.yaml", profiles_in({folder}), {}, diagnostics);
    ASSERT_TRUE(measured) << diagnostics.text();
    EXPECT_TRUE(mechanisms_of(*measured).empty());
}

// The shipped schedule spills whatever would fit; from which buffer on it would keep scores, no row says.
TEST(InheritedMechanisms, AnAssumedScheduleOfTheChipItselfIsNamed) {
    const auto kept_with = [](const char* capacity) {
        Diagnostics diagnostics;
        const auto profile =
            load_hardware(Library{{BERTH_SOURCE_DIR}}, "rk3588-rknn-2.3.2",
                          {{"devices.npu.memories.sram.capacity", capacity}}, SourceLocation("test"), diagnostics);
        return mechanisms_of(*profile);
    };
    EXPECT_TRUE(kept_with("1023 KiB").empty());
    const auto named = kept_with("1 MiB");
    ASSERT_EQ(named.size(), 1U);
    EXPECT_TRUE(named.front().assumed);
    EXPECT_LT(named.front().adds, Time{});
}

TEST(InheritedMechanisms, WhatAnAssumedScheduleDoesIsNotCountedAsMeasured) {
    const auto assumed_if = [](const char* kind) {
        Diagnostics diagnostics;
        const auto profile = load_hardware(
            Library{{BERTH_SOURCE_DIR}}, "rk3588-rknn-2.3.2",
            {{"devices.npu.memories.sram.capacity", "1 MiB"}, {"devices.npu.attention.keeps_scores_from.kind", kind}},
            SourceLocation("test"), diagnostics);
        EXPECT_TRUE(profile) << diagnostics.text();
        ModelStage stage = bert();
        stage.precision.dtype = DType::kFp16;  // in which attention was measured
        return evaluate_on(*profile, stage, *device_named(*profile, "npu"), diagnostics)->uncertainty.evidence;
    };
    EXPECT_GT(assumed_if("assumed")->assumed, assumed_if("measured")->assumed);
}

}  // namespace
}  // namespace berth::inherited_mechanisms_tests
