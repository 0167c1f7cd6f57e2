// The one table of units and prefixes, read by parsing and printing alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/quantity_text.h"
#include "berth/units.h"

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
    double factor;  ///< in SI
    Dimension dimension;
    bool takes_small = false;
    bool takes_decimal = false;
    bool takes_binary = false;
};

/// A dimension that has a name, how its values are written, and an example of one.
struct NamedDimension {
    Dimension dimension;
    std::string_view name;
    std::string_view example;
    std::string_view unit;    ///< row of the unit table that takes the prefix, empty for a plain number
    std::string_view suffix;  ///< the rest of the unit: "/s"
    DimensionRange range;     ///< of values that any machine or question has
};

/// A unit with its prefix resolved.
struct ResolvedUnit {
    double factor = 1;
    Dimension dimension;
};

/// "GB", "us", "%"; empty if there is no such unit.
[[nodiscard]] std::optional<ResolvedUnit> resolve_unit(std::string_view text);
/// Every prefix and unit that go together, in the table's order.
[[nodiscard]] std::vector<std::string> all_unit_texts();
/// Every dimension that a unit of the table has, in the table's order, each once.
[[nodiscard]] std::vector<Dimension> unit_dimensions();
/// A regular expression for the units of just this dimension with their prefixes; empty if there are none.
[[nodiscard]] std::string unit_pattern(Dimension dimension);
/// Nullptr if the dimension has no name.
[[nodiscard]] const NamedDimension* named_dimension(Dimension dimension);
/// Prefixes that the unit takes, largest factor first, the empty prefix among them; binary ones only if `binary`.
[[nodiscard]] std::vector<Prefix> prefixes_of(std::string_view unit, bool binary);

}  // namespace berth
