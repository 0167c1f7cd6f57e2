// Quantities from text and to text: "7.8 GB/s ± 10%", "384 KiB", "30 us", "80%". One table of units and prefixes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "berth/base/choice.h"
#include "berth/base/units.h"

namespace berth {

inline constexpr std::array<Choice<Sharing>, 4> kSharingNames{{
    {"core", Sharing::kCore},
    {"cluster", Sharing::kCluster},
    {"channel", Sharing::kChannel},
    {"device", Sharing::kDevice},
}};

/// Permitted magnitudes of a value of some dimension, in SI; zero is within the range where the context allows it.
struct DimensionRange {
    double least = 1e-30;
    double most = 1e30;
    [[nodiscard]] bool holds(double value) const {
        const double size = value < 0 ? -value : value;
        return value == 0 || (size >= least && size <= most);
    }
};
/// Plausible range of a dimension, from one table shared by readers, schemas and `berth list ranges`.
[[nodiscard]] DimensionRange plausible_range(Dimension dimension);
/// Every dimension that has a name.
[[nodiscard]] std::vector<Dimension> named_dimensions();
/// "from 1 B/s to 10 PB/s".
[[nodiscard]] std::string range_text(Dimension dimension);

/// A quantity as written, in SI.
struct ParsedQuantity {
    double value = 0;
    Dimension dimension;
    std::optional<double> spread;  ///< relative: 0.1 for "± 10%", 0.5/7.8 for "7.8 GB/s ± 0.5 GB/s"
    std::optional<Sharing> per;    ///< "per core"
};

/// Reason why a text is not a quantity, ready for a diagnostic.
struct QuantityError {
    std::string message;
    std::string expected;
    std::string suggestion;
};

/// Reads `NUMBER [UNIT[/UNIT]] [± SPREAD] [per core]`; "+-" and "+/-" stand for "±", and spaces are optional.
/// A spread in percent is relative to the value; any other spread is absolute, in the value's dimension.
/// Units: s min h, B bit, Hz, op OP MAC element (one operation each), FLOP (half a MAC), J W, %, cycle (a plain count);
/// prefixes p n u µ m k M G T P, and Ki Mi Gi Ti for bytes and bits.
[[nodiscard]] std::variant<ParsedQuantity, QuantityError> parse_quantity(std::string_view text);

/// Also an error unless the result has dimension `wanted` and lies in its plausible range.
[[nodiscard]] std::variant<ParsedQuantity, QuantityError> parse_quantity(std::string_view text, Dimension wanted);

/// A number written relative to another: "83% of bandwidth ± 5%", or a bandwidth per cycle of a clock, "16 B/cycle of
/// clock".
struct RelativeText {
    double share = 0;              ///< of the other number; bytes if `per_cycle`
    bool per_cycle = false;        ///< the other number is a frequency, the result a bandwidth
    std::string base;              ///< path of the other number, as written
    std::optional<double> spread;  ///< relative
    std::optional<Sharing> per;
};
/// Reads `SHARE% of PATH [± SPREAD%] [per core]` or `BYTES/cycle of PATH [± SPREAD%] [per core]`; empty if the text
/// does not have this form. Errors: a share that is not a number above zero, a spread that is not a percentage.
[[nodiscard]] std::optional<std::variant<RelativeText, QuantityError>> parse_relative(std::string_view text);

/// Permitted notation of a quantity, for quantity_pattern().
struct QuantityForm {
    bool allow_zero = false;       ///< else more than zero
    bool allow_spread = true;      ///< "± 10%" may follow
    bool allow_unit = true;        ///< else a plain number only: a count is no percentage
    std::optional<Sharing> per{};  ///< "per core" may follow
    friend bool operator==(const QuantityForm&, const QuantityForm&) = default;
};

/// Regular expression (ECMAScript, whole text) for the input of parse_quantity() in a dimension, built from the same
/// table of units. Negative values never match; numbers too large for a double do.
[[nodiscard]] std::string quantity_pattern(Dimension dimension, const QuantityForm& form = {});
/// Regular expression for the input of parse_relative().
[[nodiscard]] std::string relative_pattern(const QuantityForm& form = {});

/// Whether the value of a quantity, without its spread, is written with a unit; a percent sign is one.
[[nodiscard]] bool has_unit(std::string_view text);

/// Parses a text that is one finite number, apart from surrounding spaces; locale-independent.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// "a bandwidth", "a size in bytes", "a plain number"; exponents where the dimension has no name.
[[nodiscard]] std::string dimension_name(Dimension dimension);
/// "a bandwidth such as 7.8 GB/s".
[[nodiscard]] std::string dimension_with_example(Dimension dimension);

/// Text with up to `digits` significant digits and a suitable prefix: "184 ms", "29.4 us", "7.8 GB/s". Sizes have a
/// binary prefix unless the decimal form alone is exact, or is as exact and no longer ("384 KiB", but "4 MB"). `si` is
/// in SI units of `dimension`.
[[nodiscard]] std::string quantity_text(double si, Dimension dimension, int digits = 4);

template <int T, int B, int O, int E>
[[nodiscard]] std::string to_text(Quantity<T, B, O, E> quantity) {
    return quantity_text(quantity.si(), quantity.kDimension);
}

/// A plain number with up to `digits` significant digits, no exponent between 1e-4 and 1e15, no trailing zeros.
[[nodiscard]] std::string number_text(double value, int digits = 4);
/// "12.5%" for 0.125.
[[nodiscard]] std::string percent_text(double ratio, int digits = 3);
/// The part of RelativeText before "of": "83%" or "16 B/cycle".
[[nodiscard]] std::string relative_share_text(double share, bool per_cycle, int digits);

}  // namespace berth
