// Explanation of a kernel's time: each term of the cost model with its formula in words and its input numbers.
#pragma once

#include <string>
#include <vector>

#include "berth/base/text_width.h"
#include "berth/cost/cost_breakdown.h"
#include "berth/evaluation/evaluation.h"
#include "berth/hardware/runtimes.h"
#include "report/json_values.h"

namespace berth {

/// A number of a profile, under the path that `--set` takes.
struct NumberUsed {
    std::string path;
    std::string value;
    double spread = 0;
    Origin origin{};
    std::string source;
};

/// DRAM bandwidth that a kernel draws, and the profile number that determines it; empty if it has no DRAM traffic.
struct DramRate {
    std::string value, decided_by;
};

/// Value of one named input of a formula.
struct FormulaInput {
    std::string name, value;
    std::string path;  ///< path of the profile number; empty for other inputs
};

struct FormulaLine {
    std::string name;
    std::string formula;    ///< in words
    std::string filled_in;  ///< with the numbers substituted
    std::string value;      ///< the result
    std::vector<FormulaInput> inputs;
};

struct Term {
    Time time;
    FormulaLine line;
    std::vector<FormulaLine> parts;  ///< the inputs that are formulas themselves
};

struct Explanation {
    KernelCost cost;
    std::string kernel;  ///< operator, sizes and dtypes
    std::vector<Term> terms;
    FormulaLine rule;                     ///< formula that combines the terms into the total
    std::vector<FormulaLine> rule_parts;  ///< inputs of the rule other than the terms
    DecidingTime deciding;                ///< by which the bound decides
    std::optional<NextBound> next;
    std::string tile;  ///< empty if the kernel is not tiled
    std::string traffic;
    DramRate dram_rate;
    std::vector<NumberUsed> numbers;  ///< without duplicates
};

/// "matmul 122x384x1536, int8 + gelu, on 1 of 3 cores of npu"
[[nodiscard]] std::string kernel_description(const Kernel& kernel, int cores, const Device& device);

/// `execution` is what the stage asked for; the kernel may get fewer cores.
[[nodiscard]] Explanation explain_kernel(const Kernel& kernel, const Device& device, const Execution& execution);

[[nodiscard]] std::string explanation_text(const Explanation& explanation, TextWidth width);
/// Adds kernel, terms, rule, bound, next_bound, tile, tile_sizes, traffic and numbers.
void add_explanation(Json& object, const Explanation& explanation);

/// The numbers as a table with origin and source.
[[nodiscard]] std::string numbers_text(const std::vector<NumberUsed>& numbers, TextWidth width);
[[nodiscard]] Json json_numbers(const std::vector<NumberUsed>& numbers);

template <class Q>
[[nodiscard]] NumberUsed number_used(const Profile& profile, const std::string& path, const Parameter<Q>& parameter,
                                     std::string value) {
    return {settable_path(profile, path), std::move(value), parameter.spread, parameter.origin, parameter.source};
}

}  // namespace berth
