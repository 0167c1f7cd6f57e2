// Fields of a CSV file (RFC 4180, with a plain newline at the end of a row).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "berth/csv.h"
#include "berth/evaluation.h"

namespace berth {

/// Of numbers in files, CSV and JSON.
inline constexpr int kSignificantDigits = 6;

/// With the significant digits of files; empty if it is not finite.
[[nodiscard]] std::string csv_number(double value);
/// The number that it says.
[[nodiscard]] double csv_value(double value);
/// The same text, behind what is there.
void add_csv_number(double value, std::string& text);

/// Names of the columns of a table of operators, and its rows, one per operator, each ending with a newline.
[[nodiscard]] std::string operator_columns();
[[nodiscard]] std::string operator_rows(std::string_view stage, const Candidate& candidate,
                                        std::span<const std::string> devices, std::string_view runtime);

}  // namespace berth
