// Cost of a kernel with its formulas: kernel_cost() instantiated with recording numbers.
#include <array>
#include <string_view>

#include "cost/terms.h"
#include "cost/total.h"
#include "cost/traced.h"

namespace berth {

namespace {

template <class T>
std::array<std::pair<std::string_view, Number<T, Time>>, 10> by_name(const Terms<T>& terms) {
    return {{{"dispatch", terms.dispatch},
             {"fork/join", terms.fork_join},
             {"compute", terms.compute},
             {"vector", terms.vector},
             {"sram", terms.sram},
             {"dram", terms.dram},
             {"dma", terms.dma},
             {"stall", terms.stall},
             {"results", terms.results},
             {"bus", terms.bus}}};
}

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

std::vector<Contender> contenders_of(const KernelCost& cost) {
    const Time on_the_way = cost.rule.vector_at_memory ? cost.vector : Time{};
    const Bound channel = cost.dma > cost.dram ? Bound::kDma : Bound::kDram;
    std::vector<Contender> all{
        {on_the_way > cost.dram + cost.dma ? Bound::kVector : channel, cost.dram + cost.dma + on_the_way},
        {Bound::kDram, cost.results},
        {Bound::kDram, cost.bus},
        {Bound::kSram, cost.sram},
        {Bound::kDispatch, cost.dispatch + cost.fork_join}};
    if (cost.rule.engines_serial) {
        all.push_back({cost.compute >= cost.vector ? Bound::kCompute : Bound::kVector, cost.compute + cost.vector});
    } else {
        all.push_back({Bound::kCompute, cost.compute});
        all.push_back({Bound::kVector, cost.vector - on_the_way});
    }
    std::ranges::stable_sort(all, std::ranges::greater{}, &Contender::time);
    return all;
}

}  // namespace

CostBreakdown explain_cost(const Kernel& kernel, const Device& device, const Execution& execution) {
    Record<TracedNumbers> record;
    const KernelCost cost = costed<TracedNumbers>(kernel, device, execution, record);
    CostBreakdown breakdown{cost, {}, record.total.time.formula(), contenders_of(cost)};
    for (const auto& [name, time] : by_name<TracedNumbers>(record.terms)) {
        breakdown.terms.push_back({std::string(name), time.value(), time.formula()});
    }
    find_paths(breakdown.total, device);
    return breakdown;
}

FormulaPtr rule_of(const KernelCost& cost) {
    using T = TracedNumbers;
    const auto time = [](Time value, const char* name) { return T::given(value, name); };
    const Terms<T> terms{time(cost.dispatch, "dispatch"), time(cost.fork_join, "fork/join"),
                         time(cost.compute, "compute"),   time(cost.vector, "vector"),
                         time(cost.sram, "sram"),         time(cost.dram, "dram"),
                         time(cost.dma, "dma"),           time(cost.stall, "stall"),
                         time(cost.results, "results"),   time(cost.bus, "bus")};
    const CostRule& rule = cost.rule;
    const Overlaps<T> overlaps{
        rule.engines_serial, rule.vector_at_memory, T::given(rule.overlap, "overlap"),
        T::given(rule.device_overlap, "overlap of int32 output"),
        rule.dram_overlap ? std::optional(T::given(*rule.dram_overlap, "overlap of DRAM")) : std::nullopt};
    return total_of<T>(terms, overlaps).time.formula();
}

}  // namespace berth
