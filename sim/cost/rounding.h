// Whole-number rounding for tiles and alignment.
#pragma once

#include <cstdint>

namespace berth {

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
[[nodiscard]] constexpr std::int64_t round_up(std::int64_t a, std::int64_t to) { return ceil_div(a, to) * to; }
[[nodiscard]] constexpr std::int64_t round_down(std::int64_t a, std::int64_t to) { return a / to * to; }

}  // namespace berth
