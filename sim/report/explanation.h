// Why a kernel takes as long as it does: each term with its formula in words and the numbers that went into it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "report/json_values.h"

namespace berth {

/// A number of the profile, under the path that `--set hardware.PATH` takes.
struct NumberUsed {
    std::string path;
    std::string value;
    double spread = 0;
    Origin origin{};
    std::string source;
};

struct Term {
    std::string name;
    Time time;
    std::string formula;    ///< in words
    std::string filled_in;  ///< with the numbers; empty where the words say all
    std::vector<NumberUsed> numbers;
};

/// A term that could decide the kernel's time, with the numbers it is compared by.
struct Contender {
    Bound bound{};
    Time time;
};

struct Explanation {
    std::string kernel;  ///< what runs, its sizes and dtypes
    std::vector<Term> terms;
    std::string sum;                    ///< how the terms make the total
    std::vector<Contender> contenders;  ///< the largest first
    std::string tile;                   ///< empty for what is not tiled
    std::string traffic;
    std::vector<NumberUsed> overlap;
};

/// `execution` is what the stage asked for; the cost says how many cores the kernel really got.
[[nodiscard]] Explanation explain_kernel(const Kernel& kernel, const KernelCost& cost, const Device& device,
                                         const Execution& execution);

[[nodiscard]] std::string explanation_text(const Explanation& explanation, const KernelCost& cost);
/// Adds kernel, terms, bound, next_bound, tile, tile_sizes, traffic and numbers.
void add_explanation(Json& object, const Explanation& explanation, const KernelCost& cost);

/// The numbers as a table with origin and source.
[[nodiscard]] std::string numbers_text(const std::vector<NumberUsed>& numbers);
[[nodiscard]] Json json_numbers(const std::vector<NumberUsed>& numbers);

template <class Q>
[[nodiscard]] NumberUsed number_used(std::string path, const Parameter<Q>& parameter, std::string value) {
    return {std::move(path), std::move(value), parameter.spread, parameter.origin, parameter.source};
}

}  // namespace berth
