// Rule that combines terms into a total: of terms that overlap, the longest hides the shorter ones up to the overlap
// factor.
#pragma once

#include <algorithm>

#include "cost/terms.h"

namespace berth {

// Total of overlapping times: the longest counts in full, the others only by the share that is not hidden.
template <class T>
Number<T, Time> at_once(const Number<T, Time>& longest, const Number<T, Time>& all, const Number<T, double>& overlap,
                        const char* words) {
    if (value_of(all) == value_of(longest) || value_of(overlap) == 1) {
        return longest;
    }
    const auto most = T::named(longest, words);
    return most + (all - most) * (1.0 - overlap);
}

// Names a time that the rule uses more than once, unless the other time is zero.
template <class T>
Number<T, Time> beside(const Number<T, Time>& time, const Number<T, Time>& other, const char* words) {
    return value_of(other) > Time{} ? T::named(time, words) : time;
}

template <class T>
Total<T> total_of(const Terms<T>& terms, const Overlaps<T>& overlaps) {
    // Memory time: DMA descriptors and their bytes share the channel, so their times add up. Engine time: the engines
    // of a CPU or of attention run phase after phase, so their times add up too. Vector work on results on their way to
    // memory adds to the memory time instead.
    const bool on_the_way = overlaps.vector_at_memory;
    const auto memory = on_the_way ? terms.dma + terms.dram + terms.vector : terms.dma + terms.dram;
    const bool serial = overlaps.engines_serial;
    const auto both_engines = on_the_way ? terms.compute : terms.compute + terms.vector;
    const auto engines = serial || on_the_way ? both_engines : larger(terms.compute, terms.vector);
    const auto longest = larger(larger(engines, memory), terms.sram);
    Number<T, Time> core;
    if (overlaps.dram) {
        const auto near =
            at_once<T>(larger(engines, terms.sram), both_engines + terms.sram, overlaps.own, "longest on chip");
        const auto on_chip = beside<T>(near, memory, "on chip");
        core = larger(on_chip, memory) + smaller(on_chip, memory) * (1.0 - *overlaps.dram);
    } else {
        core = at_once<T>(longest, both_engines + memory + terms.sram, overlaps.own, "longest");
    }
    core += terms.stall * overlaps.own;
    core = beside<T>(core, terms.results, "engines and memories");
    const auto overhead = terms.dispatch + terms.fork_join;
    const auto alone = larger(core, terms.results) + smaller(core, terms.results) * (1.0 - overlaps.device);
    const auto decided_by = [&](Bound bound, const Number<T, Time>& own, const Number<T, Time>& group,
                                const char* with = "") {
        const bool others = value_of(group) > value_of(own);
        return Total<T>{overhead + larger(alone, terms.bus), bound,
                        DecidingTime{value_of(own), value_of(group), others ? with : ""}};
    };
    if (value_of(overhead) > std::max(value_of(longest), value_of(terms.results))) {
        return decided_by(Bound::kDispatch, overhead, overhead);
    }
    if (value_of(terms.bus) > value_of(alone)) {
        return decided_by(Bound::kDram, terms.bus, terms.bus);
    }
    if (value_of(terms.results) > value_of(core)) {
        return decided_by(Bound::kDram, terms.results, terms.results);
    }
    if (value_of(longest) == value_of(memory)) {
        if (on_the_way && value_of(terms.vector) > value_of(terms.dma + terms.dram)) {
            return decided_by(Bound::kVector, terms.vector, memory, "dma and dram");
        }
        return value_of(terms.dma) > value_of(terms.dram)
                   ? decided_by(Bound::kDma, terms.dma, memory, on_the_way ? "dram and vector" : "dram")
                   : decided_by(Bound::kDram, terms.dram, memory, on_the_way ? "dma and vector" : "dma");
    }
    if (value_of(longest) == value_of(terms.sram)) {
        return decided_by(Bound::kSram, terms.sram, terms.sram);
    }
    return value_of(terms.compute) >= value_of(terms.vector)
               ? decided_by(Bound::kCompute, terms.compute, engines, "vector")
               : decided_by(Bound::kVector, terms.vector, engines, "compute");
}

}  // namespace berth
