// Checks printed formulas: numbers with units are substituted and evaluated with the project's own parsers.
#pragma once

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/base/expression.h"
#include "berth/base/quantity_text.h"

namespace berth {

/// Evaluates "(46848 B + 1.281 x 187.392 kB) / 18.46 GB/s". With a generator, each number that may be rounded to six
/// digits is perturbed by up to half a unit of the sixth digit.
class PrintedFormula {
  public:
    explicit PrintedFormula(std::mt19937* rounding = nullptr) : rounding_(rounding) {}

    [[nodiscard]] std::optional<double> value(const std::string& text) const {
        Diagnostics diagnostics;
        const auto expression =
            parse_expression(without_logarithms(in_si(text)), SourceLocation("printed"), diagnostics);
        return expression ? expression->evaluate({}, diagnostics) : std::nullopt;
    }

  private:
    // Converts "18.46 GB/s" to 18460000000, and " x " to " * ".
    [[nodiscard]] std::string in_si(const std::string& text) const {
        std::string result;
        for (std::size_t at = 0; at < text.size();) {
            const bool begins = std::isdigit(static_cast<unsigned char>(text[at])) != 0;
            if (!begins) {
                const bool times = text.compare(at, 3, " x ") == 0;
                result += times ? std::string(" * ") : std::string(1, text[at]);
                at += times ? 3 : 1;
                continue;
            }
            const std::size_t end = number_end(text, at);
            const std::size_t unit = unit_end(text, end);
            result += number(text.substr(at, end - at), text.substr(end, unit - end));
            at = unit;
        }
        return result;
    }

    static std::size_t number_end(const std::string& text, std::size_t at) {
        const std::size_t end = std::min(text.find_first_not_of("0123456789.", at), text.size());
        if (end + 1 < text.size() && text[end] == 'e') {
            const std::size_t digits = end + (text[end + 1] == '-' || text[end + 1] == '+' ? 2U : 1U);
            return std::min(text.find_first_not_of("0123456789", digits), text.size());
        }
        return end;
    }

    // End of a unit after a number: " GB/s" is one, " x 3" and " / 3" are not.
    static std::size_t unit_end(const std::string& text, std::size_t at) {
        const auto letter = [&text](std::size_t i) {
            return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0;
        };
        if (at >= text.size() || text[at] != ' ' || !letter(at + 1) || text.compare(at, 3, " x ") == 0) {
            return at;
        }
        std::size_t end = at + 1;
        while (letter(end) || (end < text.size() && text[end] == '/' && letter(end + 1))) {
            ++end;
        }
        return end;
    }

    [[nodiscard]] std::string number(const std::string& digits, const std::string& unit) const {
        const auto parsed = parse_quantity(digits + unit);
        const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
        double value = quantity != nullptr ? quantity->value : std::nan("");
        // Trailing zeros are not printed, so "195 us" may stand for 194.9998. Counts are printed exactly.
        const bool rounded = !unit.empty() || digits.find('.') != std::string::npos;
        if (rounding_ != nullptr && rounded) {
            value *= 1 + std::uniform_real_distribution<double>(-5e-6, 5e-6)(*rounding_);
        }
        return written(value);
    }

    // Evaluates logarithms, innermost first.
    [[nodiscard]] static std::string without_logarithms(std::string text) {
        for (std::size_t at = text.rfind("ln("); at != std::string::npos; at = text.rfind("ln(")) {
            std::size_t end = at + 3;
            for (int depth = 1; end < text.size() && depth > 0; ++end) {
                depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
            }
            const auto inner = PrintedFormula().value(text.substr(at + 3, end - at - 4));
            text.replace(at, end - at, "(" + written(std::log(inner.value_or(std::nan("")))) + ")");
        }
        return text;
    }

    static std::string written(double value) {
        std::string text(32, '\0');
        text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.17g", value)));
        return text.starts_with("-") ? "(0 " + text + ")" : text;
    }

    std::mt19937* rounding_;
};

/// Whether a formula evaluates to a value within the precision of its printed digits.
[[nodiscard]] inline bool comes_to(const std::string& formula, double wanted) {
    const auto value = PrintedFormula().value(formula);
    if (!value) {
        return false;
    }
    if (std::abs(*value - wanted) <= 2e-5 * std::abs(wanted)) {
        return true;
    }
    std::mt19937 generator(1);
    double most = 0;
    for (int draw = 0; draw < 32; ++draw) {
        most = std::max(most, std::abs(PrintedFormula(&generator).value(formula).value_or(*value) - *value));
    }
    return std::abs(*value - wanted) <= 3 * most + 1e-5 * std::abs(wanted);
}

/// A formula in words with each name replaced by its value in parentheses.
[[nodiscard]] inline std::string filled(std::string formula, const nlohmann::json& inputs) {
    std::vector<std::pair<std::string, std::string>> values;
    for (const auto& input : inputs) {
        values.emplace_back(input["name"], input["value"]);
    }
    std::ranges::sort(values, [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string mark(1, static_cast<char>(1 + i));  // no name holds a control character
        for (std::size_t at = formula.find(values[i].first); at != std::string::npos;
             at = formula.find(values[i].first, at)) {
            formula.replace(at, values[i].first.size(), mark);
        }
    }
    std::string result;
    for (const char c : formula) {
        const auto place = static_cast<std::size_t>(static_cast<unsigned char>(c)) - 1;
        result += place < values.size() ? "(" + values[place].second + ")" : std::string(1, c);
    }
    return result;
}

/// Error text for a printed formula; empty if both its words and its numbers evaluate to the value.
[[nodiscard]] inline std::string wrong_in(const std::string& formula, const std::string& filled_in,
                                          const nlohmann::json& inputs, double value) {
    if (!comes_to(filled_in, value)) {
        return filled_in + " is not " + std::to_string(value);
    }
    const std::string words = filled(formula, inputs);
    return comes_to(words, value) ? "" : formula + ", that is " + words + ", is not " + std::to_string(value);
}

}  // namespace berth
