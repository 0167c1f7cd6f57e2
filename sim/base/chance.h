// Random numbers that are the same on every machine, in streams that are named rather than counted: what one cause
// draws does not depend on which other causes there are.
#pragma once

#include <cstdint>
#include <string_view>

namespace berth {

/// Uniform numbers in (0, 1) and what is made of them.
class Chance {
  public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    /// One of many independent streams under a seed.
    Chance(std::uint64_t seed, std::uint64_t stream);
    [[nodiscard]] double uniform();
    /// Exponentially distributed with that mean.
    [[nodiscard]] double exponential(double mean);
    /// Of a standard normal distribution.
    [[nodiscard]] double normal();

  private:
    std::uint64_t state_;
};

/// The stream of a cause that has a name: the path of an uncertain number, a stage.
[[nodiscard]] std::uint64_t stream_of(std::string_view name);

}  // namespace berth
