// Evaluates compiled expressions on a fixed stack.
#include "berth/base/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace berth {

namespace {

using Code = Expression::Code;

// 2^53: every whole number up to this one is exact as a double.
constexpr double kLargestCount = 9007199254740992.0;

double truth(bool value) { return value ? 1.0 : 0.0; }

// Remainder with the sign of the divisor; fmod itself is exact.
double modulo(double a, double b) {
    const double remainder = std::fmod(a, b);
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

double unary(Code code, double a) {
    switch (code) {
        case Code::kNegate:
            return -a;
        case Code::kNot:
            return truth(a == 0);
        case Code::kTruth:
            return truth(a != 0);
        // Exact for quotients of counts below 2^53: a quotient that is not a whole number is at least 1/b away from the
        // next one, and rounding moves it by less than that.
        case Code::kCeil:
            return std::ceil(a);
        case Code::kFloor:
            return std::floor(a);
        default:
            throw std::logic_error("not a unary operation");
    }
}

bool is_unary(Code code) {
    return code == Code::kNegate || code == Code::kNot || code == Code::kTruth || code == Code::kCeil ||
           code == Code::kFloor;
}

double binary(Code code, double a, double b) {
    switch (code) {
        case Code::kAdd:
            return a + b;
        case Code::kSubtract:
            return a - b;
        case Code::kMultiply:
            return a * b;
        case Code::kDivide:
            return a / b;
        case Code::kModulo:
            return modulo(a, b);
        case Code::kEqual:
            return truth(a == b);
        case Code::kNotEqual:
            return truth(a != b);
        case Code::kLess:
            return truth(a < b);
        case Code::kLessEqual:
            return truth(a <= b);
        case Code::kGreater:
            return truth(a > b);
        case Code::kGreaterEqual:
            return truth(a >= b);
        case Code::kMinimum:
            return std::min(a, b);
        case Code::kMaximum:
            return std::max(a, b);
        default:
            throw std::logic_error("not a binary operation");
    }
}

}  // namespace

std::optional<double> Expression::evaluate(const Symbols& symbols, Diagnostics& diagnostics) const {
    std::array<double, kMaxStack> stack;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
    std::size_t size = 0;
    const std::vector<Op>& ops = compiled_->ops;
    for (std::size_t at = 0; at < ops.size(); ++at) {
        const Op& op = ops[at];
        if (op.code == Code::kNumber) {
            stack[size++] = op.number;
        } else if (op.code == Code::kSymbol) {
            const auto value = symbol_value(op, symbols, diagnostics);
            if (!value) {
                return std::nullopt;
            }
            stack[size++] = *value;
        } else if (op.code == Code::kSkipIfFalse || op.code == Code::kSkipIfTrue) {
            const bool known = (stack[size - 1] != 0) == (op.code == Code::kSkipIfTrue);
            if (known) {
                stack[size - 1] = truth(op.code == Code::kSkipIfTrue);
                at = op.target - 1;
            } else {
                --size;
            }
        } else if (is_unary(op.code)) {
            stack[size - 1] = unary(op.code, stack[size - 1]);
        } else {
            const double right = stack[--size];
            stack[size - 1] = binary(op.code, stack[size - 1], right);
            if (!std::isfinite(stack[size - 1])) {
                const bool by_zero = (op.code == Code::kDivide || op.code == Code::kModulo) && right == 0;
                diagnostics.error(
                    where_.shifted(op.offset),
                    fmt::format("{} in '{}'", by_zero ? "division by zero" : "the result is too large", text()));
                return std::nullopt;
            }
        }
    }
    return stack[0];
}

Expression Expression::at(const SourceLocation& where) const { return {compiled_, where}; }

std::optional<double> Expression::symbol_value(const Op& op, const Symbols& symbols, Diagnostics& diagnostics) const {
    const std::string& name = compiled_->symbols[op.target];
    const auto found = symbols.find(name);
    if (found != symbols.end() && std::isfinite(found->second)) {
        return found->second;
    }
    const SourceLocation where = where_.shifted(op.offset);
    if (found != symbols.end()) {
        diagnostics.error(where, fmt::format("'{}' is {}", name, found->second), "a finite number");
        return std::nullopt;
    }
    std::vector<std::string> known;
    for (const auto& [symbol, value] : symbols) {
        known.push_back(symbol);
    }
    diagnostics.error(where, fmt::format("unknown symbol '{}'", name), "", nearest_name(name, known));
    return std::nullopt;
}

std::optional<std::int64_t> Expression::evaluate_count(const Symbols& symbols, Diagnostics& diagnostics) const {
    const auto value = evaluate(symbols, diagnostics);
    if (!value) {
        return std::nullopt;
    }
    if (*value < 0 || *value > kLargestCount || *value != std::floor(*value)) {
        diagnostics.error(where_, fmt::format("'{}' is {}", text(), *value), "a whole number from 0 to 2^53");
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*value);
}

}  // namespace berth
