// Effect of other numbers of a profile on a scenario: which number decides instead of one without effect, and the value
// from which an inactive limit would bind.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {

/// Effect of raising one number by a tenth.
struct NumberMove {
    std::string path;              ///< `devices.npu.dma.bandwidth`
    double chosen = 0;             ///< absolute change of the log total
    double others = 0;             ///< the same over all placements
    double energy = 0;             ///< absolute change of the chosen placements' log energy
    std::vector<double> stages{};  ///< [stage] absolute change of its log latency
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

    /// Number with the largest effect on the latency of one stage; absent if none has an effect.
    [[nodiscard]] std::optional<NumberMove> strongest_of_stage(std::size_t stage);

    /// The first of the numbers that has an effect on the energy of the chosen placements.
    [[nodiscard]] std::optional<std::string> first_of_energy(const std::vector<std::string>& wanted);
    /// Whether the chosen placements take another time with all these numbers raised by a tenth.
    [[nodiscard]] bool move_together(const std::vector<std::string>& wanted);

    /// Values on both sides of a limit, below or above the number's current value: the nearest of few digits.
    struct Reach {
        std::string text;   ///< at which the number has an effect
        std::string holds;  ///< at which it has none
        bool below = false;
    };
    [[nodiscard]] std::optional<Reach> reached_at(const std::string& path);

    /// All numbers with a provenance, in the order of parameters().
    [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
    [[nodiscard]] bool has(const std::string& path) const { return place_of(path).has_value(); }
    [[nodiscard]] std::vector<std::string> paths_with(std::string_view part) const;
    [[nodiscard]] Dimension dimension_of(const std::string& path) const;

  private:
    struct Figures {
        std::vector<std::optional<double>> times;  ///< total of the chosen placements, then times of all placements
        std::vector<double> stages;
        double energy = 0;  ///< of the chosen placements, as far as it is known
    };
    [[nodiscard]] Figures figures() const;
    [[nodiscard]] const NumberMove& move_of(std::size_t number);
    [[nodiscard]] bool matters(std::size_t number, double value);
    [[nodiscard]] std::string nearest(std::size_t number, double value, bool up, bool matters_there);
    [[nodiscard]] std::optional<std::size_t> place_of(const std::string& path) const;

    Scenario scenario_;
    std::vector<ParameterView> numbers_;  ///< numbers of `scenario_`
    std::vector<std::string> paths_;
    std::vector<std::optional<NumberMove>> moves_;
    Figures base_;
};

}  // namespace berth
