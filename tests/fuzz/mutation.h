// Spoils texts and bytes the way people, editors and disks do, and by extreme numbers; the same seed gives the same.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace berth::fuzz {

/// Draws that depend on the seed alone, not on the standard library's distributions.
class Draw {
  public:
    explicit Draw(std::uint64_t seed) : engine_(seed) {}
    /// From 0 to `count` - 1; 0 if there is nothing to choose from.
    [[nodiscard]] std::size_t below(std::size_t count) { return count == 0 ? 0 : engine_() % count; }
    [[nodiscard]] bool one_in(std::size_t count) { return below(count) == 0; }
    template <class Items>
    [[nodiscard]] const auto& of(const Items& items) {
        return items[below(std::size(items))];
    }

  private:
    std::mt19937_64 engine_;
};

/// A number as a file may hold it: within every range, at its ends, far outside, or none at all.
[[nodiscard]] std::string extreme_number(Draw& draw);

/// The text with one to three changes: numbers replaced or scaled; units, keys and lines changed, removed, repeated or
/// hundredfold; cut off; bytes flipped.
[[nodiscard]] std::string mutated_text(std::string text, Draw& draw);

/// The same for a format without lines.
[[nodiscard]] std::string mutated_bytes(std::string bytes, Draw& draw);

}  // namespace berth::fuzz
