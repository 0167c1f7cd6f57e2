// The spread of a quantity on its own, as both `± 10%` and a `spread:` key write it.
#pragma once

#include <string_view>
#include <variant>

#include "berth/quantity_text.h"

namespace berth {

/// Relative spread: a percentage as it is, any other quantity of the value's dimension divided by the value.
[[nodiscard]] std::variant<double, QuantityError> parse_spread(std::string_view text, double value,
                                                               Dimension dimension);

}  // namespace berth
