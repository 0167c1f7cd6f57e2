// Construction of formulas, and their rendering as text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "berth/base/quantity_text.h"
#include "cost/traced.h"

namespace berth {

namespace {

constexpr int kDigits = 6;
constexpr double kExactCounts = 1e9;  // whole counts below this are written with all their digits

bool is_one(const Formula& formula) {
    return formula.kind == FormulaKind::kNumber && formula.name.empty() && formula.value == 1;
}

// Flattens nested sums and products: a + (b + c) becomes one sum.
void append(std::vector<FormulaPtr>& operands, FormulaKind kind, const FormulaPtr& part) {
    if (part->kind == kind && part->name.empty() && kind != FormulaKind::kQuotient &&
        kind != FormulaKind::kDifference) {
        operands.insert(operands.end(), part->operands.begin(), part->operands.end());
    } else {
        operands.push_back(part);
    }
}

enum class Level { kSum, kProduct, kWhole };

Level level_of(const Formula& formula) {
    switch (formula.kind) {
        case FormulaKind::kSum:
        case FormulaKind::kDifference:
            return Level::kSum;
        case FormulaKind::kProduct:
        case FormulaKind::kQuotient:
            return Level::kProduct;
        case FormulaKind::kNumber:
        case FormulaKind::kMaximum:
        case FormulaKind::kMinimum:
        case FormulaKind::kLogarithm:
            break;
    }
    return Level::kWhole;
}

/// Renders a formula with either the names or the values of its parts.
class Writer {
  public:
    explicit Writer(bool names) : names_(names) {}

    [[nodiscard]] std::string whole(const Formula& formula) const {
        switch (formula.kind) {
            case FormulaKind::kNumber:
                return part(formula, Level::kSum);
            case FormulaKind::kSum:
                return list(formula, " + ", Level::kSum, Level::kSum);
            case FormulaKind::kDifference:
                return list(formula, " - ", Level::kSum, Level::kProduct);
            case FormulaKind::kProduct:
                return list(formula, " x ", Level::kProduct, Level::kProduct);
            case FormulaKind::kQuotient:
                return list(formula, " / ", Level::kProduct, Level::kWhole);
            case FormulaKind::kMaximum:
                return fmt::format("max({})", list(formula, ", ", Level::kSum, Level::kSum));
            case FormulaKind::kMinimum:
                return fmt::format("min({})", list(formula, ", ", Level::kSum, Level::kSum));
            case FormulaKind::kLogarithm:
                return fmt::format("ln({})", list(formula, ", ", Level::kSum, Level::kSum));
        }
        return {};
    }

  private:
    // Adds parentheses if the formula binds less tightly than its context.
    [[nodiscard]] std::string part(const Formula& formula, Level least) const {
        if (!formula.name.empty() || formula.kind == FormulaKind::kNumber) {
            return names_ && !formula.name.empty() ? formula.name : formula_value(formula);
        }
        const std::string text = whole(formula);
        return level_of(formula) < least ? "(" + text + ")" : text;
    }

    [[nodiscard]] std::string list(const Formula& formula, std::string_view between, Level first, Level others) const {
        std::string text;
        for (const FormulaPtr& operand : formula.operands) {
            text += text.empty() ? part(*operand, first) : std::string(between) + part(*operand, others);
        }
        return text;
    }

    bool names_;
};

void add_inputs(std::vector<FormulaPtr>& inputs, const Formula& formula) {
    for (const FormulaPtr& operand : formula.operands) {
        if (operand->name.empty()) {
            add_inputs(inputs, *operand);
        } else if (std::ranges::find(inputs, operand->name, [](const auto& known) { return known->name; }) ==
                   inputs.end()) {
            inputs.push_back(operand);
        }
    }
}

}  // namespace

FormulaPtr formula_of(FormulaKind kind, double value, Dimension dimension, const FormulaPtr& a, const FormulaPtr& b) {
    if (value == 0) {
        return nullptr;
    }
    const bool factors = kind == FormulaKind::kProduct || kind == FormulaKind::kQuotient;
    if (a == nullptr && kind == FormulaKind::kDifference) {
        return formula_of(kind, value, dimension,
                          std::make_shared<Formula>(Formula{FormulaKind::kNumber, {}, "", 0, dimension, nullptr}), b);
    }
    if (a == nullptr || (kind == FormulaKind::kProduct && b != nullptr && is_one(*a))) {
        return b;
    }
    if (b == nullptr || (factors && is_one(*b))) {
        return a;
    }
    Formula made{kind, {}, "", value, dimension, nullptr};
    append(made.operands, kind, a);
    append(made.operands, kind, b);
    return std::make_shared<Formula>(std::move(made));
}

FormulaPtr formula_of_number(double value, Dimension dimension, std::string name) {
    return value == 0 ? nullptr
                      : std::make_shared<Formula>(
                            Formula{FormulaKind::kNumber, {}, std::move(name), value, dimension, nullptr});
}

FormulaPtr formula_under_name(const FormulaPtr& formula, std::string name) {
    if (formula == nullptr || !formula->name.empty()) {
        return formula;
    }
    Formula renamed = *formula;
    renamed.name = std::move(name);
    return std::make_shared<Formula>(std::move(renamed));
}

FormulaPtr formula_of_term(const FormulaPtr& formula, std::string name) {
    if (formula == nullptr || formula->name.empty()) {
        return formula_under_name(formula, std::move(name));
    }
    return std::make_shared<Formula>(
        Formula{FormulaKind::kSum, {formula}, std::move(name), formula->value, formula->dimension, nullptr});
}

Traced<double> TracedNumbers::evicted(const Traced<Bytes>& used, const Traced<Bytes>& capacity, DeviceKind kind) {
    const double share = PlainNumbers::evicted(used.value(), capacity.value(), kind);
    if (share <= 0 || share >= 1) {
        return traced_number(share, "");
    }
    const KeepingCapacities keeps = keeping_capacities(used.value(), kind);
    const auto logarithm = [](const Traced<double>& of) {
        const double value = std::log(of.value());
        return Traced<double>(
            value, std::make_shared<Formula>(Formula{FormulaKind::kLogarithm, {of.formula()}, "", value, {}, nullptr}));
    };
    const Traced<double> times = traced_number(keeps.all_from / used.value(), "") * used / capacity;
    return {share, (logarithm(times) / logarithm(traced_number(keeps.all_from / keeps.nothing_below, ""))).formula()};
}

// Prefix that names an operator: empty for the kernel's own, "gelu ", or "second gelu " if the epilogue has several of
// a kind.
std::string TracedNumbers::text_of(const PartOf& part) {
    if (part.place == 0) {
        return {};
    }
    constexpr std::array<std::string_view, Kernel::kMaxEpilogue> kPlaces{"", "second ", "third "};
    const auto& epilogue = part.kernel->epilogue;
    const auto own = epilogue.begin() + static_cast<std::ptrdiff_t>(part.place) - 1;
    const auto alike = std::count_if(epilogue.begin(), own, [own](const auto& one) { return one.kind == own->kind; });
    return fmt::format("{}{} ", kPlaces[static_cast<std::size_t>(alike)], traits(own->kind).name);
}

std::string formula_in_words(const Formula& formula) { return Writer(true).whole(formula); }
std::string formula_filled_in(const Formula& formula) { return Writer(false).whole(formula); }

namespace {

// Derived sizes use decimal prefixes throughout, so that they add up visibly; sizes of the profile keep the form
// written there.
std::string decimal_bytes(double value) {
    constexpr std::array<std::pair<double, std::string_view>, 3> kPrefixes{{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
    for (const auto& [factor, prefix] : kPrefixes) {
        if (value >= factor) {
            return fmt::format("{} {}B", number_text(value / factor, kDigits), prefix);
        }
    }
    return fmt::format("{} B", number_text(value, kDigits));
}

}  // namespace

std::string formula_value(const Formula& formula) {
    if (formula.dimension == Bytes::kDimension && formula.number == nullptr) {
        return decimal_bytes(formula.value);
    }
    const bool count = formula.dimension == Dimension{} || formula.dimension == Operations::kDimension;
    if (count && std::abs(formula.value) < kExactCounts && formula.value == std::round(formula.value)) {
        return number_text(formula.value, 9);
    }
    return count ? number_text(formula.value, kDigits) : quantity_text(formula.value, formula.dimension, kDigits);
}

std::vector<FormulaPtr> formula_inputs(const Formula& formula) {
    std::vector<FormulaPtr> inputs;
    if (formula.kind == FormulaKind::kNumber) {
        inputs.push_back(std::make_shared<Formula>(formula));
    } else {
        add_inputs(inputs, formula);
    }
    return inputs;
}

}  // namespace berth
