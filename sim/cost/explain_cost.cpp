// Cost of a kernel with its formulas: kernel_cost() instantiated with recording numbers.
#include <cmath>
#include <initializer_list>
#include <string>

#include "cost/terms.h"
#include "cost/total.h"
#include "cost/traced.h"

namespace berth {

namespace {

// Replaces the recorded addresses of profile numbers by their paths.
void find_paths(const FormulaPtr& formula, const Device& device) {
    if (formula == nullptr) {
        return;
    }
    if (formula->number != nullptr && formula->number->path.empty()) {
        const auto placed =
            std::static_pointer_cast<PlacedNumber>(std::const_pointer_cast<ProfileNumber>(formula->number));
        placed->path = "hardware." + parameter_path(device, placed->place);
    }
    for (const FormulaPtr& operand : formula->operands) {
        find_paths(operand, device);
    }
}

template <class T>
Total<T> total_from(const KernelCost& cost) {
    Terms<T> terms;
    for (std::size_t i = 0; i < kTimeTerms.size(); ++i) {
        terms.*kTermPlaces<T>[i] = T::given(cost.*kTimeTerms[i].time, kTimeTerms[i].name);
    }
    const CostRule& rule = cost.rule;
    const Overlaps<T> overlaps{
        rule.engines_serial, rule.vector_at_memory, T::given(rule.overlap, "overlap"),
        T::given(rule.device_overlap, "overlap of int32 output"),
        rule.dram_overlap ? std::optional(T::given(*rule.dram_overlap, "overlap of DRAM")) : std::nullopt};
    return total_of<T>(terms, overlaps);
}

// The total if the terms that a bound is about were so many times as fast.
Total<PlainNumbers> total_if_faster(KernelCost cost, Bound bound, double times) {
    const auto speed_up = [&](std::initializer_list<Time KernelCost::*> terms) {
        for (const auto term : terms) {
            cost.*term = cost.*term / times;
        }
    };
    switch (bound) {
        case Bound::kCompute:
            speed_up({&KernelCost::compute});
            break;
        case Bound::kVector:
            speed_up({&KernelCost::vector});
            break;
        case Bound::kSram:
            speed_up({&KernelCost::sram});
            break;
        case Bound::kDram:
            speed_up({&KernelCost::dram, &KernelCost::results, &KernelCost::bus});
            break;
        case Bound::kDma:
            speed_up({&KernelCost::dma});
            break;
        case Bound::kDispatch:
            speed_up({&KernelCost::dispatch, &KernelCost::fork_join});
            break;
        case Bound::kTransfer:
            break;  // of a kernel, no term
    }
    return total_from<PlainNumbers>(cost);
}

// By bisection, since terms that are hidden in part count towards what they are compared with.
std::optional<NextBound> next_bound(const KernelCost& cost) {
    constexpr double kMost = 1e6;
    constexpr double kExact = 1 + 1e-9;
    const auto decides_at = [&cost](double times) { return total_if_faster(cost, cost.bound, times); };
    double still = 1;
    double no_more = kMost;
    if (decides_at(no_more).bound == cost.bound) {
        return std::nullopt;
    }
    while (no_more / still > kExact) {
        const double between = std::sqrt(still * no_more);
        (decides_at(between).bound == cost.bound ? still : no_more) = between;
    }
    const auto after = decides_at(no_more);
    return NextBound{after.bound, after.deciding.own, no_more};
}

}  // namespace

CostBreakdown explain_cost(const Kernel& kernel, const Device& device, const Execution& execution) {
    Record<TracedNumbers> record;
    const KernelCost cost = costed<TracedNumbers>(kernel, device, execution, record);
    CostBreakdown breakdown{cost, {}, record.total.time.formula(), record.total.deciding, next_bound(cost)};
    for (std::size_t i = 0; i < kTimeTerms.size(); ++i) {
        const auto& time = record.terms.*kTermPlaces<TracedNumbers>[i];
        breakdown.terms.push_back({std::string(kTimeTerms[i].name), time.value(), time.formula()});
    }
    find_paths(breakdown.total, device);
    return breakdown;
}

FormulaPtr rule_of(const KernelCost& cost) { return total_from<TracedNumbers>(cost).time.formula(); }

}  // namespace berth
