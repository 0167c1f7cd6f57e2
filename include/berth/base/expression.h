// Symbolic shape expressions such as `heads * ceil(tokens / 32)`: parsed once, evaluated many times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/units.h"

namespace berth {

/// Values of the symbols that an expression may name.
using Symbols = std::map<std::string, double, std::less<>>;
/// Dimensions of the symbols.
using SymbolDimensions = std::map<std::string, Dimension, std::less<>>;

/// Whether numbers of an expression may have units: `1 MiB`, `2 GB/s` (no space within the unit). Such numbers are in
/// SI.
enum class NumberUnits : std::uint8_t { kNone, kAllowed };

/// An expression compiled for a small stack machine. Truth is 1 and 0; any other number than 0 counts as true.
///
/// Grammar, loosest first: `or`, `and`, `not`, one comparison (`== != < <= > >=`), `+ -`, `* / %`, unary `-`, and
/// numbers, names (letters, digits, `_`, inner dots), parentheses, `min(a, b, ...)`, `max(a, b, ...)`, `ceil(a)`,
/// `floor(a)`. `/` divides exactly, `%` takes the sign of its divisor, `and`/`or` stop as soon as they know.
/// Counts are exact up to 2^53, ceil and floor of a quotient of two such counts included.
class Expression {
  public:
    enum class Code {
        kNumber,
        kSymbol,
        kNegate,
        kNot,
        kTruth,
        kAdd,
        kSubtract,
        kMultiply,
        kDivide,
        kModulo,
        kEqual,
        kNotEqual,
        kLess,
        kLessEqual,
        kGreater,
        kGreaterEqual,
        kMinimum,
        kMaximum,
        kCeil,
        kFloor,
        kSkipIfFalse,
        kSkipIfTrue,
    };
    struct Op {
        Code code = Code::kNumber;
        double number = 0;       ///< kNumber
        std::size_t target = 0;  ///< kSymbol: index into symbols(); kSkip...: the op to go on with
        std::size_t offset = 0;  ///< where in the text, for errors
    };
    /// Deepest evaluation stack that parsing accepts.
    static constexpr std::size_t kMaxStack = 64;

    /// Value for `symbols`. Absent, with an error at the expression, for an unknown symbol (nearest known suggested), a
    /// division by zero, or a non-finite result. Allocates only on failure.
    [[nodiscard]] std::optional<double> evaluate(const Symbols& symbols, Diagnostics& diagnostics) const;

    /// Value as a count; an error, too, unless it is a whole number from 0 to 2^53.
    [[nodiscard]] std::optional<std::int64_t> evaluate_count(const Symbols& symbols, Diagnostics& diagnostics) const;

    /// Dimension of the value, derived from those of the symbols; a symbol without an entry is a plain number. Absent,
    /// with an error that states the remedy, where unlike quantities are added or compared.
    [[nodiscard]] std::optional<Dimension> dimension(const SymbolDimensions& symbols, Diagnostics& diagnostics) const;

    /// Names used, each once, in order of first use.
    [[nodiscard]] std::span<const std::string> symbols() const { return compiled_->symbols; }
    [[nodiscard]] const std::string& text() const { return compiled_->text; }
    [[nodiscard]] const SourceLocation& where() const { return where_; }
    /// The same text where it stands at another place.
    [[nodiscard]] Expression at(const SourceLocation& where) const;

  private:
    friend class ExpressionParser;
    /// Shared by expressions of the same text: graphs write the same few sizes at each of their operators.
    struct Compiled {
        std::string text;
        std::vector<Op> ops;
        std::vector<std::string> symbols;
        /// Dimensions of numbers with a unit, by the index of their op.
        std::vector<std::pair<std::size_t, Dimension>> dimensions;
    };
    Expression(std::shared_ptr<const Compiled> compiled, SourceLocation where)
        : compiled_(std::move(compiled)), where_(std::move(where)) {}
    [[nodiscard]] std::optional<double> symbol_value(const Op& op, const Symbols& symbols,
                                                     Diagnostics& diagnostics) const;

    std::shared_ptr<const Compiled> compiled_;
    SourceLocation where_;
};

/// Compiles `text`, which starts at `where`. Errors name the column of what was not understood.
[[nodiscard]] std::optional<Expression> parse_expression(std::string_view text, const SourceLocation& where,
                                                         Diagnostics& diagnostics,
                                                         NumberUnits units = NumberUnits::kNone);

}  // namespace berth
