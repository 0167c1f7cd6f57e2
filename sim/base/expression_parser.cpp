// Compiles the text of an expression by recursive descent, one function per level of precedence.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/base/choice.h"
#include "berth/base/expression.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

using Code = Expression::Code;

// Deepest nesting of parentheses and signs; parsing recurses once per level.
constexpr int kMaxDepth = 100;

constexpr std::array<Choice<Code>, 6> kComparisons{{
    {"==", Code::kEqual},
    {"!=", Code::kNotEqual},
    {"<=", Code::kLessEqual},
    {">=", Code::kGreaterEqual},
    {"<", Code::kLess},
    {">", Code::kGreater},
}};

constexpr std::array<Choice<Code>, 2> kSums{{{"+", Code::kAdd}, {"-", Code::kSubtract}}};
constexpr std::array<Choice<Code>, 3> kProducts{{
    {"*", Code::kMultiply},
    {"/", Code::kDivide},
    {"%", Code::kModulo},
}};

constexpr std::array<Choice<Code>, 4> kFunctions{{
    {"min", Code::kMinimum},
    {"max", Code::kMaximum},
    {"ceil", Code::kCeil},
    {"floor", Code::kFloor},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

class ExpressionParser {
  public:
    ExpressionParser(std::string_view text, const SourceLocation& where, NumberUnits units, Diagnostics& diagnostics)
        : where_(where), text_(text), diagnostics_(diagnostics), units_(units) {
        result_.text = std::string(text);
    }

    std::optional<Expression> parse() {
        if (!parse_or()) {
            return std::nullopt;
        }
        skip_spaces();
        if (at_ < text_.size()) {
            fail(fmt::format("unexpected '{}'", text_.substr(at_)), "an operator");
            return std::nullopt;
        }
        return Expression(std::make_shared<const Expression::Compiled>(std::move(result_)), where_);
    }

  private:
    bool fail(std::string message, std::string expected = "", std::string suggestion = "") {
        diagnostics_.error(where_.shifted(at_), std::move(message), std::move(expected), std::move(suggestion));
        return false;
    }

    void skip_spaces() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
            ++at_;
        }
    }

    bool accept(std::string_view symbol) {
        skip_spaces();
        if (!text_.substr(at_).starts_with(symbol)) {
            return false;
        }
        at_ += symbol.size();
        return true;
    }

    // The name at the current position, which is not advanced; empty if there is none.
    std::string_view name_here() {
        skip_spaces();
        if (at_ >= text_.size() || !begins_name(text_[at_])) {
            return {};
        }
        std::size_t end = at_;
        while (end < text_.size() && (begins_name(text_[end]) || is_digit(text_[end]) || text_[end] == '.')) {
            ++end;
        }
        return text_.substr(at_, end - at_);
    }

    bool accept_word(std::string_view word) {
        if (name_here() != word) {
            return false;
        }
        at_ += word.size();
        return true;
    }

    template <class Table>
    std::optional<Code> accept_operator(const Table& table) {
        for (const auto& row : table) {
            if (accept(row.name)) {
                return row.value;
            }
        }
        return std::nullopt;
    }

    // Appends an op that changes the stack height by `growth`.
    bool emit(Expression::Op op, int growth) {
        result_.ops.push_back(op);
        height_ += growth;
        return height_ <= static_cast<int>(Expression::kMaxStack) || fail("the expression is too deeply nested");
    }

    bool parse_or() {
        return parse_logical("or", Code::kSkipIfTrue, [this] { return parse_and(); });
    }
    bool parse_and() {
        return parse_logical("and", Code::kSkipIfFalse, [this] { return parse_not(); });
    }

    template <class Next>
    bool parse_logical(std::string_view word, Code skip, Next next) {
        if (!next()) {
            return false;
        }
        for (skip_spaces(); name_here() == word; skip_spaces()) {
            const std::size_t offset = at_;
            accept_word(word);
            const std::size_t skipping = result_.ops.size();
            if (!emit({skip, 0, 0, offset}, -1) || !next() || !emit({Code::kTruth, 0, 0, offset}, 0)) {
                return false;
            }
            result_.ops[skipping].target = result_.ops.size();
        }
        return true;
    }

    bool parse_not() {
        skip_spaces();
        const std::size_t offset = at_;
        if (!accept_word("not")) {
            return parse_comparison();
        }
        const Nesting nesting(*this);
        return nesting.allowed() && parse_not() && emit({Code::kNot, 0, 0, offset}, 0);
    }

    bool parse_comparison() {
        if (!parse_sum()) {
            return false;
        }
        skip_spaces();
        const std::size_t offset = at_;
        const auto code = accept_operator(kComparisons);
        if (!code) {
            return true;
        }
        if (!parse_sum() || !emit({*code, 0, 0, offset}, -1)) {
            return false;
        }
        skip_spaces();
        const std::size_t second = at_;
        if (accept_operator(kComparisons)) {
            at_ = second;
            return fail("comparisons do not chain", "'and' between two comparisons");
        }
        return true;
    }

    bool parse_sum() {
        return parse_left_to_right(kSums, [this] { return parse_product(); });
    }
    bool parse_product() {
        return parse_left_to_right(kProducts, [this] { return parse_sign(); });
    }

    template <class Table, class Next>
    bool parse_left_to_right(const Table& table, Next next) {
        if (!next()) {
            return false;
        }
        for (;;) {
            skip_spaces();
            const std::size_t offset = at_;
            const auto code = accept_operator(table);
            if (!code) {
                return true;
            }
            if (!next() || !emit({*code, 0, 0, offset}, -1)) {
                return false;
            }
        }
    }

    bool parse_sign() {
        skip_spaces();
        const std::size_t offset = at_;
        if (!accept("-")) {
            return parse_operand();
        }
        const Nesting nesting(*this);
        return nesting.allowed() && parse_sign() && emit({Code::kNegate, 0, 0, offset}, 0);
    }

    bool parse_operand() {
        if (accept("(")) {
            const Nesting nesting(*this);
            return nesting.allowed() && parse_or() && (accept(")") || fail(what_is_here(), "')'"));
        }
        const std::string_view name = name_here();
        if (!name.empty()) {
            return parse_name(name);
        }
        return parse_number_literal();
    }

    bool parse_name(std::string_view name) {
        const std::size_t offset = at_;
        if (name == "and" || name == "or" || name == "not") {
            return fail(fmt::format("unexpected '{}'", name), "a value");
        }
        at_ += name.size();
        if (accept("(")) {
            return parse_function(name, offset);
        }
        auto& symbols = result_.symbols;
        auto found = std::find(symbols.begin(), symbols.end(), name);
        if (found == symbols.end()) {
            found = symbols.insert(symbols.end(), std::string(name));
        }
        return emit({Code::kSymbol, 0, static_cast<std::size_t>(found - symbols.begin()), offset}, 1);
    }

    bool parse_function(std::string_view name, std::size_t offset) {
        const auto code = choice_named(kFunctions, name);
        if (!code) {
            const std::vector<std::string> names = choice_names(kFunctions);
            at_ = offset;
            return fail(fmt::format("unknown function '{}'", name), list_of(names), nearest_name(name, names));
        }
        const Nesting nesting(*this);
        if (!nesting.allowed() || !parse_or()) {
            return false;
        }
        if (*code == Code::kCeil || *code == Code::kFloor) {
            return emit({*code, 0, 0, offset}, 0) && (accept(")") || fail(what_is_here(), "')'"));
        }
        if (!accept(",")) {
            return fail(fmt::format("'{}' needs two arguments or more", name), "','");
        }
        do {
            if (!parse_or() || !emit({*code, 0, 0, offset}, -1)) {
                return false;
            }
        } while (accept(","));
        return accept(")") || fail(what_is_here(), "',' or ')'");
    }

    bool parse_number_literal() {
        std::size_t end = at_;
        while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) {
            ++end;
        }
        if (end == at_) {
            return fail(what_is_here(), "a value");
        }
        // An exponent belongs to the number only if digits follow.
        if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            std::size_t exponent = end + 1;
            exponent += exponent < text_.size() && (text_[exponent] == '-' || text_[exponent] == '+') ? 1U : 0U;
            while (exponent < text_.size() && is_digit(text_[exponent])) {
                end = ++exponent;
            }
        }
        if (const auto quantity = quantity_here(end)) {
            return emit_quantity(*quantity);
        }
        const std::string_view literal = text_.substr(at_, end - at_);
        const auto value = parse_number(literal);
        if (!value || (end < text_.size() && begins_name(text_[end]))) {
            return fail(fmt::format("'{}' is not a number", text_.substr(at_, end + 1 - at_)));
        }
        const std::size_t offset = std::exchange(at_, end);
        return emit({Code::kNumber, *value, 0, offset}, 1);
    }

    static std::size_t end_of_letters(std::string_view text, std::size_t at) {
        while (at < text.size() && ((text[at] >= 'a' && text[at] <= 'z') || (text[at] >= 'A' && text[at] <= 'Z'))) {
            ++at;
        }
        return at;
    }

    /// A number that ends at `number_end`, with the unit after it.
    struct QuantityHere {
        ParsedQuantity quantity;
        std::size_t end = 0;
    };
    // Takes the longest valid unit, such as `GB/s` rather than `GB`; absent if units are not allowed or there is none.
    std::optional<QuantityHere> quantity_here(std::size_t number_end) const {
        if (units_ == NumberUnits::kNone) {
            return std::nullopt;
        }
        std::size_t unit = number_end;
        while (unit < text_.size() && text_[unit] == ' ') {
            ++unit;
        }
        const std::size_t above = end_of_letters(text_, unit);
        const bool per = above < text_.size() && text_[above] == '/';
        const std::size_t below = per ? end_of_letters(text_, above + 1) : above;
        for (const std::size_t end : {below, above}) {
            const bool whole = end == text_.size() || (text_[end] != '(' && text_[end] != '.' && text_[end] != '_');
            const auto parsed = parse_quantity(text_.substr(at_, end - at_));
            const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
            if (above > unit && whole && quantity != nullptr) {
                return QuantityHere{*quantity, end};
            }
        }
        return std::nullopt;
    }

    bool emit_quantity(const QuantityHere& here) {
        const std::size_t offset = std::exchange(at_, here.end);
        result_.dimensions.emplace_back(result_.ops.size(), here.quantity.dimension);
        return emit({Code::kNumber, here.quantity.value, 0, offset}, 1);
    }

    std::string what_is_here() {
        skip_spaces();
        return at_ < text_.size() ? fmt::format("unexpected '{}'", text_.substr(at_)) : "the expression ends too early";
    }

    // Counts one level of recursion during its lifetime.
    class Nesting {
      public:
        explicit Nesting(ExpressionParser& parser)
            : parser_(parser),
              allowed_(++parser.depth_ <= kMaxDepth || parser.fail("the expression is too deeply nested")) {}
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;
        ~Nesting() { --parser_.depth_; }
        [[nodiscard]] bool allowed() const { return allowed_; }

      private:
        ExpressionParser& parser_;
        bool allowed_;
    };

    Expression::Compiled result_;
    const SourceLocation& where_;
    std::string_view text_;
    Diagnostics& diagnostics_;
    NumberUnits units_;
    std::size_t at_ = 0;
    int height_ = 0;
    int depth_ = 0;
};

std::optional<Expression> parse_expression(std::string_view text, const SourceLocation& where, Diagnostics& diagnostics,
                                           NumberUnits units) {
    return ExpressionParser(text, where, units, diagnostics).parse();
}

}  // namespace berth
