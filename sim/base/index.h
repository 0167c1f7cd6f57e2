// Conversion of ids to vector indices.
#pragma once

#include <cstddef>
#include <cstdint>

namespace berth {

/// The vector index of an id, or of a count that is never negative.
[[nodiscard]] constexpr std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }

}  // namespace berth
