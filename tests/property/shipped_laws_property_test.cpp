// Laws for every shipped chip and for variants with other numbers: twice the rates halve the time, more resources are
// never slower, and an unlimited resource leaves the time of the others.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "berth/cost/cost.h"
#include "random_kernels.h"

namespace berth::shipped_laws {
namespace {

constexpr double kRounding = 1 + 1e-9;
constexpr double kWithoutLimit = 1e9;

std::vector<Profile> shipped_profiles() {
    const auto folder = std::filesystem::path(BERTH_SOURCE_DIR) / "hardware";
    std::vector<std::filesystem::path> files;
    for (const auto& where : {folder, folder / "archetypes"}) {
        for (const auto& entry : std::filesystem::directory_iterator(where)) {
            if (entry.path().extension() == ".yaml") {
                files.push_back(entry.path());
            }
        }
    }
    std::ranges::sort(files);
    std::vector<Profile> profiles;
    for (const auto& file : files) {
        Diagnostics diagnostics;
        auto profile = load_profile(file, profiles_in({folder, folder / "archetypes"}), {}, diagnostics);
        EXPECT_TRUE(profile) << diagnostics.text();
        profiles.push_back(std::move(*profile));
    }
    return profiles;
}

/// A device of a profile, a product kernel, and its execution.
struct Case {
    Profile profile;
    std::size_t device = 0;
    Kernel kernel;
    Execution execution;

    [[nodiscard]] KernelCost cost() const { return kernel_cost(kernel, profile.devices[device], execution); }
};

std::vector<DType> multiplied(const Device& device) {
    std::vector<DType> dtypes;
    for (const auto& row : kDTypeNames) {
        const auto has = [&row](const CoreCluster& cluster) {
            return cluster.macs_per_cycle[static_cast<std::size_t>(row.value)].has_value();
        };
        if (std::ranges::all_of(device.clusters, has)) {
            dtypes.push_back(row.value);
        }
    }
    return dtypes;
}

// Numbers within a factor of two of the shipped ones; shares and factors, which have bounds, are kept.
void move_numbers(Profile& profile) {
    for (const ParameterView& view : parameters(profile)) {
        if (view.base.empty() && view.least == 0 && std::isinf(view.most) && view.path.starts_with("devices.")) {
            view.set(view.value * *rc::gen::inRange(50, 200) / 100.0);
        }
    }
}

// A shipped profile and one of its devices.
using Place = std::pair<const Profile*, std::size_t>;

std::vector<Place> shipped_places(const std::function<bool(const Device&)>& fits) {
    static const std::vector<Profile> shipped = shipped_profiles();
    std::vector<Place> places;
    for (const Profile& profile : shipped) {
        for (std::size_t device = 0; device < profile.devices.size(); ++device) {
            if (fits(profile.devices[device])) {
                places.emplace_back(&profile, device);
            }
        }
    }
    return places;
}

Case any_case(const std::function<bool(const Device&)>& fits = [](const Device&) { return true; }) {
    const auto [profile, place] = *rc::gen::elementOf(shipped_places(fits));
    Case one{*profile, place, {}, {}};
    if (*rc::gen::arbitrary<bool>()) {
        move_numbers(one.profile);
    }
    const Device& device = one.profile.devices[one.device];
    OperatorKind kind = any_kind();
    while (kind == OperatorKind::kAttention && !device.attention) {
        kind = any_kind();
    }
    one.kernel = kernel_at(kind, any_dims(kind), *rc::gen::elementOf(multiplied(device)));
    one.execution.cores = *rc::gen::inRange(1, device.cores() + 1);
    RC_LOG() << one.profile.name << " " << device.name << " " << traits(kind).name << " on " << one.execution.cores
             << " cores";
    return one;
}

using Chosen = std::function<bool(const ParameterView&)>;

// Whether a change of the chosen numbers moves this one already: shares of a chosen number follow it. Bytes per cycle
// follow a clock, so they are changed themselves unless the clock is.
bool follows(const ParameterView& view, const std::vector<ParameterView>& views, const Chosen& chosen) {
    if (!view.per_cycle) {
        return !view.base.empty();
    }
    const auto clock = std::ranges::find(views, view.base, &ParameterView::path);
    return clock != views.end() && chosen(*clock);
}

/// The same case with some numbers multiplied by a factor; shares of them follow.
Case times(const Case& one, double factor, const Chosen& chosen) {
    Case changed = one;
    const std::vector<ParameterView> views = parameters(changed.profile);
    std::vector<std::pair<const ParameterView*, double>> values;
    for (const ParameterView& view : views) {
        if (chosen(view) && !follows(view, views, chosen)) {
            values.emplace_back(&view, view.value * factor);
        }
    }
    for (const auto& [view, value] : values) {
        view->set(value);
    }
    return changed;
}

// A memory clock is relative to the rated one.
bool is_clock(const ParameterView& view) {
    return view.dimension == QuantityTraits<Frequency>::kDimension && view.path.starts_with("devices.");
}
bool is_bandwidth(const ParameterView& view) { return view.dimension == QuantityTraits<Bandwidth>::kDimension; }
bool is_time(const ParameterView& view) { return view.dimension == QuantityTraits<Time>::kDimension; }
bool is_macs(const ParameterView& view) { return view.path.find(".macs_per_cycle.") != std::string::npos; }
bool is_room(const ParameterView& view) { return view.path.ends_with(".capacity") || view.path.ends_with("row_tile"); }
bool is_setup(const ParameterView& view) { return view.path.ends_with(".dma.setup"); }

RC_GTEST_PROP(ShippedLaws, TwiceTheRatesAndHalfTheFixedCostsTakeHalf, ()) {
    const Case one = any_case();
    const Case faster = times(
        times(one, 2, [](const ParameterView& view) { return is_clock(view) || is_bandwidth(view); }), 0.5, is_time);
    RC_ASSERT(std::abs(one.cost().total / faster.cost().total - 2) < 1e-6);
}

RC_GTEST_PROP(ShippedLaws, TwiceTheRatesTakeNoLessThanHalf, ()) {
    const Case one = any_case();
    const Case faster = times(one, 2, [](const ParameterView& view) { return is_clock(view) || is_bandwidth(view); });
    RC_ASSERT(faster.cost().total <= one.cost().total * kRounding);
    RC_ASSERT(faster.cost().total * 2 * kRounding >= one.cost().total);
}

RC_GTEST_PROP(ShippedLaws, MoreIsNeverSlower, ()) {
    const Case one = any_case();
    const Chosen more = *rc::gen::element<Chosen>(is_clock, is_bandwidth, is_macs, is_room);
    const double factor = 1 + *rc::gen::inRange(1, 300) / 100.0;
    RC_ASSERT(times(one, factor, more).cost().total <= one.cost().total * kRounding);
}

// More cores, in use or on the chip, are never slower if the compiler uses only as many as pay off; a thread pool
// always splits over all its cores.
RC_GTEST_PROP(ShippedLaws, MoreCoresAreNeverSlowerWhereACompilerChooses, ()) {
    Case one = any_case([](const Device& device) { return device.runtime.shapes == ShapeRule::kStatic; });
    one.kernel.multi_core = true;
    Case more = one;
    more.profile.devices[more.device].clusters.back().cores += *rc::gen::inRange(0, 4);
    more.execution.cores += *rc::gen::inRange(1, 4);
    RC_ASSERT(more.cost().total <= one.cost().total * kRounding);
}

RC_GTEST_PROP(ShippedLaws, BandwidthWithoutLimitLeavesComputing, ()) {
    const Case one = any_case();
    const KernelCost left = times(one, kWithoutLimit, is_bandwidth).cost();
    RC_ASSERT(left.dram + left.bus + left.sram + left.results <= one.cost().total * 1e-6);
    const Time others = left.dispatch + left.fork_join + left.compute + left.vector + left.dma + left.stall;
    RC_ASSERT(left.total <= others * (1 + 1e-6));
    RC_ASSERT(left.total * kRounding >= std::max(left.compute, left.vector));
}

RC_GTEST_PROP(ShippedLaws, MacsWithoutLimitLeaveMemory, ()) {
    const Case one = any_case();
    const KernelCost before = one.cost();
    const KernelCost left = times(one, kWithoutLimit, is_macs).cost();
    RC_ASSERT(left.compute <= before.compute * 1e-6);
    if (left.cores == before.cores) {  // a compiler may take fewer cores where products cost nothing
        RC_ASSERT(left.dram == before.dram);
    }
    RC_ASSERT(left.total * kRounding >= std::max({left.dram, left.bus, left.results}));
}

RC_GTEST_PROP(ShippedLaws, TenTimesTheSetupCostsWhatItsDescriptorsSay, ()) {
    const Case one = any_case();
    const KernelCost before = one.cost();
    const KernelCost after = times(one, 10, is_setup).cost();
    if (after.cores == before.cores) {  // expensive set-ups may favour fewer cores
        RC_ASSERT(std::abs(in_seconds(after.dma - before.dma * 10)) <= in_seconds(before.dma) * 1e-8);
    }
    RC_ASSERT(after.total * kRounding >= before.total);
    RC_ASSERT(after.total <= (before.total + before.dma * 9) * kRounding);
}

// With a buffer that holds a whole product, weights are read once.
RC_GTEST_PROP(ShippedLaws, ABufferThatHoldsAllReadsEachWeightOnce, ()) {
    Case one = any_case();
    one.kernel = kernel_at(OperatorKind::kMatmul, any_matmul(), one.kernel.input);
    one.execution.cores = 1;
    const Case roomy = times(one, kWithoutLimit, is_room);
    const KernelCost cost = roomy.cost();
    RC_ASSERT(cost.tile.weight_reads == 1);
    RC_ASSERT(cost.traffic.read + cost.traffic.write <= cost.compulsory * kRounding);
}

// Lower bound on the time of any chip with these rates: the MACs at the peak rate of all participating cores.
RC_GTEST_PROP(ShippedLaws, NothingIsBelowTheRoofline, ()) {
    const Case one = any_case();
    const KernelCost cost = one.cost();
    const Device& device = one.profile.devices[one.device];
    OperationRate peak;
    int left = cost.cores;
    for (const CoreCluster& cluster : device.clusters) {
        const int taken = std::min(left, cluster.cores);
        left -= taken;
        peak += cluster.macs_per_cycle[static_cast<std::size_t>(one.kernel.input)]->value * cluster.clock.value *
                static_cast<double>(taken);
    }
    const double saved = device.matrix.winograd ? device.matrix.winograd->value : 1;
    const double efficiency = std::max(1.0, device.matrix.efficiency.value);
    RC_ASSERT(cost.total * kRounding >= cost.macs / peak / saved / efficiency);
    RC_ASSERT(!device.bus || (cost.traffic.read + cost.traffic.write) / cost.total <= device.bus->value * kRounding);
}

}  // namespace
}  // namespace berth::shipped_laws
