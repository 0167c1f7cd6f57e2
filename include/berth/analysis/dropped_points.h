// Sweep points that gave no answer, counted by reason, with an example of each.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

struct DroppedPoints {
    std::string reason;  ///< reason as stated for the example
    std::size_t count = 0;
    std::size_t example = 0;  ///< the first such point
};

/// Thread-safe counter. Reasons that differ only in numbers count as one.
class DroppedCount {
  public:
    void add(std::size_t point, std::string_view reason);
    /// Most frequent first.
    [[nodiscard]] std::vector<DroppedPoints> rows() const;

  private:
    struct Kind {
        std::string shape;  ///< the reason without its numbers
        DroppedPoints points;
    };
    mutable std::mutex mutex_;
    std::vector<Kind> kinds_;
};

}  // namespace berth
