// Profiles of berth new-chip for every archetype and every number of a datasheet: the number stands in the file and in
// the profile, small numbers are accepted, each moves the work that it bounds, and more of it makes nothing slower.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>

#include "berth/base/quantity_text.h"
#include "berth/cost/cost.h"
#include "berth/cost/plan.h"
#include "berth/hardware/load_profile.h"
#include "berth/hardware/new_chip.h"
#include "plan_fixtures.h"

namespace berth::new_chip_laws {
namespace {

const std::filesystem::path kProfiles = std::filesystem::path(BERTH_SOURCE_DIR) / "hardware";
constexpr std::array kArchetypes{"npu-vector", "npu-convolution", "npu-systolic", "accelerator-host-link",
                                 "gpu",        "arm-big-little",  "x86-cpu"};

const Profile& archetype(const std::string& name) {
    static std::map<std::string, Profile> known;
    const auto found = known.find(name);
    if (found != known.end()) {
        return found->second;
    }
    Diagnostics diagnostics;
    auto profile = load_profile(kProfiles / "archetypes" / (name + ".yaml"), profiles_in({kProfiles}), {}, diagnostics);
    EXPECT_TRUE(profile) << diagnostics.text();
    return known.emplace(name, std::move(profile).value()).first->second;
}

std::string file_of(const std::string& kind, const Datasheet& stated) {
    return new_chip_yaml("chip", kind, archetype(kind), stated, {});
}

Profile made(const std::string& kind, const Datasheet& stated) {
    Diagnostics diagnostics;
    for (const auto& one : datasheet_complaints(archetype(kind), stated)) {
        ADD_FAILURE() << kind << " " << one.option << ": " << one.message;
    }
    const std::string text = file_of(kind, stated);
    auto document = YamlDocument::parse(text, "chip.yaml", diagnostics);
    auto profile =
        document ? load_profile(std::move(*document), profiles_in({kProfiles}), {}, diagnostics) : std::nullopt;
    EXPECT_TRUE(profile) << kind << "\n" << diagnostics.text() << text;
    EXPECT_EQ(diagnostics.text(), "") << kind << "\n" << text;
    return std::move(profile).value();
}

bool is_cpu(const std::string& kind) { return archetype(kind).devices.size() == 1; }
bool counts_as_one(const std::string& kind) { return kind == "gpu"; }
bool multiplies_halves(const std::string& kind) {
    return accelerator_of(archetype(kind))
        .clusters.front()
        .macs_per_cycle[static_cast<std::size_t>(DType::kFp16)]
        .has_value();
}

// Whether a kind of chip has a place for this number beside the others.
bool takes(const std::string& kind, std::string_view option) {
    if (option == "--cpu-cores" || option == "--cpu-clock") {
        return !is_cpu(kind);
    }
    return (option != "--cores" || !counts_as_one(kind)) && (option != "--macs-fp16" || multiplies_halves(kind));
}

// Time of a few operators, one after another, on all cores of the accelerator.
Time time_of(const Profile& profile, const std::vector<MatmulDims>& products, DType dtype) {
    const DeviceId device = *device_named(profile, accelerator_of(profile).name);
    WiredGraph wired;
    std::vector<OperatorId> before;
    for (const MatmulDims& dims : products) {
        before = {wired.add(OperatorKind::kMatmul, dims, before, dtype)};
    }
    const int cores = profile.devices[static_cast<std::size_t>(device)].runtime.default_cores;
    return total_of(plan_device(wired.done(), profile, device, {cores, {}}));
}

const std::vector<MatmulDims> kMuchArithmetic{MatmulDims{1, 1024, 1024, 1024, true, false}};
const std::vector<MatmulDims> kManyWeights{MatmulDims{1, 1, 8192, 8192, true, false}};
const std::vector<MatmulDims> kLargeTensors{MatmulDims{1, 8192, 64, 512, true, false},
                                            MatmulDims{1, 8192, 512, 64, true, false},
                                            MatmulDims{1, 8192, 64, 512, true, false}};

// A fast memory, which leaves the multiplier to decide.
const Datasheet kFastMemory{{"--dram", "800 GB/s"},
                            {"--bandwidth", "800 GB/s"},
                            {"--clock", "1 GHz"},
                            {"--macs-int8", "64"},
                            {"--sram", "16 MiB"}};

Datasheet with(Datasheet stated, std::string_view option, const std::string& value) {
    stated[option] = value;
    return stated;
}

// Number of the profile that an option states.
double number_stated(Profile& profile, std::string_view option) {
    const Device& device = accelerator_of(profile);
    const bool of_host = option == "--cpu-cores" || option == "--cpu-clock";
    const CoreCluster& cores =
        of_host ? profile.devices[static_cast<std::size_t>(profile.host)].clusters.front() : device.clusters.front();
    if (option == "--cores" || option == "--cpu-cores") {
        return cores.cores;
    }
    if (option == "--clock" || option == "--cpu-clock") {
        return cores.clock.value.si();
    }
    const auto row = std::ranges::find(kDatasheetNumbers, option, &DatasheetNumber::option);
    const std::string path = fmt::format(fmt::runtime(row->path), device.name, device.memories.back().name);
    const auto views = parameters(profile);
    const auto view = std::ranges::find(views, path, &ParameterView::path);
    EXPECT_TRUE(view != views.end()) << path;
    EXPECT_EQ(view->origin, Origin::kDatasheet) << path;
    return view->value;
}

struct SmallNumber {
    std::string_view option;
    std::string value;
};

const std::vector<SmallNumber> kSmall{
    {"--cores", "1"},     {"--clock", "100 MHz"},      {"--macs-int8", "32"},  {"--macs-fp16", "16"},
    {"--sram", "64 KiB"}, {"--bandwidth", "100 MB/s"}, {"--dram", "500 MB/s"}, {"--dram-size", "128 MiB"},
    {"--cpu-cores", "1"}, {"--cpu-clock", "100 MHz"}};

TEST(NewChip, EachNumberStandsInTheFileAndIsUsedHoweverSmall) {
    EXPECT_EQ(kSmall.size(), kDatasheetNumbers.size());
    for (const std::string kind : kArchetypes) {
        Datasheet all;
        for (const auto& [option, value] : kSmall) {
            if (takes(kind, option)) {
                all[option] = value;
                Profile profile = made(kind, {{option, value}});
                const auto row = std::ranges::find(kDatasheetNumbers, option, &DatasheetNumber::option);
                const double stated = std::get<ParsedQuantity>(parse_quantity(value, row->dimension)).value;
                EXPECT_NEAR(number_stated(profile, option) / stated, 1, 1e-9) << kind << " " << option;
                EXPECT_NE(file_of(kind, {{option, value}}).find(value), std::string::npos) << kind << " " << option;
            }
        }
        (void)made(kind, all);
    }
}

TEST(NewChip, TheCoresOfACpuGoByEitherName) {
    for (const std::string kind : {"arm-big-little", "x86-cpu"}) {
        EXPECT_EQ(file_of(kind, {{"--cores", "16"}, {"--clock", "5 GHz"}}),
                  file_of(kind, {{"--cpu-cores", "16"}, {"--cpu-clock", "5 GHz"}}));
        const Profile profile = made(kind, {{"--cpu-cores", "16"}});
        EXPECT_EQ(profile.devices.front().runtime.default_cores, 16);
        EXPECT_EQ(datasheet_complaints(archetype(kind), {{"--cores", "2"}, {"--cpu-cores", "2"}}).size(), 1U);
    }
}

TEST(NewChip, CoresAndClockAndMacsMoveWhatIsMultiplied) {
    for (const std::string kind : kArchetypes) {
        const Time one = time_of(made(kind, kFastMemory), kMuchArithmetic, DType::kInt8);
        for (const auto& [option, value] :
             {std::pair{"--cores", "4"}, std::pair{"--clock", "2 GHz"}, std::pair{"--macs-int8", "128"}}) {
            if (takes(kind, option)) {
                const Datasheet base = with(kFastMemory, "--cores", "1");
                const Time before =
                    counts_as_one(kind) ? one : time_of(made(kind, base), kMuchArithmetic, DType::kInt8);
                const Datasheet more = with(counts_as_one(kind) ? kFastMemory : base, option, value);
                EXPECT_GT(before / time_of(made(kind, more), kMuchArithmetic, DType::kInt8), 1.7) << kind << option;
            }
        }
    }
}

TEST(NewChip, FpFollowsTheStatedArrayUnlessItIsStatedToo) {
    for (const std::string kind : {"npu-vector", "npu-convolution", "gpu"}) {
        const Time before = time_of(made(kind, kFastMemory), kMuchArithmetic, DType::kFp16);
        const Time twice = time_of(made(kind, with(kFastMemory, "--macs-int8", "128")), kMuchArithmetic, DType::kFp16);
        EXPECT_GT(before / twice, 1.7) << kind;
        const Time stated = time_of(made(kind, with(kFastMemory, "--macs-fp16", "64")), kMuchArithmetic, DType::kFp16);
        EXPECT_GT(before / stated, 1.7) << kind;
        const Datasheet eight = with(kFastMemory, "--macs-fp16", "8");
        EXPECT_LT(before / time_of(made(kind, eight), kMuchArithmetic, DType::kFp16), 0.9) << kind;
    }
}

TEST(NewChip, TheBusMovesWhatReadsWeightsUnlessALinkDoes) {
    for (const std::string kind : kArchetypes) {
        const Time slow = time_of(made(kind, {{"--dram", "4 GB/s"}}), kManyWeights, DType::kInt8);
        const Time fast = time_of(made(kind, {{"--dram", "16 GB/s"}}), kManyWeights, DType::kInt8);
        if (kind != "accelerator-host-link") {
            EXPECT_GT(slow / fast, 2) << kind;
        }
        const Time drawn =
            time_of(made(kind, {{"--dram", "16 GB/s"}, {"--bandwidth", "2 GB/s"}}), kManyWeights, DType::kInt8);
        const Time twice =
            time_of(made(kind, {{"--dram", "16 GB/s"}, {"--bandwidth", "4 GB/s"}}), kManyWeights, DType::kInt8);
        EXPECT_GT(drawn / twice, 1.5) << kind;
    }
}

TEST(NewChip, MoreOnChipMemoryKeepsTensorsFromASlowBus) {
    for (const std::string kind : kArchetypes) {
        if (accelerator_of(archetype(kind)).memories.back().keeps_tensors) {
            const Datasheet slow{{"--dram", "2 GB/s"}, {"--bandwidth", "1 GB/s"}};
            const Time spilled = time_of(made(kind, with(slow, "--sram", "64 KiB")), kLargeTensors, DType::kInt8);
            const Time kept = time_of(made(kind, with(slow, "--sram", "64 MiB")), kLargeTensors, DType::kInt8);
            EXPECT_GT(spilled / kept, 1.2) << kind;
        }
    }
}

// A stated bandwidth that is a share of the stated bus moves with it, as the questions of sweeps and diffs do.
TEST(NewChip, AnotherBusMovesWhatIsDrawnFromIt) {
    for (const std::string kind : kArchetypes) {
        if (kind == "accelerator-host-link") {
            continue;
        }
        Profile profile = made(kind, {{"--dram", "34 GB/s"}, {"--bandwidth", "20 GB/s"}});
        const Device& device = accelerator_of(profile);
        EXPECT_NEAR(device.dram_limit.value.si() / 20e9, 1, 1e-9) << kind;
        const auto views = parameters(profile);
        std::ranges::find(views, "memory.dram.bandwidth", &ParameterView::path)->set(17e9);
        EXPECT_NEAR(device.dram_limit.value.si() / 10e9, 1, 1e-9) << kind;
        EXPECT_NEAR(core_rates(device, {device.cores(), {}}, DType::kInt8).dram.si() / 10e9, 1, 1e-9) << kind;
    }
}

struct Growth {
    std::string_view option;
    double least, most;  ///< in `unit`
    std::string_view unit;
};
constexpr std::array kGrowths{Growth{"--clock", 200, 2000, " MHz"}, Growth{"--macs-int8", 64, 65536, ""},
                              Growth{"--sram", 64, 65536, " KiB"}, Growth{"--bandwidth", 1, 200, " GB/s"},
                              Growth{"--dram", 400, 800, " GB/s"}};

RC_GTEST_PROP(NewChip, MoreOfAnythingIsNeverSlower, ()) {
    const std::string kind = *rc::gen::elementOf(std::vector<std::string>(kArchetypes.begin(), kArchetypes.end()));
    Datasheet stated;
    std::map<std::string_view, double> numbers;
    for (const Growth& one : kGrowths) {
        const double step = *rc::gen::inRange(0, 100) / 100.0;
        numbers[one.option] = std::round(one.least * std::pow(one.most / one.least, step));
        stated[one.option] = fmt::format("{}{}", numbers[one.option], one.unit);
    }
    const Growth grown = *rc::gen::elementOf(std::vector<Growth>(kGrowths.begin(), kGrowths.end()));
    const double factor = *rc::gen::inRange(2, 20);
    const Datasheet more = with(stated, grown.option, fmt::format("{}{}", numbers[grown.option] * factor, grown.unit));
    RC_PRE(grown.option != "--bandwidth" || numbers["--bandwidth"] * factor <= numbers["--dram"]);
    const Profile before = made(kind, stated);
    const Profile after = made(kind, more);
    for (const auto& work : {kMuchArithmetic, kManyWeights, kLargeTensors}) {
        const double ratio = time_of(after, work, DType::kInt8) / time_of(before, work, DType::kInt8);
        RC_LOG() << kind << " " << grown.option << " x" << factor << ": " << ratio << "\n" << file_of(kind, stated);
        // Traffic on chip is hidden behind the longest term as that of DRAM is, or slightly less.
        RC_ASSERT(ratio <= (grown.option == "--sram" ? 1.01 : 1 + 1e-9));
    }
}

}  // namespace
}  // namespace berth::new_chip_laws
