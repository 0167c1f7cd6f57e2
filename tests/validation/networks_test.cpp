// Claims about convolution networks on the CPU, for a runtime whose kernels were fitted to other networks.
#include <gtest/gtest.h>

#include "validation/shipped_validation.h"

namespace berth {
namespace {

Validation validated(std::string_view hardware) {
    Diagnostics diagnostics;
    const auto profile = load_hardware(shipped_library(), hardware, {}, SourceLocation("test"), diagnostics);
    const auto sets = profile ? load_measured_sets(shipped_library(), hardware, *profile, diagnostics) : std::nullopt;
    auto validation = sets ? validate(*profile, *sets, diagnostics) : std::nullopt;
    if (!validation) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*validation);
}

TEST(CpuNetworks, LeftOutOfTheFitAreWithinTheirTarget) {
    const Validation validation = validated("rk3588-ncnn");
    int unseen = 0;
    for (const ValidatedSet& set : validation.sets) {
        if (set.use == RowUse::kUnseen) {
            ++unseen;
            EXPECT_LE(*all_rows(set).model.mean_error, targets().at("mean_error_of_cpu_networks").get<double>());
            EXPECT_LT(*all_rows(set).model.mean_error, *all_rows(set).roofline.mean_error);
            EXPECT_GE(*all_rows(set).coverage, 0.8);
        }
    }
    EXPECT_EQ(unseen, 1);
}

}  // namespace
}  // namespace berth
