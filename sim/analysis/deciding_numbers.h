// What other numbers of a profile do to a scenario: which one decides instead of one that does nothing, and from which
// value on a limit that is not reached would be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// What one number does when it rises by a tenth.
struct NumberMove {
    std::string path;   ///< `devices.npu.dma.bandwidth`
    double chosen = 0;  ///< largest change of the logarithm of a chosen placement's latency, without its sign
    double others = 0;  ///< of any placement's
};

/// Evaluates a scenario under other numbers of its profile, totals only.
class NumberProbe {
  public:
    explicit NumberProbe(const Scenario& scenario);
    NumberProbe(const NumberProbe&) = delete;  // its numbers are those of its own scenario
    NumberProbe& operator=(const NumberProbe&) = delete;

    /// Of the numbers that `wanted` picks, the one that moves what was chosen most, or else any placement; absent if
    /// none moves anything.
    [[nodiscard]] std::optional<NumberMove> strongest(const std::vector<std::string>& wanted);

    /// The value (SI) at which the number starts to matter, below or above what it is: within a hundredth.
    struct Reach {
        double value = 0;
        bool below = false;
    };
    [[nodiscard]] std::optional<Reach> reached_at(const std::string& path);

    /// Every number with a provenance, in the order of parameters().
    [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
    [[nodiscard]] Dimension dimension_of(const std::string& path) const;

  private:
    using Times = std::vector<std::optional<double>>;  ///< total of what was chosen, then all placements
    [[nodiscard]] Times times() const;
    [[nodiscard]] const NumberMove& move_of(std::size_t number);
    [[nodiscard]] bool matters(std::size_t number, double value);
    [[nodiscard]] std::optional<std::size_t> place_of(const std::string& path) const;

    Scenario scenario_;
    std::vector<ParameterView> numbers_;  ///< of `scenario_`
    std::vector<std::string> paths_;
    std::vector<std::optional<NumberMove>> moves_;
    Times base_;
};

}  // namespace berth
