// Design-space optimisation: the best values of a scenario's numbers under constraints, and the Pareto front between
// goals.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/analysis/dropped_points.h"
#include "berth/analysis/sweep.h"
#include "berth/base/choice.h"
#include "berth/base/expression.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

/// What is minimised. The two times of text are those of the last stage that generates any: the wait for its first
/// token, stages before it included, and the mean time of a further token.
enum class Goal : std::uint8_t { kLatency, kFirstToken, kTokenTime, kEnergy, kCost };
inline constexpr std::array<Choice<Goal>, 5> kGoalNames{{{"latency", Goal::kLatency},
                                                         {"first_token", Goal::kFirstToken},
                                                         {"token_time", Goal::kTokenTime},
                                                         {"energy", Goal::kEnergy},
                                                         {"cost", Goal::kCost}}};

/// A user's cost formula over the axes, whose values are quantities in any unit.
class CostFormula {
  public:
    /// Parses a formula. A name is a path, or the unambiguous end of one (`sram.capacity`), and stands for the value in
    /// SI (bytes, hertz, bytes per second); numbers may have units (`1 MiB`). Errors: those of an expression, a name
    /// that matches no axis or several, an axis whose values are not quantities of one dimension, sums or comparisons
    /// of unlike quantities.
    [[nodiscard]] static std::optional<CostFormula> parse(const std::string& text, const std::vector<SweepAxis>& axes,
                                                          Diagnostics& diagnostics);
    /// Cost in SI units of dimension(). Absent where it is undefined, as for a division by zero.
    [[nodiscard]] std::optional<double> at(const std::vector<std::size_t>& places) const;
    [[nodiscard]] Dimension dimension() const { return dimension_; }
    /// The formula as given.
    [[nodiscard]] const std::string& text() const { return expression_.text(); }

  private:
    struct Term {
        std::string name;
        std::size_t axis = 0;
        std::vector<double> numbers;  ///< values of the axis, SI
    };
    CostFormula(Expression expression, std::vector<Term> terms, Dimension dimension)
        : expression_(std::move(expression)), terms_(std::move(terms)), dimension_(dimension) {}
    Expression expression_;
    std::vector<Term> terms_;
    Dimension dimension_;
};

struct OptimiseQuestion {
    std::vector<Goal> goals;  ///< minimised; the first one selects the best among the points that meet all limits
    std::optional<CostFormula> cost;
    std::array<std::optional<double>, kGoalNames.size()> limits{};  ///< upper bounds: seconds, joules, the formula's SI
    [[nodiscard]] bool asks_for(Goal goal) const;
};

struct DesignPoint {
    std::size_t at = 0;                              ///< index in the sweep
    std::array<double, kGoalNames.size()> values{};  ///< by goal: seconds, joules, the formula's SI
    std::vector<std::string> placed;                 ///< placement per stage
    std::vector<TextPace> paces;                     ///< per stage; without times if it generates no text
};

struct OptimiseAnswer {
    /// Counts of all points; of those that run and have values for all goals; of those that also meet all limits.
    std::size_t points = 0, running = 0, allowed = 0;
    std::vector<DroppedPoints> dropped;  ///< points that do not run or lack a goal, by reason
    /// Pareto front: allowed points that no other point dominates, ordered by the first goal.
    std::vector<DesignPoint> front;
    std::optional<std::size_t> best;  ///< index in `front`
    /// By goal, of those with a limit: the least value of a point that runs, whatever its other values.
    std::array<std::optional<double>, kGoalNames.size()> least{};
    std::vector<DesignPoint> others;  ///< some of the running points, for pictures
    std::vector<Warning> warnings;    ///< decision variables and settings without effect
};

/// Evaluates the sweep and returns the Pareto front. Of points equal in every goal the first is kept.
[[nodiscard]] OptimiseAnswer optimise(const Sweep& sweep, const OptimiseQuestion& question, int threads);

}  // namespace berth
