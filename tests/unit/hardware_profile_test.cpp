// Meaning of a profile's text: clusters, rules, inheritance, overrides, disabled devices, the list of numbers.
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "hardware_fixtures.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using namespace literals;
namespace fs = std::filesystem;

const OperatorRule& rule(const Profile& profile, std::string_view device, OperatorKind kind) {
    const DeviceId id = device_named(profile, device).value();
    return profile.devices[static_cast<std::size_t>(id)].runtime.operators[static_cast<std::size_t>(kind)];
}

std::optional<ParameterView> parameter_at(Profile& profile, std::string_view path) {
    for (ParameterView& view : parameters(profile)) {
        if (view.path == path) {
            return std::move(view);
        }
    }
    return std::nullopt;
}

TEST(HardwareProfile, ReadsTheBoard) {
    const ProfileReading reading = read_board();
    ASSERT_EQ(reading.complaints, "");
    const Profile& board = *reading.profile;
    EXPECT_EQ(board.name, "board");
    EXPECT_EQ(board.dram.sustained.value, 20_GBps);
    ASSERT_EQ(board.devices.size(), 2U);
    EXPECT_EQ(board.host, 1) << "the second device of the file";
    const Device& npu = board.devices[0];
    EXPECT_EQ(npu.kind, DeviceKind::kNpu);
    EXPECT_EQ(npu.cores(), 3);
    ASSERT_EQ(npu.clusters.size(), 1U);
    EXPECT_EQ(npu.clusters[0].bandwidth.value, 8_GBps);
    EXPECT_DOUBLE_EQ(npu.clusters[0].bandwidth.spread, 0.1);
    EXPECT_EQ(npu.dram_limit.value, 16_GBps);
    EXPECT_EQ(npu.matrix.row_tile->value, 128_KiB);
    EXPECT_FALSE(npu.matrix.int32_output.has_value());
    EXPECT_EQ(npu.dma.channels, 2);
    EXPECT_EQ(npu.memories[0].share, MemoryShare::kCore);
    EXPECT_FALSE(npu.memories[0].keeps_tensors);
    EXPECT_EQ(npu.runtime.shapes, ShapeRule::kStatic);
    EXPECT_EQ(npu.attention->row_granule, 16);
    EXPECT_EQ(npu.energy->per_dram_byte.value.si(), 40e-12);
    EXPECT_FALSE(npu.energy->per_mac[static_cast<std::size_t>(DType::kFp16)].has_value()) << "absent, not zero";
    EXPECT_FALSE(board.devices[1].energy.has_value());
    EXPECT_FALSE(board.devices[1].attention.has_value());
}

TEST(HardwareProfile, ClustersTakeFromTheDeviceWhatTheyDoNotGive) {
    const Profile board = *read_board().profile;
    const Device& cpu = board.devices[1];
    EXPECT_EQ(cpu.cores(), 6);
    const auto int8 = static_cast<std::size_t>(DType::kInt8);
    const CoreCluster& big = cpu.clusters[0];
    const CoreCluster& little = cpu.clusters[1];
    EXPECT_EQ(big.macs_per_cycle[int8]->value, 32_op);
    EXPECT_TRUE(big.macs_at_device);
    EXPECT_EQ(little.macs_per_cycle[int8]->value, 16_op);
    EXPECT_FALSE(little.macs_at_device);
    EXPECT_EQ(big.bandwidth.value, 10_GBps);
    EXPECT_EQ(little.bandwidth.value, 5_GBps);
    EXPECT_EQ(little.vector_scale.value, 0.5);
}

TEST(HardwareProfile, RulesSayWhereOperatorsRun) {
    const Profile board = *read_board().profile;
    const OperatorRule& matmul = rule(board, "npu", OperatorKind::kMatmul);
    EXPECT_TRUE(matmul.supported);
    EXPECT_TRUE(matmul.multi_core);
    EXPECT_EQ(matmul.product_limits[static_cast<std::size_t>(ProductDim::kK)].most, 8192);
    EXPECT_EQ(matmul.dtypes, (std::vector{DType::kFp16, DType::kInt8})) << "those of the runtime";
    EXPECT_EQ(rule(board, "npu", OperatorKind::kGelu).dtypes, std::vector{DType::kFp16});
    EXPECT_FALSE(rule(board, "npu", OperatorKind::kGelu).multi_core);
    const OperatorRule& transpose = rule(board, "npu", OperatorKind::kTranspose);
    EXPECT_TRUE(transpose.supported);
    EXPECT_EQ(transpose.max_bytes->value, 16_KiB);
    EXPECT_EQ(transpose.fallback, "cpu");
    const OperatorRule& embedding = rule(board, "npu", OperatorKind::kEmbedding);
    EXPECT_FALSE(embedding.supported);
    EXPECT_EQ(embedding.fallback, "cpu");
    EXPECT_EQ(embedding.reason, "no gather hardware");
    const OperatorRule& softmax = rule(board, "npu", OperatorKind::kSoftmax);
    EXPECT_FALSE(softmax.supported) << "not listed";
    EXPECT_FALSE(softmax.fallback.has_value());
    const auto& fuses = board.devices[0].runtime.fuses;
    ASSERT_EQ(fuses.size(), 2U);
    EXPECT_EQ(fuses[0].pattern, (std::vector{OperatorKind::kMatmul, OperatorKind::kAdd}));
    EXPECT_EQ(fuses[0].traffic->value, 0.33);
    EXPECT_TRUE(fuses[0].multi_core);
    EXPECT_FALSE(fuses[1].traffic.has_value());
    EXPECT_FALSE(fuses[1].multi_core);
}

TEST(HardwareProfile, LinksCountInBothDirections) {
    const Profile board = *read_board().profile;
    EXPECT_EQ(link_between(board, 0, 1), &board.links[0]);
    EXPECT_EQ(link_between(board, 1, 0), &board.links[0]);
    EXPECT_EQ(link_between(board, 0, 0), nullptr);
    EXPECT_FALSE(device_named(board, "gpu").has_value());
}

TEST(HardwareProfile, ADeviceWithItsOwnMemoryMayDrawMoreThanTheBus) {
    const ProfileReading reading = read_board({{"devices.npu.dma.limit", "100 GB/s"}, {"links.0.transfer", "5 GB/s"}});
    EXPECT_EQ(reading.complaints, "");
    EXPECT_TRUE(reading.profile.has_value());
}

TEST(HardwareProfile, ADisabledDeviceIsLeftOutWithItsLinks) {
    const ProfileReading reading = read_board({{"devices.npu.enabled", "false"}});
    ASSERT_EQ(reading.complaints, "");
    const Profile& board = *reading.profile;
    ASSERT_EQ(board.devices.size(), 1U);
    EXPECT_EQ(board.devices[0].name, "cpu");
    EXPECT_EQ(board.host, 0) << "renumbered";
    EXPECT_TRUE(board.links.empty());
    EXPECT_TRUE(read_board({{"devices.npu.enabled", "true"}}).profile.has_value());
}

TEST(HardwareProfile, WhatFellBackToADisabledDeviceHasNoPlace) {
    // With the NPU as host the CPU may be removed, and with it the device for embeddings and large transposes.
    const ProfileReading reading = read_board({{"host", "npu"}, {"devices.cpu.enabled", "false"}});
    ASSERT_EQ(reading.complaints, "");
    const OperatorRule& embedding = rule(*reading.profile, "npu", OperatorKind::kEmbedding);
    EXPECT_FALSE(embedding.supported);
    EXPECT_FALSE(embedding.fallback.has_value());
    EXPECT_EQ(embedding.reason, "no gather hardware; cpu is disabled");
    const OperatorRule& transpose = rule(*reading.profile, "npu", OperatorKind::kTranspose);
    EXPECT_TRUE(transpose.supported);
    EXPECT_FALSE(transpose.fallback.has_value());
    EXPECT_EQ(transpose.reason, "cpu is disabled");
}

TEST(HardwareProfile, AMistakeInADisabledDeviceIsStillReported) {
    EXPECT_EQ(read_board({{"devices.npu.enabled", "false"}, {"devices.npu.overlap", "2"}}).complaints,
              "--set hardware.devices.npu.overlap:1:1: error: 200% is more than everything (expected a share "
              "above 0 and up to 100%)\n");
}

TEST(HardwareProfile, OverridesApplyInOrder) {
    const ProfileReading reading = read_board({{"hardware.devices.npu.clock", "1 GHz"},
                                               {"devices.npu.clock", "500 MHz"},
                                               {"hardware.devices.cpu.clusters.little.cores", "4"}});
    ASSERT_EQ(reading.complaints, "");
    EXPECT_EQ(reading.profile->devices[0].clusters[0].clock.value, 500_MHz);
    EXPECT_EQ(reading.profile->devices[1].cores(), 8);
}

TEST(HardwareParameters, InheritedNumbersAppearOnceAndAreSetTogether) {
    Profile board = *read_board_with(", bandwidth: 10 GB/s}", "}").profile;  // both clusters take the device's 5 GB/s
    auto view = parameter_at(board, "devices.cpu.dma.bandwidth");
    ASSERT_TRUE(view.has_value());
    EXPECT_EQ(view->value, 5e9);
    view->set(6e9);
    EXPECT_EQ(board.devices[1].clusters[0].bandwidth.value, 6_GBps);
    EXPECT_EQ(board.devices[1].clusters[1].bandwidth.value, 6_GBps);
    EXPECT_FALSE(parameter_at(board, "devices.cpu.clusters.big.bandwidth").has_value());
}

TEST(HardwareParameters, CarryPathDimensionAndProvenance) {
    Profile board =
        *read_board({{"devices.npu.dma.setup", "{value: 2 us, spread: 20%, source: a test, kind: measured}"}}).profile;
    const auto setup = parameter_at(board, "devices.npu.dma.setup");
    ASSERT_TRUE(setup.has_value());
    EXPECT_DOUBLE_EQ(setup->value, 2e-6);
    EXPECT_EQ(setup->dimension, Time::kDimension);
    EXPECT_DOUBLE_EQ(setup->spread, 0.2);
    EXPECT_EQ(setup->origin, Origin::kMeasured);
    EXPECT_EQ(setup->source, "a test");
    const auto macs = parameter_at(board, "devices.npu.matrix.macs_per_cycle.int8");
    ASSERT_TRUE(macs.has_value());
    EXPECT_EQ(macs->dimension, Dimension{}) << "a count per cycle is written as a plain number";
    EXPECT_TRUE(parameter_at(board, "devices.cpu.clusters.little.macs_per_cycle.int8").has_value());
    EXPECT_TRUE(parameter_at(board, "devices.npu.runtime.fuses.0.traffic").has_value());
    EXPECT_TRUE(parameter_at(board, "links.0.layout_change").has_value());
    EXPECT_FALSE(parameter_at(board, "links.0.transfer").has_value());
}

TEST(HardwareParameters, KeepTheirLinkWhenAnotherDeviceIsLeftOut) {
    std::string text = board_text();
    const auto npu = text.find("  npu:\n");
    const auto cpu = text.find("  cpu:\n");
    std::string dsp = text.substr(npu, cpu - npu);
    for (std::size_t at = dsp.find("npu"); at != std::string::npos; at = dsp.find("npu", at)) {
        dsp.replace(at, 3, "dsp");
    }
    dsp.replace(dsp.find("&rates"), 6, "");
    text.insert(cpu, dsp);
    text += "  - {between: [cpu, dsp], per_crossing: 7 us}\n";
    const ProfileReading reading = read_board({{"devices.npu.enabled", "false"}}, text);
    ASSERT_EQ(reading.complaints, "");
    Profile board = *reading.profile;
    ASSERT_EQ(board.links.size(), 1U);
    EXPECT_EQ(link_between(board, board.host, device_named(board, "dsp").value()), board.links.data());
    EXPECT_DOUBLE_EQ(parameter_at(board, "links.1.per_crossing").value().value, 7e-6);
}

class HardwareFiles : public testing::Test {
  protected:
    HardwareFiles() { write("board", board_text()); }

    void write(const std::string& name, const std::string& text) const { folder_.write(name + ".yaml", text); }
    std::optional<Profile> load(const std::string& name, const std::vector<ProfileOverride>& overrides = {}) {
        return load_profile(folder_ / (name + ".yaml"), profiles_in({folder_ / "nowhere", folder_.path()}), overrides,
                            diagnostics_);
    }
    [[nodiscard]] std::string place(const std::string& name) const { return (folder_ / (name + ".yaml")).string(); }

    ScratchFolder folder_;
    Diagnostics diagnostics_;
};

TEST(HardwareCorrelations, TellApartWhatGoesTogether) {
    const auto reading = read_board_with(
        "links:\n",
        "correlations: {of: [devices.npu.dma.bandwidth, devices.npu.clock, devices.npu.overlap], rows: [[-1], [0.5, "
        "-0.5]]}\nlinks:\n");
    ASSERT_TRUE(reading.profile.has_value()) << reading.complaints;
    const auto variance = [&](const std::vector<double>& effect) {
        double sum = 0;
        for (const double one : reading.profile->correlations.independent(effect)) {
            sum += one * one;
        }
        return sum;
    };
    EXPECT_NEAR(variance({1, 0, 0}), 1, 1e-12);
    EXPECT_NEAR(variance({1, 1, 0}), 0, 1e-12) << "what one has too much the other has too little";
    EXPECT_NEAR(variance({2, 0, 3}), 4 + 9 + 2 * 0.5 * 2 * 3, 1e-12);
}

TEST(HardwareCorrelations, MayNameANumberOfADeviceThatIsLeftOut) {
    const auto reading =
        read_board({{"devices.npu.enabled", "false"}},
                   board_text() + "correlations: {of: [devices.npu.clock, devices.cpu.overlap], rows: [[0.5]]}\n");
    ASSERT_TRUE(reading.profile.has_value()) << reading.complaints;
    EXPECT_EQ(reading.profile->devices.size(), 1U);
}

TEST_F(HardwareFiles, ExtendsAnother) {
    write("slow", "profile: slow\nextends: board\ndevices: {npu: {clock: 500 MHz}}\n");
    write("slower", "profile: slower\nextends: slow\nmemory: {dram: {sustained: 10 GB/s}}\n");
    const auto profile = load("slower", {{"devices.npu.cores", "2"}});
    ASSERT_TRUE(profile.has_value()) << diagnostics_.text();
    EXPECT_EQ(profile->name, "slower");
    EXPECT_EQ(profile->devices[0].clusters[0].clock.value, 500_MHz);
    EXPECT_EQ(profile->dram.sustained.value, 10_GBps);
    EXPECT_EQ(profile->dram.bandwidth.value, 30_GBps);
    EXPECT_EQ(profile->devices[0].cores(), 2);
}

TEST_F(HardwareFiles, AMistakeInABaseIsReportedInItsFile) {
    write("odd", "profile: odd\nextends: board\ndevices: {npu: {clock: 700 MHz, clocks: [500 MHz, 1 GHz]}}\n");
    write("odder", "profile: odder\nextends: odd\n");
    EXPECT_FALSE(load("odder").has_value());
    EXPECT_EQ(diagnostics_.text(), place("odd") +
                                       ":3:24: error: devices.npu.clock: 700 MHz is none of its clocks (expected 500 "
                                       "MHz or 1 GHz; --set 'hardware.devices.npu.clocks.+=700 MHz' lists one "
                                       "more)\n");
}

// The list is that of the extended chip; this one may run faster.
TEST_F(HardwareFiles, AClockBesideTheInheritedListIsOneMore) {
    write("fast", "profile: fast\nextends: board\ndevices: {npu: {clock: 1.6 GHz}}\n");
    const auto profile = load("fast");
    ASSERT_TRUE(profile.has_value()) << diagnostics_.text();
    EXPECT_EQ(profile->devices[0].clusters[0].clocks, (std::vector{500_MHz, 1_GHz, 1.6_GHz}));
    EXPECT_EQ(diagnostics_.text(), place("fast") +
                                       ":3:24: warning: devices.npu.clock: 1.6 GHz is none of the clocks of the "
                                       "profile that is extended, and is added to them (expected 500 MHz or 1 GHz, or "
                                       "a list 'clocks' of this profile's own)\n");
}

TEST_F(HardwareFiles, ExtendingInACircleIsAnError) {
    write("a", "profile: a\nextends: b\n");
    write("b", "profile: b\nextends: a\n");
    EXPECT_FALSE(load("a").has_value());
    EXPECT_EQ(diagnostics_.text(), place("b") + ":2:10: error: extends: 'a' extends itself: a -> b -> a\n");
}

TEST_F(HardwareFiles, ExtendingNobodyIsAnError) {
    write("a", "profile: a\nextends: bord\n");
    EXPECT_FALSE(load("a").has_value());
    EXPECT_EQ(diagnostics_.text(), place("a") +
                                       ":2:10: error: no profile 'bord' (expected board, did you mean "
                                       "board?)\n");
}

TEST_F(HardwareFiles, NamesInAShippedFileMeanShippedFiles) {
    const ScratchFolder shipped;
    shipped.write("board.yaml", board_text());
    shipped.write("quick.yaml", "profile: quick\nextends: board\n");
    shipped.write("archetypes/kind.yaml", "profile: kind\nextends: board\n");
    for (const std::string extends : {"quick", "kind", "../shipped/quick.yaml", "quick.yaml"}) {
        const fs::path own = folder_ / "own";
        fs::create_directories(own);
        fs::remove_all(folder_ / "shipped");
        fs::copy(shipped.path(), folder_ / "shipped", fs::copy_options::recursive);
        folder_.write("own/mine.yaml", "profile: mine\nextends: " + extends + "\n");
        const auto clock = [&] {
            const auto profile =
                load_profile(own / "mine.yaml", profiles_in({own, folder_ / "shipped"}), {}, diagnostics_);
            EXPECT_TRUE(profile.has_value()) << diagnostics_.text();
            return profile->devices[0].clusters[0].clock.value;
        };
        fs::remove(own / "board.yaml");
        const Frequency before = clock();
        folder_.write("own/board.yaml", "profile: slow\nextends: board\ndevices: {npu: {clock: 500 MHz}}\n");
        EXPECT_EQ(clock(), before) << extends;
    }
}

TEST_F(HardwareFiles, AFileBesideIsMeantBeforeOneThatShips) {
    folder_.write("own/board.yaml", board_text() + "\n");
    folder_.write("own/mine.yaml", "profile: mine\nextends: board\n");
    write("board", "profile: other\n");
    EXPECT_TRUE(
        load_profile(folder_ / "own" / "mine.yaml", profiles_in({folder_ / "own", folder_.path()}), {}, diagnostics_)
            .has_value())
        << diagnostics_.text();
}

}  // namespace
}  // namespace berth
