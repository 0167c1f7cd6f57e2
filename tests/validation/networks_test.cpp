// Claims about convolution networks on the CPU, for a runtime whose kernels were fitted to other networks.
#include <gtest/gtest.h>

#include "validation/shipped_validation.h"

namespace berth {
namespace {

const ValidatedSet& set_named(const Validation& validation, std::string_view name) {
    const auto found = std::ranges::find(validation.sets, name, &ValidatedSet::name);
    if (found == validation.sets.end()) {
        throw std::runtime_error("no set " + std::string(name));
    }
    return *found;
}

TEST(CpuNetworks, LeftOutOfTheFitAreWithinTheirTarget) {
    const Validation validation = validation_of("rk3588-ncnn");
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

TEST(ZooNetworks, AreWithinTheirTargetAtTheMedian) {
    for (const std::string chip : {"rk3588-rknn-2.3.2", "rk3576-rknn-2.3.2"}) {
        const Validation validation = validation_of(chip);
        const ValidatedSet& zoo = set_named(validation, "networks of the vendor's model zoo");
        EXPECT_GE(zoo.rows.size(), 10U);
        EXPECT_LE(*all_rows(zoo).model.median_error, targets().at("median_error_of_zoo_networks").get<double>())
            << chip;
        EXPECT_GE(*all_rows(zoo).coverage, 0.75) << chip;  // patches of 32 x 32 and one norm are known misfits
    }
}

TEST(CpuRuntimes, AreWithinTheirTargets) {
    const auto target = targets().at("mean_error_of_cpu_runtimes");
    for (const auto& [chip, sets] : target.items()) {
        const Validation validation = validation_of(chip);
        for (const auto& [name, most] : sets.items()) {
            EXPECT_LE(*all_rows(set_named(validation, name)).model.mean_error, most.get<double>())
                << chip << " " << name;
        }
    }
}

}  // namespace
}  // namespace berth
