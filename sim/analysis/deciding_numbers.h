// Effect of other numbers of a profile on a scenario: which number decides instead of one without effect, and the value
// from which an inactive limit would bind.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// Effect of raising one number by a tenth.
struct NumberMove {
    std::string path;   ///< `devices.npu.dma.bandwidth`
    double chosen = 0;  ///< largest absolute change of a chosen placement's log latency
    double others = 0;  ///< the same over all placements
};

/// Re-evaluates a scenario's totals under changed numbers of its profile.
class NumberProbe {
  public:
    explicit NumberProbe(const Scenario& scenario);
    NumberProbe(const NumberProbe&) = delete;  // its numbers refer to its own copy of the scenario
    NumberProbe& operator=(const NumberProbe&) = delete;

    /// Number among `wanted` with the largest effect on the chosen placements, or else on any placement; absent if none
    /// has an effect.
    [[nodiscard]] std::optional<NumberMove> strongest(const std::vector<std::string>& wanted);

    /// Value (SI) at which the number starts to have an effect, below or above its current value, within a hundredth.
    struct Reach {
        double value = 0;
        bool below = false;
    };
    [[nodiscard]] std::optional<Reach> reached_at(const std::string& path);

    /// All numbers with a provenance, in the order of parameters().
    [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
    [[nodiscard]] Dimension dimension_of(const std::string& path) const;

  private:
    using Times = std::vector<std::optional<double>>;  ///< total of the chosen placements, then times of all placements
    [[nodiscard]] Times times() const;
    [[nodiscard]] const NumberMove& move_of(std::size_t number);
    [[nodiscard]] bool matters(std::size_t number, double value);
    [[nodiscard]] std::optional<std::size_t> place_of(const std::string& path) const;

    Scenario scenario_;
    std::vector<ParameterView> numbers_;  ///< numbers of `scenario_`
    std::vector<std::string> paths_;
    std::vector<std::optional<NumberMove>> moves_;
    Times base_;
};

}  // namespace berth
