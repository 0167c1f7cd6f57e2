// Points of a sweep that gave no answer, counted by the reason, with one of each as an example.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

struct DroppedPoints {
    std::string reason;  ///< that of the example
    std::size_t count = 0;
    std::size_t example = 0;  ///< the first such point
};

/// Counts them; for many threads. Reasons that differ in nothing but numbers are one.
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
