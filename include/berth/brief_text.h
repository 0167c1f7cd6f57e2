// Quantities in sentences and tables for people: three significant digits.
#pragma once

#include <cstdint>
#include <string>

#include "berth/quantity_text.h"
#include "berth/units.h"

namespace berth {

/// The nearest number with that many significant digits: 184.96 becomes 185, 44239872 becomes 44200000.
[[nodiscard]] double with_digits(double value, int digits);

/// As to_text(), with three significant digits: "38.2 ms", "44.2 MB".
template <int T, int B, int O, int E>
[[nodiscard]] std::string brief(Quantity<T, B, O, E> quantity) {
    return quantity_text(with_digits(quantity.si(), 3), quantity.kDimension);
}

/// A probability or a share as one may say it: "37%", "99.2%", and ">99.9%" or "<0.1%" at the ends.
[[nodiscard]] std::string share_text(double share);

/// "once", "twice", "3 times".
[[nodiscard]] std::string times_text(std::int64_t count);

}  // namespace berth
