// Ids as places in vectors.
#pragma once

#include <cstddef>
#include <cstdint>

namespace berth {

/// The place of an id, or of a count that is never below zero, in a vector.
[[nodiscard]] constexpr std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }

}  // namespace berth
