// The cost of a kernel as formulas: the model's own steps, recorded while it computes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/cost/cost.h"

namespace berth {

/// A number of the profile: its path as `--set` takes it, and its provenance.
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

/// Name of the subformula for a kernel's DRAM bandwidth: the minimum of the limits of cores, device and bus.
inline constexpr std::string_view kDramRate = "DRAM rate";

struct Formula;
/// Subformulas are shared: one that enters several terms is a single formula.
using FormulaPtr = std::shared_ptr<const Formula>;

/// A value and its derivation. A formula with a name appears under that name in the formulas that use it.
struct Formula {
    FormulaKind kind = FormulaKind::kNumber;
    std::vector<FormulaPtr> operands;  ///< empty for a number
    std::string name;                  ///< in words; a number without a name is written as its value
    double value = 0;                  ///< SI
    Dimension dimension;
    std::shared_ptr<const ProfileNumber> number;  ///< set for a number of the profile
};

/// A term of a kernel's time. Its formula is null where the term is zero.
struct CostTerm {
    std::string name;
    Time time;
    FormulaPtr formula;
};

/// The time by which a bound decides.
struct DecidingTime {
    Time own;               ///< of the terms that the bound is about
    Time group;             ///< of these and the terms that add up with them, since they take turns
    std::string_view with;  ///< those other terms: `vector`; empty if they take no time
};

/// What decides a kernel's time once its bound takes less.
struct NextBound {
    Bound bound{};
    Time time;         ///< of its own terms
    double times = 1;  ///< how many times as fast the terms of the kernel's bound have to be
};

struct CostBreakdown {
    KernelCost cost;
    std::vector<CostTerm> terms;
    FormulaPtr total;               ///< the rule, over the terms by their names
    DecidingTime deciding;          ///< by which the kernel's bound decides
    std::optional<NextBound> next;  ///< absent: nothing else takes time
};

/// The cost of a kernel, computed by the same code as kernel_cost() and equal to it to the last bit, with its formulas.
[[nodiscard]] CostBreakdown explain_cost(const Kernel& kernel, const Device& device, const Execution& execution);

/// Formula of the rule that combines the terms of a cost into its total, over their names; null for a zero cost.
[[nodiscard]] FormulaPtr rule_of(const KernelCost& cost);

/// Formula with names, down to named subformulas: "padded MACs / (MACs per cycle x clock x cores)".
[[nodiscard]] std::string formula_in_words(const Formula& formula);
/// Formula with each name replaced by its value in six significant digits: "4.7e6 / (64 x 2.4 GHz x 2)".
[[nodiscard]] std::string formula_filled_in(const Formula& formula);
/// A value as formula_filled_in() writes it. Counts, of operations too, have no unit.
[[nodiscard]] std::string formula_value(const Formula& formula);
/// Named inputs of a formula: its numbers, and subformulas with formulas of their own.
[[nodiscard]] std::vector<FormulaPtr> formula_inputs(const Formula& formula);

}  // namespace berth
