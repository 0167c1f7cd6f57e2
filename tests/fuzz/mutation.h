// Mutates texts and bytes with typical errors of people, editors and disks, and with extreme numbers. The result
// depends on the seed alone.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace berth::fuzz {

/// Random draws that depend on the seed alone, not on the standard library's distributions.
class Draw {
  public:
    explicit Draw(std::uint64_t seed) : engine_(seed) {}
    /// A number from 0 to `count` - 1; 0 if `count` is 0.
    [[nodiscard]] std::size_t below(std::size_t count) { return count == 0 ? 0 : engine_() % count; }
    [[nodiscard]] bool one_in(std::size_t count) { return below(count) == 0; }
    template <class Items>
    [[nodiscard]] const auto& of(const Items& items) {
        return items[below(std::size(items))];
    }

  private:
    std::mt19937_64 engine_;
};

/// Text of a number as a file may contain it: within a range, at its ends, far outside, or not a number.
[[nodiscard]] std::string extreme_number(Draw& draw);

/// The text with one to three mutations: numbers replaced or scaled; units, keys and lines changed, removed, repeated
/// once or a hundred times; truncation; flipped bytes.
[[nodiscard]] std::string mutated_text(std::string text, Draw& draw);

/// Mutations of a binary format.
[[nodiscard]] std::string mutated_bytes(std::string bytes, Draw& draw);

}  // namespace berth::fuzz
