// Symbolic expressions: values, precedence, exactness, and error positions.
#include "berth/base/expression.h"

#include <gtest/gtest.h>

namespace berth {
namespace {

const SourceLocation kWhere("block.yaml", 4, 10);

std::optional<double> value_of(std::string_view text, const Symbols& symbols = {}) {
    Diagnostics diagnostics;
    const auto expression = parse_expression(text, kWhere, diagnostics);
    EXPECT_TRUE(expression.has_value()) << diagnostics.text();
    return expression ? expression->evaluate(symbols, diagnostics) : std::nullopt;
}

std::string parse_errors(std::string_view text) {
    Diagnostics diagnostics;
    EXPECT_FALSE(parse_expression(text, kWhere, diagnostics).has_value()) << text;
    return diagnostics.text();
}

std::string evaluation_errors(std::string_view text, const Symbols& symbols) {
    Diagnostics diagnostics;
    const auto expression = parse_expression(text, kWhere, diagnostics);
    EXPECT_TRUE(expression.has_value()) << diagnostics.text();
    EXPECT_FALSE(expression && expression->evaluate(symbols, diagnostics)) << text;
    return diagnostics.text();
}

TEST(BaseExpression, FollowsTheUsualPrecedence) {
    EXPECT_EQ(value_of("2 + 3 * 4"), 14);
    EXPECT_EQ(value_of("(2 + 3) * 4"), 20);
    EXPECT_EQ(value_of("10 - 3 - 2"), 5);
    EXPECT_EQ(value_of("24 / 4 / 2"), 3);
    EXPECT_EQ(value_of("7 / 2"), 3.5);
    EXPECT_EQ(value_of("-2 * -3"), 6);
    EXPECT_EQ(value_of("2 - -3"), 5);
    EXPECT_EQ(value_of("17 % 5 * 2"), 4);
    EXPECT_EQ(value_of("-1 % 8"), 7) << "the divisor's sign";
    EXPECT_EQ(value_of("1.5e3 + .5"), 1500.5);
    EXPECT_EQ(value_of("not 1 == 2"), 1) << "not binds looser than a comparison";
    EXPECT_EQ(value_of("1 or 0 and 0"), 1) << "and binds tighter than or";
}

TEST(BaseExpression, KnowsFunctionsAndComparisons) {
    EXPECT_EQ(value_of("ceil(122 / 32) * 32"), 128);
    EXPECT_EQ(value_of("ceil(128 / 32)"), 4);
    EXPECT_EQ(value_of("floor(122 / 32)"), 3);
    EXPECT_EQ(value_of("floor(128 / 32)"), 4);
    EXPECT_EQ(value_of("min(4, 2, 3) + max(4, 2, 3)"), 6);
    EXPECT_EQ(value_of("3 <= 3"), 1);
    EXPECT_EQ(value_of("3 < 3"), 0);
    EXPECT_EQ(value_of("4 >= 5"), 0);
    EXPECT_EQ(value_of("4 != 5"), 1);
    EXPECT_EQ(value_of("5 and 2"), 1) << "truth is 1";
    EXPECT_EQ(value_of("0 or 0"), 0);
    EXPECT_EQ(value_of("not 0"), 1);
}

TEST(BaseExpression, ReadsSymbols) {
    const Symbols symbols{{"heads", 12}, {"tokens", 512}, {"rope.base", 3}};
    EXPECT_EQ(value_of("heads * tokens * tokens", symbols), 12.0 * 512 * 512);
    EXPECT_EQ(value_of("rope.base+1", symbols), 4);
    Diagnostics diagnostics;
    const auto expression = parse_expression("b * a + b * min(c, a)", kWhere, diagnostics);
    ASSERT_TRUE(expression.has_value());
    EXPECT_EQ(std::vector<std::string>(expression->symbols().begin(), expression->symbols().end()),
              (std::vector<std::string>{"b", "a", "c"}));
    EXPECT_EQ(expression->text(), "b * a + b * min(c, a)");
    EXPECT_EQ(expression->where(), kWhere);
}

TEST(BaseExpression, StopsAsSoonAsTheAnswerIsKnown) {
    EXPECT_EQ(value_of("0 and 1 / 0"), 0);
    EXPECT_EQ(value_of("2 or 1 / 0"), 1);
    EXPECT_EQ(value_of("x == 0 or 10 / x > 1", {{"x", 0}}), 1);
    EXPECT_EQ(value_of("0 and 1 or 3"), 1);
    EXPECT_EQ(value_of("(1 or 0) + (0 and 1) * 7 + (1 and 1)"), 2);
}

TEST(BaseExpression, CountsAreExact) {
    const double largest = 9007199254740992.0;  // 2^53
    EXPECT_EQ(value_of("a - 1", {{"a", largest}}), 9007199254740991.0);
    EXPECT_EQ(value_of("94906265 * 94906265"), 9007199136250225.0);
    EXPECT_EQ(value_of("ceil((a - 1) / 3)", {{"a", largest}}), 3002399751580331.0);
    EXPECT_EQ(value_of("floor((a - 1) / a)", {{"a", largest}}), 0);
    EXPECT_EQ(value_of("(a - 1) % 10", {{"a", largest}}), 1);
}

TEST(BaseExpression, CountsMustBeWholeAndNotNegative) {
    Diagnostics diagnostics;
    const auto half = parse_expression("tokens / 2", kWhere, diagnostics);
    ASSERT_TRUE(half.has_value());
    EXPECT_EQ(half->evaluate_count({{"tokens", 128}}, diagnostics), 64);
    EXPECT_TRUE(diagnostics.empty());
    EXPECT_EQ(half->evaluate_count({{"tokens", 5}}, diagnostics), std::nullopt);
    EXPECT_EQ(half->evaluate_count({{"tokens", -4}}, diagnostics), std::nullopt);
    EXPECT_EQ(half->evaluate_count({{"tokens", 4e16}}, diagnostics), std::nullopt);
    EXPECT_EQ(diagnostics.text(),
              "block.yaml:4:10: error: 'tokens / 2' is 2.5 (expected a whole number from 0 to 2^53)\n"
              "block.yaml:4:10: error: 'tokens / 2' is -2 (expected a whole number from 0 to 2^53)\n"
              "block.yaml:4:10: error: 'tokens / 2' is 2e+16 (expected a whole number from 0 to 2^53)\n");
}

TEST(BaseExpression, EvaluationErrorsPointIntoTheText) {
    EXPECT_EQ(evaluation_errors("heads * tokns", {{"tokens", 1}, {"heads", 1}}),
              "block.yaml:4:18: error: unknown symbol 'tokns' (did you mean tokens?)\n");
    EXPECT_EQ(evaluation_errors("1 + 4 / (2 - 2)", {}),
              "block.yaml:4:16: error: division by zero in '1 + 4 / (2 - 2)'\n");
    EXPECT_EQ(evaluation_errors("4 % 0", {}), "block.yaml:4:12: error: division by zero in '4 % 0'\n");
    EXPECT_EQ(evaluation_errors("min(1e300 * 1e300, 1)", {}),
              "block.yaml:4:20: error: the result is too large in 'min(1e300 * 1e300, 1)'\n");
    EXPECT_EQ(evaluation_errors("x", {{"x", 1.0 / 0.0}}),
              "block.yaml:4:10: error: 'x' is inf (expected a finite number)\n");
}

TEST(BaseExpression, ParseErrorsPointIntoTheText) {
    EXPECT_EQ(parse_errors(""), "block.yaml:4:10: error: the expression ends too early (expected a value)\n");
    EXPECT_EQ(parse_errors("2 +"), "block.yaml:4:13: error: the expression ends too early (expected a value)\n");
    EXPECT_EQ(parse_errors("2 3"), "block.yaml:4:12: error: unexpected '3' (expected an operator)\n");
    EXPECT_EQ(parse_errors("(2 + 3"), "block.yaml:4:16: error: the expression ends too early (expected ')')\n");
    EXPECT_EQ(parse_errors("2 * )"), "block.yaml:4:14: error: unexpected ')' (expected a value)\n");
    EXPECT_EQ(parse_errors("1 < 2 < 3"),
              "block.yaml:4:16: error: comparisons do not chain (expected 'and' between two comparisons)\n");
    EXPECT_EQ(
        parse_errors("2 * cel(3)"),
        "block.yaml:4:14: error: unknown function 'cel' (expected min, max, ceil or floor, did you mean ceil?)\n");
    EXPECT_EQ(parse_errors("min(2)"), "block.yaml:4:15: error: 'min' needs two arguments or more (expected ',')\n");
    EXPECT_EQ(parse_errors("ceil(1, 2)"), "block.yaml:4:16: error: unexpected ', 2)' (expected ')')\n");
    EXPECT_EQ(parse_errors("1 and"), "block.yaml:4:15: error: the expression ends too early (expected a value)\n");
    EXPECT_EQ(parse_errors("or 1"), "block.yaml:4:10: error: unexpected 'or' (expected a value)\n");
    EXPECT_EQ(parse_errors("2x"), "block.yaml:4:10: error: '2x' is not a number\n");
    EXPECT_EQ(parse_errors("1.2.3"), "block.yaml:4:10: error: '1.2.3' is not a number\n");
    EXPECT_EQ(parse_errors("1 = 2"), "block.yaml:4:12: error: unexpected '= 2' (expected an operator)\n");
}

TEST(BaseExpression, RefusesExcessiveDepthInsteadOfOverflowing) {
    EXPECT_NE(parse_errors(std::string(100000, '(') + "1").find("too deeply nested"), std::string::npos);
    EXPECT_NE(parse_errors(std::string(100000, '-') + "1").find("too deeply nested"), std::string::npos);
    std::string stacked;
    for (int i = 0; i < 90; ++i) {
        stacked += "1+(";
    }
    EXPECT_NE(parse_errors(stacked + "1" + std::string(90, ')')).find("too deeply nested"), std::string::npos);
    EXPECT_EQ(value_of(std::string(50, '(') + "1" + std::string(50, ')')), 1);
}

TEST(BaseExpression, NumbersMayHaveUnitsWhereThatIsAskedFor) {
    const Symbols symbols{{"size", 2097152.0}, {"rate", 3e9}, {"s", 7}};
    const auto value = [&symbols](std::string_view text) {
        Diagnostics diagnostics;
        const auto expression = parse_expression(text, kWhere, diagnostics, NumberUnits::kAllowed);
        EXPECT_TRUE(expression.has_value()) << diagnostics.text();
        return expression ? expression->evaluate(symbols, diagnostics) : std::nullopt;
    };
    EXPECT_EQ(value("size / 1 MiB"), 2);
    EXPECT_EQ(value("size / 1MiB + rate/1 GB/s"), 5);
    EXPECT_EQ(value("2 * s"), 14);           // not two seconds
    EXPECT_EQ(value("min(1 min, 30)"), 30);  // a minute
    EXPECT_EQ(value("3e3 ms"), 3);
    EXPECT_NE(parse_errors("size / 1 MiB"), "");
}

TEST(BaseExpression, UnlikeQuantitiesAreNotAddedOrCompared) {
    const SymbolDimensions symbols{{"size", Bytes::kDimension}, {"rate", Bandwidth::kDimension}};
    const auto dimension = [&symbols](std::string_view text, std::string* errors) {
        Diagnostics diagnostics;
        const auto expression = parse_expression(text, kWhere, diagnostics, NumberUnits::kAllowed);
        const auto found = expression ? expression->dimension(symbols, diagnostics) : std::nullopt;
        *errors = diagnostics.text();
        return found;
    };
    std::string errors;
    EXPECT_EQ(dimension("2 * size + 3 KiB", &errors), Bytes::kDimension) << errors;
    EXPECT_EQ(dimension("size / rate", &errors), Time::kDimension) << errors;
    EXPECT_EQ(dimension("max(size, 1 B) > 4 MB and 1", &errors), Dimension{}) << errors;
    EXPECT_EQ(dimension("size + rate", &errors), std::nullopt);
    EXPECT_EQ(
        errors,
        "block.yaml:4:15: error: a size in bytes and a bandwidth cannot be added in 'size + rate' (expected plain "
        "numbers, each divided by a unit of its own, such as size / 1 KiB and rate / 1 GB/s)\n");
    EXPECT_EQ(dimension("min(size, 7)", &errors), std::nullopt);
}

}  // namespace
}  // namespace berth
