// Archetypes: numbers inherited from a kind of chip, or from another chip, state this as their source.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "berth/cost/cost.h"
#include "berth/cost/plan.h"
#include "berth/hardware/load_profile.h"
#include "berth/hardware/profile.h"
#include "plan_fixtures.h"
#include "scratch_folder.h"

namespace berth {
namespace {

namespace fs = std::filesystem;
const fs::path kProfiles = fs::path(BERTH_SOURCE_DIR) / "hardware";

std::optional<Profile> profile_from(const std::string& yaml, Diagnostics& diagnostics) {
    auto document = YamlDocument::parse(yaml, "own.yaml", diagnostics);
    return document ? load_profile(std::move(*document), profiles_in({kProfiles}), {}, diagnostics) : std::nullopt;
}

ParameterView number_at(Profile& profile, const std::string& path) {
    const auto views = parameters(profile);
    const auto found = std::ranges::find(views, path, &ParameterView::path);
    return found == views.end() ? ParameterView{} : *found;
}

constexpr const char* kOwnChip = R"(
profile: own
chip: own
extends: npu-vector
memory: {dram: {bandwidth: {value: 51.2 GB/s, kind: datasheet, source: 64-bit LPDDR5-6400}}}
devices:
  npu:
    dma: {bandwidth: 30 GB/s per core, limit: 30 GB/s}
)";

TEST(Archetypes, WhatIsInheritedSaysSoAndFromWhere) {
    Diagnostics diagnostics;
    auto profile = profile_from(kOwnChip, diagnostics);
    ASSERT_TRUE(profile.has_value()) << diagnostics.text();
    const ParameterView softmax = number_at(*profile, "devices.npu.vector.softmax.per_cycle");
    EXPECT_EQ(softmax.origin, Origin::kInherited);
    EXPECT_THAT(softmax.source, ::testing::StartsWith("of npu-vector: "));
    // The host's numbers are inherited from further down the chain, and state it.
    EXPECT_THAT(number_at(*profile, "devices.cpu.matrix.efficiency").source,
                ::testing::StartsWith("of arm-big-little: "));
    EXPECT_EQ(number_at(*profile, "memory.dram.bandwidth").origin, Origin::kDatasheet);
}

TEST(Archetypes, WhatWasMeasuredOfOneChipWasNotOfAnother) {
    Diagnostics diagnostics;
    const auto same = profile_from("profile: own\nextends: rk3588-rknn-2.3.2\n", diagnostics);
    const auto other = profile_from("profile: own\nchip: own\nextends: rk3588-rknn-2.3.2\n", diagnostics);
    ASSERT_TRUE(same && other) << diagnostics.text();
    EXPECT_FALSE(same->devices[0].evidence.value().empty());
    EXPECT_TRUE(other->devices[0].evidence.value().empty());
}

TEST(Archetypes, ANumberCalibratedOnOneChipIsNotCalibratedForAnother) {
    Diagnostics diagnostics;
    auto same = profile_from("profile: own\nextends: rk3588-rknn-2.3.2\n", diagnostics);
    auto other = profile_from("profile: own\nchip: own\nextends: rk3588-rknn-2.3.2\n", diagnostics);
    ASSERT_TRUE(same && other) << diagnostics.text();
    const std::string path = "devices.npu.attention.score_bytes";
    EXPECT_EQ(number_at(*same, path).origin, Origin::kCalibrated);
    EXPECT_EQ(number_at(*other, path).origin, Origin::kInherited);
    EXPECT_LT(number_at(*same, path).spread, 0.2);
    EXPECT_GE(number_at(*other, path).spread, 0.4) << "as far as chips differ";
    EXPECT_EQ(number_at(*other, "devices.npu.clock").spread, 0) << "a datasheet's number is one of that chip";
    for (const ParameterView& view : parameters(*other)) {
        EXPECT_TRUE(view.origin != Origin::kCalibrated && view.origin != Origin::kMeasured) << view.path;
    }
}

// A variant file and --set of the same number give the same chip: in the profile of a chip, rates of its vector unit
// are numbers, and fp16 is a share of int8 in both.
TEST(Archetypes, AVariantFileAndASettingGiveTheSameChip) {
    const ScratchFolder folder;
    const fs::path chip = folder.write("auto.yaml",
                                       "profile: auto\nextends: npu-vector\n"
                                       "devices: {npu: {matrix: {macs_per_cycle: {int8: 12500}}}}\n");
    const fs::path variant = folder.write("auto2.yaml",
                                          "profile: auto2\nextends: auto\n"
                                          "devices: {npu: {matrix: {macs_per_cycle: {int8: 25000}}}}\n");
    Diagnostics diagnostics;
    const ProfileResolver known = profiles_in({folder.path(), kProfiles});
    const std::vector<ProfileOverride> twice{{"devices.npu.matrix.macs_per_cycle.int8", "25000"}};
    auto set = load_profile(chip, known, twice, diagnostics);
    auto file = load_profile(variant, known, {}, diagnostics);
    ASSERT_TRUE(set && file) << diagnostics.text();
    const auto numbers = parameters(*set);
    for (const ParameterView& view : numbers) {
        EXPECT_EQ(number_at(*file, view.path).value, view.value) << view.path;
    }
    EXPECT_NEAR(number_at(*file, "devices.npu.vector.softmax.per_cycle").value, 0.000256 * 12500, 1e-6);
    EXPECT_DOUBLE_EQ(number_at(*file, "devices.npu.matrix.macs_per_cycle.fp16").value, 6250);
}

// Architects size the vector unit with the array: a file that states twice the array gives twice the rates, whatever
// the kind of accelerator.
TEST(Archetypes, VectorRatesFollowTheStatedArray) {
    for (const std::string kind : {"npu-vector", "npu-convolution", "npu-systolic", "accelerator-host-link", "gpu"}) {
        const std::string device = kind == "gpu" ? "gpu" : "npu";
        const auto stating = [&](double macs) {
            Diagnostics diagnostics;
            auto profile = profile_from("profile: own\nextends: " + kind + "\ndevices: {" + device +
                                            ": {matrix: {macs_per_cycle: {int8: " + std::to_string(macs) + "}}}}\n",
                                        diagnostics);
            EXPECT_TRUE(profile) << diagnostics.text();
            return std::move(profile).value();
        };
        Profile once = stating(4000);
        Profile twice = stating(8000);
        for (const char* of : {"elementwise", "activation", "softmax", "norm", "move", "gather", "reduce", "convert"}) {
            const std::string path = "devices." + device + ".vector." + of + ".per_cycle";
            EXPECT_NEAR(number_at(twice, path).value / number_at(once, path).value, 2, 0.01) << kind << " " << path;
        }
    }
}

// Another chip of the kind has a vector unit in proportion to the array that it states; a variant of the same chip
// keeps its own. The state of the memory is that of boards of the first chip, so stated bandwidths hold as they are.
TEST(Archetypes, WhatFollowsOfAnotherChipFollowsWhatThisOneStates) {
    const auto variant = [](const std::string& chip, const std::string& devices) {
        Diagnostics diagnostics;
        auto profile = profile_from("profile: own\n" + chip + "extends: rk3588-rknn-2.3.2\n" + devices, diagnostics);
        EXPECT_TRUE(profile) << diagnostics.text();
        return std::move(profile).value();
    };
    const std::string wider = "devices: {npu: {matrix: {macs_per_cycle: {int8: 2048}}}}\n";
    Profile same = variant("", wider);
    Profile other = variant("chip: own\n", wider);
    Profile alike = variant("chip: own\n", "");
    for (const std::string rate : {"vector.elementwise", "vector.norm", "vector.move", "attention"}) {
        const std::string path = "devices.npu." + rate + ".per_cycle";
        EXPECT_NEAR(number_at(other, path).value / number_at(same, path).value, 2, 1e-3) << path;
        EXPECT_EQ(number_at(alike, path).value, number_at(same, path).value) << path;
    }
    EXPECT_EQ(number_at(other, "devices.npu.attention.per_head").value,
              number_at(same, "devices.npu.attention.per_head").value);
    EXPECT_EQ(number_at(other, "memory.dram.clock").value, number_at(other, "memory.dram.rated_clock").value);
    EXPECT_LT(number_at(same, "memory.dram.clock").value, number_at(same, "memory.dram.rated_clock").value);
}

// A core draws what its port or its misses ask for, however wide the bus; all cores together still draw their share.
TEST(Archetypes, OneCoreOfManyDoesNotDrawAWideBus) {
    for (const std::string kind : {"npu-vector", "npu-convolution", "npu-systolic", "arm-big-little", "x86-cpu"}) {
        const std::string device = kind.starts_with("npu") ? "npu" : "cpu";
        Diagnostics diagnostics;
        const auto profile =
            profile_from("profile: own\nextends: " + kind + "\nmemory: {dram: {bandwidth: 3 TB/s}}\ndevices: {" +
                             device + (device == "npu" ? ": {cores: 64}}\n" : ": {}}\n"),
                         diagnostics);
        ASSERT_TRUE(profile) << kind << diagnostics.text();
        const Device& many = profile->devices[static_cast<std::size_t>(device_named(*profile, device).value())];
        const double one = core_rates(many, {1, {}}, DType::kInt8).dram.si();
        EXPECT_LT(one, 200e9) << kind;
        EXPECT_GT(core_rates(many, {many.cores(), {}}, DType::kInt8).dram.si(), 7 * one) << kind;
    }
}

// Beside a narrow memory it draws what the device may, as without such a port.
TEST(Archetypes, APortMayBeWiderThanTheMemory) {
    for (const std::string kind : {"npu-vector", "npu-convolution", "npu-systolic", "arm-big-little", "x86-cpu"}) {
        Diagnostics diagnostics;
        const auto profile =
            profile_from("profile: own\nextends: " + kind + "\nmemory: {dram: {bandwidth: 4 GB/s}}\n", diagnostics);
        ASSERT_TRUE(profile) << kind << diagnostics.text();
        for (const Device& device : profile->devices) {
            EXPECT_LE(core_rates(device, {1, {}}, DType::kInt8).dram, device.dram_limit.value) << kind;
        }
    }
}

// What an array multiplies is a fact of the chip: dtypes that it does not state are those of another one.
TEST(Archetypes, DtypesThatAChipDoesNotStateAreNamed) {
    Diagnostics diagnostics;
    ASSERT_TRUE(
        profile_from("profile: own\nextends: npu-vector\ndevices: {npu: {matrix: {macs_per_cycle: {fp16: "
                     "4096}}}}\n",
                     diagnostics));
    EXPECT_THAT(diagnostics.text(),
                ::testing::HasSubstr("macs_per_cycle.int8: inherited, while this chip states fp16"));
    Diagnostics of_four_bits;
    ASSERT_TRUE(
        profile_from("profile: own\nextends: npu-vector\ndevices: {npu: {matrix: {macs_per_cycle: {int8: none, "
                     "fp16: none, int4: 4096}}}}\n",
                     of_four_bits));
    EXPECT_THAT(of_four_bits.text(), ::testing::HasSubstr("no product runs at int4"));
    Diagnostics of_eight;
    ASSERT_TRUE(
        profile_from("profile: own\nextends: npu-vector\ndevices: {npu: {matrix: {macs_per_cycle: {int8: "
                     "4096}}}}\n",
                     of_eight));
    EXPECT_EQ(of_eight.text(), "");
}

// An array without int8 of so many MACs of 16 bits is as large as one of twice as many of 8 bits, and so is its vector
// unit. It multiplies nothing of 8 bits.
TEST(Archetypes, AnArrayMayLackADtype) {
    const auto stating = [](const std::string& macs) {
        Diagnostics diagnostics;
        auto profile = profile_from(
            "profile: own\nextends: npu-vector\ndevices: {npu: {matrix: {macs_per_cycle: {" + macs + "}}}}\n",
            diagnostics);
        EXPECT_TRUE(profile) << diagnostics.text();
        return std::move(profile).value();
    };
    Profile bytes = stating("int8: 8192");
    Profile halves = stating("int8: none, fp16: 4096");
    const std::string softmax = "devices.npu.vector.softmax.per_cycle";
    EXPECT_NEAR(number_at(halves, softmax).value / number_at(bytes, softmax).value, 1, 1e-9);
    const Device& npu = halves.devices[static_cast<std::size_t>(device_named(halves, "npu").value())];
    EXPECT_FALSE(offers(npu, Scheme(DType::kInt8)));
    EXPECT_TRUE(offers(npu, Scheme(DType::kFp16)));
}

// The archetype says that several cores share the operator; a chip whose compiler lacks it need not know.
TEST(Archetypes, AFallbackReplacesARule) {
    Diagnostics diagnostics;
    std::string text(kOwnChip);
    const auto profile =
        profile_from(text + "    runtime: {operators: {silu: {on: cpu, reason: not in the compiler}}}\n", diagnostics);
    ASSERT_TRUE(profile) << diagnostics.text();
    const DeviceId npu = device_named(*profile, "npu").value();
    const OperatorRule& rule = profile->devices[static_cast<std::size_t>(npu)]
                                   .runtime.operators[static_cast<std::size_t>(OperatorKind::kSilu)];
    EXPECT_FALSE(rule.supported);
    EXPECT_FALSE(rule.multi_core);
    EXPECT_FALSE(profile_from(text + "    runtime: {operators: {silu: {on: cpu, multi_core: true}}}\n", diagnostics));
    EXPECT_THAT(diagnostics.text(), ::testing::HasSubstr("has no meaning for an operator that another device runs"));
}

TEST(DoubtfulNumbers, OnChipMemoryBehindTheDramIsNamed) {
    Diagnostics diagnostics;
    std::string slow(kOwnChip);
    ASSERT_TRUE(profile_from(slow + "    memories: {vtcm: {bandwidth: 20 GB/s per core}}\n", diagnostics));
    EXPECT_THAT(diagnostics.text(),
                ::testing::HasSubstr("warning: devices.npu.memories.vtcm.bandwidth: 20 GB/s is less than the 30 GB/s "
                                     "that a core draws from DRAM"));
}

TEST(DoubtfulNumbers, RowsThatExceedTheirMemoryAreNamed) {
    Diagnostics diagnostics;
    ASSERT_TRUE(profile_from("profile: own\nextends: npu-convolution\ndevices: {npu: {matrix: {row_tile: 64 MiB}}}\n",
                             diagnostics));
    EXPECT_THAT(diagnostics.text(),
                ::testing::HasSubstr("warning: devices.npu.matrix.row_tile: 64 MiB of input rows are more than the "));
}

TEST(DoubtfulNumbers, CoresThatNoOperatorUsesAreNamed) {
    Diagnostics diagnostics;
    ASSERT_TRUE(profile_from("profile: own\nextends: gpu\ndevices: {gpu: {cores: 6}}\n", diagnostics));
    EXPECT_THAT(diagnostics.text(),
                ::testing::HasSubstr("warning: devices.gpu.cores: no operator is shared among cores"));
    Diagnostics of_shared;
    ASSERT_TRUE(profile_from("profile: own\nextends: npu-vector\ndevices: {npu: {cores: 6}}\n", of_shared));
    EXPECT_EQ(of_shared.text(), "");
}

// Cores, arrays and memories are of a chip. A file that states others of an NPU may describe another chip.
TEST(DoubtfulNumbers, OtherSiliconWithoutAChipOfItsOwn) {
    const auto said = [](const std::string& chip, const std::string& npu) {
        Diagnostics diagnostics;
        const auto profile =
            profile_from("profile: own\n" + chip + "extends: rk3588-rknn-2.3.2\ndevices:\n  npu:\n" + npu, diagnostics);
        EXPECT_TRUE(profile.has_value()) << diagnostics.text();
        return diagnostics.text();
    };
    const std::string cores = "    cores: 2\n";
    const std::string memory = "    memories: {sram: {capacity: {value: 1 MiB, kind: datasheet, source: sheet}}}\n";
    EXPECT_THAT(
        said("", cores + memory),
        ::testing::HasSubstr(
            "it states other silicon than rk3588-rknn-2.3.2 (npu.cores 2 instead of 3, npu.memories.sram.capacity "
            "1 MiB instead of 384 KiB), and takes what was measured on rk3588 for its own (expected a 'chip' of "
            "its own, so that it counts as inherited, or 'chip: rk3588' if this is what rk3588 might have been)"));
    EXPECT_EQ(said("chip: own\n", cores + memory), "");
    EXPECT_EQ(said("chip: rk3588\n", cores + memory), "");
    EXPECT_EQ(said("", "    cores: 3\n"), "");
}

TEST(DoubtfulNumbers, ShippedProfilesHaveNone) {
    for (const auto& entry : fs::recursive_directory_iterator(kProfiles)) {
        const fs::path& file = entry.path();
        const std::string name = file.filename().string();
        const bool whole = file.parent_path() == kProfiles || file.parent_path().filename() == "archetypes";
        if (file.extension() == ".yaml" && (whole || name == "prior.yaml")) {
            Diagnostics diagnostics;
            EXPECT_TRUE(load_profile(file, profiles_in({kProfiles}), {}, diagnostics)) << file;
            EXPECT_EQ(diagnostics.text(), "") << file;
        }
    }
}

TEST(Archetypes, TheFirstOfSeveralGoesBeforeTheNext) {
    Diagnostics diagnostics;
    auto profile =
        profile_from("profile: own\nextends: [x86-cpu, npu-vector]\ndevices: {npu: {enabled: true}}\n", diagnostics);
    ASSERT_TRUE(profile.has_value()) << diagnostics.text();
    EXPECT_THAT(number_at(*profile, "devices.cpu.matrix.efficiency").source, ::testing::StartsWith("of x86-cpu: "));
    EXPECT_EQ(profile->extends, (std::vector<std::string>{"x86-cpu", "npu-vector", "arm-big-little"}));
}

TEST(Archetypes, AllAreProfilesWithASourceAndASpreadForEveryNumber) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(kProfiles / "archetypes")) {
        Diagnostics diagnostics;
        auto profile = load_profile(entry.path(), profiles_in({kProfiles}), {}, diagnostics);
        ASSERT_TRUE(profile.has_value()) << entry.path() << diagnostics.text();
        for (const ParameterView& view : parameters(*profile)) {
            EXPECT_FALSE(view.source.empty()) << entry.path() << view.path;
            const bool exact = view.path.find(".error.") != std::string::npos || view.path == "memory.dram.capacity" ||
                               view.source.find("by definition") != std::string::npos;
            EXPECT_TRUE(exact || view.spread >= 0.05) << entry.path() << view.path;
        }
        ++count;
    }
    EXPECT_EQ(count, 7);
}

TEST(Archetypes, ADatasheetProfileIsShort) {
    for (const auto& entry : fs::recursive_directory_iterator(kProfiles / "measured")) {
        if (entry.path().filename() != "prior.yaml" || entry.path().parent_path().filename() == "x86-onnxruntime") {
            continue;
        }
        std::ifstream file(entry.path());
        const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
        EXPECT_LE(lines, 25) << entry.path();
    }
}

// Two consecutive products with 16 MiB of fp16 weights each.
DevicePlan plan_with(const char* weights) {
    Diagnostics diagnostics;
    std::string yaml(kOwnChip);
    yaml += std::string("    memories: {vtcm: {capacity: 8 MiB, weights: ") + weights + "}}\n";
    const auto profile = profile_from(yaml, diagnostics);
    EXPECT_TRUE(profile.has_value()) << diagnostics.text();
    WiredGraph wired;
    const Scheme half = choice_named(kSchemeNames, "fp16").value();
    const OperatorId up = wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 1024, 8192, true, false}, {}, half);
    wired.add(OperatorKind::kMatmul, MatmulDims{1, 64, 8192, 1024, true, false}, {up}, half);
    return plan_device(wired.done(), *profile, *device_named(*profile, "npu"), {1, {}});
}

double weights_from_dram(const DevicePlan& plan) {
    double bytes = 0;
    for (const KernelCost& cost : plan.costs) {
        bytes += in_bytes(cost.traffic.read);
    }
    return bytes;
}

TEST(WeightsKept, NoneAllOrAsManyAsFit) {
    const double all = 2.0 * 1024 * 8192 * 2;  // fp16
    EXPECT_GE(weights_from_dram(plan_with("none")), all);
    EXPECT_GE(weights_from_dram(plan_with("all_or_none")), all);
    // Of 32 MiB of weights, 8 MiB less the peak of live tensors (the input and the wide result, 1.125 MiB) stay.
    const double part = weights_from_dram(plan_with("part"));
    EXPECT_NEAR(part / all, 1 - (8 - 1.125) / 32, 0.02);
}

// A softmax of 12 heads of 1500 x 1500 scores, 54 MB of them, between two products.
KernelCost softmax_with(const char* capacity) {
    Diagnostics diagnostics;
    std::string yaml(kOwnChip);
    yaml += std::string("    memories: {vtcm: {capacity: ") + capacity + "}}\n";
    const auto profile = profile_from(yaml, diagnostics);
    EXPECT_TRUE(profile.has_value()) << diagnostics.text();
    WiredGraph wired;
    AttentionDims dims;
    dims.heads = dims.kv_heads = 12;
    dims.seq = dims.kv_seq = 1500;
    dims.head_dim = 64;
    wired.add(OperatorKind::kAttention, dims, {}, choice_named(kSchemeNames, "fp16").value());
    const DevicePlan plan = plan_device(wired.done(), *profile, *device_named(*profile, "npu"), {1, {}});
    const auto softmax = std::ranges::find(plan.kernels, OperatorKind::kSoftmax, &Kernel::kind);
    return plan.costs.at(static_cast<std::size_t>(softmax - plan.kernels.begin()));
}

TEST(AttentionInParts, ScoresStayWhereATileOfRowsFits) {
    EXPECT_EQ(softmax_with("2 MiB").traffic.read, Bytes{});
    EXPECT_EQ(softmax_with("2 MiB").traffic.write, Bytes{});
    EXPECT_GT(softmax_with("128 KiB").traffic.read, megabytes(50));
}

// Files in Q4_0 and in mixes have a head in Q6_K, so that those alone who read it run such a file.
TEST(OfferedPrecisions, AMixIsOfferedWithTheFormatOfItsHead) {
    int offering = 0, others = 0;
    for (const auto& entry : fs::directory_iterator(kProfiles)) {
        if (entry.path().extension() != ".yaml") {
            continue;
        }
        Diagnostics diagnostics;
        const auto profile = load_profile(entry.path(), profiles_in({kProfiles}), {}, diagnostics);
        ASSERT_TRUE(profile) << diagnostics.text();
        for (const Device& device : profile->devices) {
            const auto names = offered_precisions(device);
            const auto has = [&names](const char* name) { return std::ranges::find(names, name) != names.end(); };
            for (const char* mix : {"q4_0", "q4_k_m"}) {
                EXPECT_TRUE(!has(mix) || has("q6_k")) << profile->name << ", " << device.name << ": " << mix;
            }
            ++(has("q4_0") ? offering : others);
        }
    }
    EXPECT_GE(offering, 4);
    EXPECT_GT(others, 30);
}

}  // namespace
}  // namespace berth
