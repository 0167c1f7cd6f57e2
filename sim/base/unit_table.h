// The single table of units and prefixes, used for both parsing and printing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/quantity_text.h"
#include "berth/base/units.h"

namespace berth {

enum class PrefixKind { kSmall, kDecimal, kBinary };

struct Prefix {
    std::string_view text;
    double factor;
    PrefixKind kind;
};

/// A unit such as `B` or `Hz`, and which prefixes it takes.
struct Unit {
    std::string_view text;
    double factor;  ///< value of one unit in SI
    Dimension dimension;
    bool takes_small = false;
    bool takes_decimal = false;
    bool takes_binary = false;
};

/// A dimension with a name, the unit that its values are written in, and an example value.
struct NamedDimension {
    Dimension dimension;
    std::string_view name;
    std::string_view example;
    std::string_view unit;    ///< row of the unit table that takes the prefix, empty for a plain number
    std::string_view suffix;  ///< the rest of the unit: "/s"
    DimensionRange range;     ///< plausible range for any machine or scenario
};

/// A unit with its prefix resolved.
struct ResolvedUnit {
    double factor = 1;
    Dimension dimension;
};

/// Resolves "GB", "us" or "%"; empty if there is no such unit.
[[nodiscard]] std::optional<ResolvedUnit> resolve_unit(std::string_view text);
/// Every valid combination of prefix and unit, in the table's order.
[[nodiscard]] std::vector<std::string> all_unit_texts();
/// Every dimension with a unit in the table, in the table's order, each once.
[[nodiscard]] std::vector<Dimension> unit_dimensions();
/// A regular expression for the units of exactly this dimension with their prefixes; empty if there are none.
[[nodiscard]] std::string unit_pattern(Dimension dimension);
/// Null if the dimension has no name.
[[nodiscard]] const NamedDimension* named_dimension(Dimension dimension);
/// Prefixes that the unit takes, largest factor first, including the empty prefix; binary ones only if `binary`.
[[nodiscard]] std::vector<Prefix> prefixes_of(std::string_view unit, bool binary);

}  // namespace berth
