// The terms of a kernel as the cost model recorded them, put into words.
#include "report/explanation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "report/names.h"
#include "report/text_layout.h"

namespace berth {

namespace {

/// Turns formulas into lines, and collects their inputs and the profile numbers that they use.
class Lines {
  public:
    explicit Lines(Explanation& explanation) : explanation_(explanation) {}

    FormulaLine line(const std::string& name, const FormulaPtr& formula) {
        if (formula == nullptr) {
            return {name, "0", "0", "0 s", {}};
        }
        FormulaLine made{name, formula_in_words(*formula), formula_filled_in(*formula), formula_value(*formula), {}};
        for (const FormulaPtr& input : formula_inputs(*formula)) {
            made.inputs.push_back({input->name, formula_value(*input), input->number ? input->number->path : ""});
            note(*input);
        }
        return made;
    }

    /// Adds the inputs of a formula that are formulas themselves, recursively, except those named in `apart`.
    void add_parts(const FormulaPtr& formula, const std::vector<std::string>& apart, std::vector<FormulaLine>& parts) {
        for (const FormulaPtr& input : formula == nullptr ? std::vector<FormulaPtr>() : formula_inputs(*formula)) {
            const auto known = [&input](const FormulaLine& part) { return part.name == input->name; };
            if (input->kind == FormulaKind::kNumber || std::ranges::find(apart, input->name) != apart.end() ||
                std::ranges::any_of(parts, known)) {
                continue;
            }
            parts.push_back(line(input->name, input));
            add_parts(input, apart, parts);
        }
    }

  private:
    void note(const Formula& formula) {
        const auto known = [&formula](const NumberUsed& one) { return one.path == formula.number->path; };
        if (formula.number && std::ranges::none_of(explanation_.numbers, known)) {
            explanation_.numbers.push_back({formula.number->path, quantity_text(formula.value, formula.dimension),
                                            formula.number->spread, formula.number->origin, formula.number->source});
            if (formula.dimension == Operations::kDimension) {
                explanation_.numbers.back().value = number_text(formula.value);  // operations per cycle, without a unit
            }
        }
    }

    Explanation& explanation_;
};

/// The minimum of several limits within a formula, which may be scaled by the memory state; null if there is none.
FormulaPtr minimum_in(const FormulaPtr& formula) {
    if (formula->kind == FormulaKind::kMinimum) {
        return formula;
    }
    for (const FormulaPtr& operand : formula->operands) {
        if (FormulaPtr found = minimum_in(operand)) {
            return found;
        }
    }
    return nullptr;
}

DramRate dram_rate_of(const std::vector<CostTerm>& terms) {
    for (const CostTerm& term : terms) {
        for (const FormulaPtr& input : term.formula ? formula_inputs(*term.formula) : std::vector<FormulaPtr>()) {
            const FormulaPtr limits = input->name == kDramRate ? minimum_in(input) : nullptr;
            if (!limits) {
                continue;
            }
            const auto least =
                *std::ranges::min_element(limits->operands, {}, [](const FormulaPtr& one) { return one->value; });
            for (const FormulaPtr& number : least->number ? std::vector{least} : formula_inputs(*least)) {
                if (number->number) {
                    return {formula_value(*input), number->number->path};
                }
            }
        }
    }
    return {};
}

std::string tile_text(const Kernel& kernel, const Tile& tile) {
    if (tile.m <= 0) {
        return "";
    }
    return fmt::format(
        "{} rows x {} deep x {} columns of {}; the input is read {}, the weights {}, the result written {}", tile.m,
        tile.k, tile.n, dims_text(kernel.dims), times_text(tile.input_reads), times_text(tile.weight_reads),
        times_text(tile.output_writes));
}

std::string traffic_text(const Kernel& kernel, const KernelCost& cost) {
    const Bytes moved = cost.traffic.read + cost.traffic.write;
    std::string text =
        fmt::format("{} read and {} written at DRAM", brief(cost.traffic.read), brief(cost.traffic.write));
    if (cost.compulsory > Bytes{}) {
        const std::string ratio = number_text(moved / cost.compulsory, 3);
        text += ratio == "1" ? "; every operand is moved once"
                             : fmt::format("; {} times the {} of each operand once", ratio, brief(cost.compulsory));
    }
    if (moved > Bytes{} && cost.macs > Operations{}) {
        text += fmt::format("; {} MAC per byte", number_text(in_operations_per_byte(cost.macs / moved), 3));
    }
    const bool stays = kernel.input_on_chip || kernel.output_on_chip || kernel.weights_on_chip;
    if (stays) {
        text += fmt::format("; on chip:{}{}{}", kernel.input_on_chip ? " input" : "",
                            kernel.weights_on_chip ? " weights" : "", kernel.output_on_chip ? " result" : "");
        text += kernel.evicted > 0 ? fmt::format(", {} of {} evicted", percent_text(kernel.evicted, 2),
                                                 kernel.cache == CacheState::kHot ? "which" : "the weights")
                                   : "";
    }
    return text;
}

}  // namespace

std::string kernel_description(const Kernel& kernel, int cores, const Device& device) {
    std::string text = fmt::format("{} {}, {}", traits(kernel.kind).name, dims_text(kernel.dims),
                                   choice_name(kDTypeNames, kernel.input));
    if (kernel.weight != kernel.input || kernel.output != kernel.input) {
        const std::string group =
            kernel.weight_group > 0 ? fmt::format(" with a scale per {}", kernel.weight_group) : std::string();
        text += fmt::format(" (weights {}{}, result {})", choice_name(kDTypeNames, kernel.weight), group,
                            choice_name(kDTypeNames, kernel.output));
    }
    for (const auto& row : kProductDimNames) {
        text +=
            kernel.cut.of(row.value) > 1 ? fmt::format(", in {} pieces of {}", kernel.cut.of(row.value), row.name) : "";
    }
    text += kernel.keeps_every > 1 ? fmt::format(", one in {0} x {0} results kept", kernel.keeps_every) : "";
    for (std::size_t i = 0; i < kernel.epilogue_length; ++i) {
        text += fmt::format(" + {}", traits(kernel.epilogue[i].kind).name);
    }
    return text + (device.cores() == 1 ? fmt::format(", on {}", device.name)
                                       : fmt::format(", on {} of {} cores of {}", cores, device.cores(), device.name));
}

Explanation explain_kernel(const Kernel& kernel, const Device& device, const Execution& execution) {
    const CostBreakdown breakdown = explain_cost(kernel, device, execution);
    Explanation explanation;
    explanation.cost = breakdown.cost;
    explanation.kernel = kernel_description(kernel, breakdown.cost.cores, device);
    Lines lines(explanation);
    auto terms = mapped(breakdown.terms, &CostTerm::name);
    for (const CostTerm& term : breakdown.terms) {
        Term& made = explanation.terms.emplace_back(Term{term.time, lines.line(term.name, term.formula), {}});
        lines.add_parts(term.formula, terms, made.parts);
    }
    explanation.rule = lines.line("total", breakdown.total);
    lines.add_parts(breakdown.total, terms, explanation.rule_parts);
    explanation.deciding = breakdown.deciding;
    explanation.next = breakdown.next;
    explanation.dram_rate = dram_rate_of(breakdown.terms);
    explanation.tile = tile_text(kernel, breakdown.cost.tile);
    explanation.traffic = traffic_text(kernel, breakdown.cost);
    return explanation;
}

}  // namespace berth
