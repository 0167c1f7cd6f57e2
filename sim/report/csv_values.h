// Fields of a CSV file (RFC 4180, with a plain newline at the end of a row).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "berth/base/csv.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

/// Significant digits of numbers in CSV and JSON files.
inline constexpr int kSignificantDigits = 6;

/// A number in kSignificantDigits digits; empty if it is not finite.
[[nodiscard]] std::string csv_number(double value);
/// The number that csv_number() writes for `value`, read back.
[[nodiscard]] double csv_value(double value);
/// Appends csv_number(value) to `text`.
void add_csv_number(double value, std::string& text);

}  // namespace berth
