// Derives the dimension of an expression on a stack, in the same way as its value.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/unit_table.h"
#include "berth/base/expression.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

using Code = Expression::Code;

Dimension product(const Dimension& a, const Dimension& b, int sign) {
    return {a.time + sign * b.time, a.byte + sign * b.byte, a.operation + sign * b.operation,
            a.energy + sign * b.energy};
}

bool is_comparison(Code code) {
    return code == Code::kEqual || code == Code::kNotEqual || code == Code::kLess || code == Code::kLessEqual ||
           code == Code::kGreater || code == Code::kGreaterEqual;
}

std::string_view verb_of(Code code) {
    if (code == Code::kAdd || code == Code::kSubtract) {
        return "added";
    }
    return code == Code::kModulo ? "divided with a rest" : "compared";
}

/// Suggests "sram.capacity / 1 KiB": the first symbol of that dimension, divided by one unit of it, as in the examples.
std::string as_plain_number(const Dimension& dimension, const SymbolDimensions& symbols) {
    const auto symbol =
        std::ranges::find_if(symbols, [&dimension](const auto& each) { return each.second == dimension; });
    const NamedDimension* named = named_dimension(dimension);
    const std::string_view example = named != nullptr ? named->example : "";
    const std::size_t space = example.find(' ');
    return fmt::format("{} / 1{}", symbol == symbols.end() ? "it" : symbol->first,
                       space == std::string_view::npos ? "" : example.substr(space));
}

std::string remedy(const Dimension& a, const Dimension& b, const SymbolDimensions& symbols) {
    std::vector<std::string> parts;
    for (const Dimension& each : {a, b}) {
        if (each != Dimension{}) {
            parts.push_back(as_plain_number(each, symbols));
        }
    }
    return fmt::format("plain numbers, each divided by a unit of its own, such as {}", fmt::join(parts, " and "));
}

}  // namespace

std::optional<Dimension> Expression::dimension(const SymbolDimensions& symbols, Diagnostics& diagnostics) const {
    std::vector<Dimension> stack;
    const auto& [text, ops, names, dimensions] = *compiled_;
    for (std::size_t at = 0; at < ops.size(); ++at) {
        const Op& op = ops[at];
        if (op.code == Code::kNumber) {
            const auto unit = std::ranges::find(dimensions, at, &std::pair<std::size_t, Dimension>::first);
            stack.push_back(unit == dimensions.end() ? Dimension{} : unit->second);
        } else if (op.code == Code::kSymbol) {
            const auto known = symbols.find(names[op.target]);
            stack.push_back(known == symbols.end() ? Dimension{} : known->second);
        } else if (op.code == Code::kSkipIfFalse || op.code == Code::kSkipIfTrue) {
            stack.pop_back();
        } else if (op.code == Code::kNot || op.code == Code::kTruth) {
            stack.back() = Dimension{};
        } else if (op.code != Code::kNegate && op.code != Code::kCeil && op.code != Code::kFloor) {
            const Dimension right = stack.back();
            stack.pop_back();
            Dimension& left = stack.back();
            if (op.code == Code::kMultiply || op.code == Code::kDivide) {
                left = product(left, right, op.code == Code::kMultiply ? 1 : -1);
            } else if (left != right) {
                diagnostics.error(where_.shifted(op.offset),
                                  fmt::format("{} and {} cannot be {} in '{}'", dimension_name(left),
                                              dimension_name(right), verb_of(op.code), text),
                                  remedy(left, right, symbols));
                return std::nullopt;
            } else {
                left = is_comparison(op.code) ? Dimension{} : left;
            }
        }
    }
    return stack.back();
}

}  // namespace berth
