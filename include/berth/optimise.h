// The best values of a scenario's numbers under constraints, and what they trade against each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/choice.h"
#include "berth/dropped_points.h"
#include "berth/evaluation.h"
#include "berth/expression.h"
#include "berth/sweep.h"

namespace berth {

enum class Goal : std::uint8_t { kLatency, kEnergy, kCost };
inline constexpr std::array<Choice<Goal>, 3> kGoalNames{
    {{"latency", Goal::kLatency}, {"energy", Goal::kEnergy}, {"cost", Goal::kCost}}};

/// What a user's cost depends on: quantities of the axes, whatever units they are written in.
class CostFormula {
  public:
    /// A name in the formula is a path, or the end of just one (`sram.capacity`), and stands for the value in SI
    /// (bytes, hertz, bytes per second); numbers may have units (`1 MiB`). Errors: those of an expression, a name that
    /// is no axis or the end of several, an axis whose values are no quantities of one dimension, and sums or
    /// comparisons of unlike quantities.
    [[nodiscard]] static std::optional<CostFormula> parse(const std::string& text, const std::vector<SweepAxis>& axes,
                                                          Diagnostics& diagnostics);
    /// In SI units of dimension(). Absent where it has none, as of a division by zero.
    [[nodiscard]] std::optional<double> at(const std::vector<std::size_t>& places) const;
    [[nodiscard]] Dimension dimension() const { return dimension_; }
    /// As it was given.
    [[nodiscard]] const std::string& text() const { return expression_.text(); }

  private:
    struct Term {
        std::string name;
        std::size_t axis = 0;
        std::vector<double> numbers;  ///< of the axis, SI
    };
    CostFormula(Expression expression, std::vector<Term> terms, Dimension dimension)
        : expression_(std::move(expression)), terms_(std::move(terms)), dimension_(dimension) {}
    Expression expression_;
    std::vector<Term> terms_;
    Dimension dimension_;
};

struct OptimiseQuestion {
    std::vector<Goal> goals;  ///< to be minimised; the first one decides between the points that meet all limits
    std::optional<CostFormula> cost;
    std::array<std::optional<double>, kGoalNames.size()> limits{};  ///< at most: seconds, joules, the formula's SI
};

struct DesignPoint {
    std::size_t at = 0;                              ///< in the sweep
    std::array<double, kGoalNames.size()> values{};  ///< by goal: seconds, joules, the formula's SI
    std::vector<std::string> placed;                 ///< per stage
};

struct OptimiseAnswer {
    std::size_t points = 0, running = 0, allowed = 0;  ///< all; that run and have all goals; that meet all limits
    std::vector<DroppedPoints> dropped;                ///< the rest of all, by the reason
    std::vector<DesignPoint> front;   ///< allowed points that no other betters in every goal, by the first goal
    std::optional<std::size_t> best;  ///< in `front`
    std::vector<DesignPoint> others;  ///< some of the running points, for pictures
    std::vector<Warning> warnings;    ///< decision variables and settings without effect
};

/// Of points that are equal in every goal the first stays.
[[nodiscard]] OptimiseAnswer optimise(const Sweep& sweep, const OptimiseQuestion& question, int threads);

}  // namespace berth
