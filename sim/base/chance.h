// Random numbers that are the same on every machine, in streams identified by name rather than by number: the numbers
// drawn for one cause do not depend on which other causes exist.
#pragma once

#include <cstdint>
#include <string_view>

namespace berth {

/// Draws uniform numbers in (0, 1), and numbers of other distributions derived from them.
class Chance {
  public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    /// One of many independent streams under a seed.
    Chance(std::uint64_t seed, std::uint64_t stream);
    [[nodiscard]] double uniform();
    /// Exponentially distributed with mean `mean`.
    [[nodiscard]] double exponential(double mean);
    /// Standard normally distributed.
    [[nodiscard]] double normal();

  private:
    std::uint64_t state_;
};

/// The stream of a cause that is identified by a name: the path of an uncertain number, or a stage.
[[nodiscard]] std::uint64_t stream_of(std::string_view name);

}  // namespace berth
