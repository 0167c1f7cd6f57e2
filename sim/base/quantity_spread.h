// Parses a spread by itself, as it follows `±` or stands in a `spread:` key.
#pragma once

#include <string_view>
#include <variant>

#include "berth/base/quantity_text.h"

namespace berth {

/// Relative spread: a percentage is taken as it is; a quantity of the value's dimension is divided by the value.
[[nodiscard]] std::variant<double, QuantityError> parse_spread(std::string_view text, double value,
                                                               Dimension dimension);

}  // namespace berth
