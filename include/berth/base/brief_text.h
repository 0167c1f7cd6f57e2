// Quantities in sentences and tables for people: three significant digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "berth/base/interval.h"
#include "berth/base/quantity_text.h"
#include "berth/base/units.h"

namespace berth {

/// The nearest number with that many significant digits: 184.96 becomes 185, 44239872 becomes 44200000.
[[nodiscard]] double with_digits(double value, int digits);

/// As to_text(), with three significant digits: "38.2 mJ", "7.8 GB/s".
template <int T, int B, int O, int E>
[[nodiscard]] std::string brief(Quantity<T, B, O, E> quantity) {
    return quantity_text(with_digits(quantity.si(), 3), quantity.kDimension);
}

/// Sizes have binary prefixes, so that those of one sentence can be added: "42.2 MiB", "384 KiB", "0 B".
[[nodiscard]] std::string brief(Bytes size);

/// "38.2 ms", "0 ms"
[[nodiscard]] std::string brief(Time time);

/// The unit that brief() uses for a time, for other times written next to it.
class TimeUnit {
  public:
    /// Milliseconds for zero and for non-finite times.
    explicit TimeUnit(Time like);
    /// "ms"
    [[nodiscard]] std::string_view name() const { return name_; }
    /// Three significant digits without an exponent, and without the unit: "0.322", "1410", "0".
    [[nodiscard]] std::string number(Time time) const;
    /// The same with the unit: "0.322 ms", "0 ms".
    [[nodiscard]] std::string text(Time time) const;

  private:
    std::string_view name_ = "ms";
    double seconds_ = 1e-3;
};

/// "322-1410 ms", both ends in the unit of the median.
[[nodiscard]] std::string range_text(const Estimate<Time>& estimate);

/// "673 ms (5-95 %: 322-1410 ms)"; the median alone where it is certain.
[[nodiscard]] std::string estimate_text(const Estimate<Time>& estimate);

/// A probability or a share in words: "37%", "99.2%", and ">99.9%" or "<0.1%" at the ends.
[[nodiscard]] std::string share_text(double share);

/// A relative half-width of an interval: "7.3%", and "less than 0.1%" below what is worth printing.
[[nodiscard]] std::string precision_text(double precision);

/// "once", "twice", "3 times".
[[nodiscard]] std::string times_text(std::int64_t count);

}  // namespace berth
