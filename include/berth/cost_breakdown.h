// What a kernel costs, in formulas: the model's own steps, recorded while it computes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "berth/cost.h"

namespace berth {

/// A number of the profile: its path as `--set` takes it, and its pedigree.
struct ProfileNumber {
    std::string path;
    double spread = 0;
    Origin origin{};
    std::string source;
};

enum class FormulaKind : std::uint8_t {
    kNumber,
    kSum,
    kDifference,
    kProduct,
    kQuotient,
    kMaximum,
    kMinimum,
    kLogarithm
};

/// Name of the part that is the least of what cores, device and bus let a kernel draw.
inline constexpr std::string_view kDramRate = "DRAM rate";

struct Formula;
/// Parts are shared: what enters several terms is one formula.
using FormulaPtr = std::shared_ptr<const Formula>;

/// A value and how the model got it. One that has a name stands under it in the formulas that use it.
struct Formula {
    FormulaKind kind = FormulaKind::kNumber;
    std::vector<FormulaPtr> operands;  ///< none of a number
    std::string name;                  ///< in words; a number without one is written as it is
    double value = 0;                  ///< SI
    Dimension dimension;
    std::shared_ptr<const ProfileNumber> number;  ///< of a number that stands in the profile
};

/// A term of the time. Its formula is null where it is zero.
struct CostTerm {
    std::string name;
    Time time;
    FormulaPtr formula;
};

/// A term that could decide a kernel's time, with the time it is compared by.
struct Contender {
    Bound bound{};
    Time time;
};

struct CostBreakdown {
    KernelCost cost;
    std::vector<CostTerm> terms;
    FormulaPtr total;                   ///< the rule: over the terms by their names
    std::vector<Contender> contenders;  ///< the largest first
};

/// The cost of a kernel, computed by the same code as kernel_cost() and equal to it to the last bit, with its formulas.
[[nodiscard]] CostBreakdown explain_cost(const Kernel& kernel, const Device& device, const Execution& execution);

/// The rule by which the terms of a cost make its total, over their names; null for a cost of nothing.
[[nodiscard]] FormulaPtr rule_of(const KernelCost& cost);

/// "padded MACs / (MACs per cycle x clock x cores)": names, down to those of named parts.
[[nodiscard]] std::string formula_in_words(const Formula& formula);
/// The same with six significant digits of each number instead of its name: "4.7e6 / (64 x 2.4 GHz x 2)".
[[nodiscard]] std::string formula_filled_in(const Formula& formula);
/// A value as it is filled in. Counts, of operations too, have no unit.
[[nodiscard]] std::string formula_value(const Formula& formula);
/// What stands under a name in a formula: its numbers, and parts that have formulas of their own.
[[nodiscard]] std::vector<FormulaPtr> formula_inputs(const Formula& formula);

}  // namespace berth
