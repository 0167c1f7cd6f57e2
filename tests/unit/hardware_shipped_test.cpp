// The shipped profiles: they are valid, every number has an origin, and every file that a source names exists.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "berth/base/atomic_file.h"
#include "berth/hardware/load_profile.h"
#include "berth/hardware/profile.h"

namespace berth {
namespace {

namespace fs = std::filesystem;
const fs::path kHardware = fs::path(BERTH_SOURCE_DIR) / "hardware";

std::vector<std::string> shipped_profiles() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(kHardware)) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

class HardwareShipped : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        Diagnostics diagnostics;
        profile_ = load_profile(kHardware / (GetParam() + ".yaml"), profiles_in({kHardware}), {}, diagnostics);
        ASSERT_EQ(diagnostics.text(), "");
        ASSERT_TRUE(profile_.has_value());
    }
    std::optional<Profile> profile_;
};

TEST_P(HardwareShipped, IsNamedLikeItsFile) { EXPECT_EQ(profile_->name, GetParam()); }

TEST_P(HardwareShipped, EveryNumberSaysWhereItComesFrom) {
    const auto views = parameters(*profile_);
    EXPECT_GT(views.size(), 40U);
    for (const ParameterView& view : views) {
        EXPECT_FALSE(view.source.empty()) << view.path;
        // Numbers not taken from a datasheet are uncertain; model errors are spreads themselves, and a value of 1 or 0
        // by definition needs none.
        const bool exact = view.origin == Origin::kDatasheet || view.path.find(".error.") != std::string::npos ||
                           view.source.find("by definition") != std::string::npos ||
                           view.path == "memory.dram.capacity";
        EXPECT_TRUE(exact || view.spread > 0) << view.path << " is not from a datasheet and has no spread";
    }
}

TEST_P(HardwareShipped, EveryPathIsListedOnce) {
    std::set<std::string> paths;
    for (const ParameterView& view : parameters(*profile_)) {
        EXPECT_TRUE(paths.insert(view.path).second) << view.path;
    }
}

TEST_P(HardwareShipped, EveryFileItNamesIsThere) {
    Diagnostics diagnostics;
    const auto text = read_file(kHardware / (GetParam() + ".yaml"), diagnostics);
    ASSERT_TRUE(text.has_value());
    const std::regex file("[A-Za-z0-9_]+\\.csv");
    for (std::sregex_iterator found(text->begin(), text->end(), file), end; found != end; ++found) {
        EXPECT_TRUE(fs::exists(kHardware / "measured" / GetParam() / found->str())) << found->str();
    }
}

TEST_P(HardwareShipped, TheHostRunsEveryOperator) {
    const Device& host = profile_->devices[static_cast<std::size_t>(profile_->host)];
    for (const auto& row : operator_names()) {
        EXPECT_TRUE(host.runtime.operators[static_cast<std::size_t>(row.value)].supported) << row.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Profiles, HardwareShipped, testing::ValuesIn(shipped_profiles()), [](const auto& each) {
    std::string name = each.param;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return name;
});

TEST(HardwareRk3588, StatesTheChip) {
    Diagnostics diagnostics;
    const auto profile = load_profile(kHardware / "rk3588-rknn-2.3.2.yaml", profiles_in({kHardware}), {}, diagnostics);
    ASSERT_TRUE(profile.has_value()) << diagnostics.text();
    const Device& npu = profile->devices[static_cast<std::size_t>(device_named(*profile, "npu").value())];
    const Device& cpu = profile->devices[static_cast<std::size_t>(device_named(*profile, "cpu").value())];
    const auto peak = [](const CoreCluster& cluster, DType dtype) {  // two operations per MAC
        return 2 * cluster.cores *
               (cluster.macs_per_cycle[static_cast<std::size_t>(dtype)]->value * cluster.clock.value);
    };
    EXPECT_DOUBLE_EQ(peak(npu.clusters[0], DType::kInt8).si(), 6.144e12) << "the advertised 6 TOP/s";
    EXPECT_DOUBLE_EQ(peak(npu.clusters[0], DType::kFp16).si(), 3.072e12);
    EXPECT_NEAR(peak(cpu.clusters[0], DType::kFp32).si(), 150e9, 1e9) << "four A76 at 2.35 GHz";
    EXPECT_NEAR(peak(cpu.clusters[0], DType::kInt8).si(), 338e9, 2e9) << "of 600, which no int8 kernel reaches";
    EXPECT_EQ(npu.memories[0].capacity.value, kibibytes(12 * 32));
    EXPECT_EQ(npu.runtime.shapes, ShapeRule::kStatic);
    EXPECT_EQ(cpu.runtime.shapes, ShapeRule::kDynamic);
    EXPECT_EQ(cpu.cores(), 8);
    EXPECT_EQ(npu.runtime.operators[static_cast<std::size_t>(OperatorKind::kEmbedding)].fallback, "cpu");
}

}  // namespace
}  // namespace berth
