// Repeated optimal placement of one graph under varying numbers: the states of the search are found once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "berth/placement/placement.h"
#include "berth/placement/placement_sums.h"

namespace berth {

/// Dynamic programme along the execution order, for placing a graph on two devices that are both used. Repeated layers
/// become one step applied that many times (min-plus matrices; Baccelli et al. 1992, section 3).
class PlacementProgram {
  public:
    struct Best {
        double time = std::numeric_limits<double>::infinity();
        double energy = 0;
    };
    /// Buffers reused from one call to the next.
    struct Scratch {
        std::vector<Best> sums, now, next, matrix, column;
    };

    /// Absent unless there are exactly two devices, no groups and a placement; absent, too, for graphs that need too
    /// many states.
    [[nodiscard]] static std::optional<PlacementProgram> of(const PlacementProblem& problem, const PlacementSums& sums);

    /// Time of the best placement, excluding the cost of using both devices, and its energy.
    [[nodiscard]] Best best(const TermValues& values, Scratch& scratch) const;

  private:
    friend class ProgramBuilder;

    struct Move {
        std::uint16_t from = 0, to = 0;
        std::uint32_t sum = 0;
        friend bool operator==(const Move&, const Move&) = default;
        friend auto operator<=>(const Move&, const Move&) = default;
    };
    struct Layer {
        std::size_t states = 0;  ///< number of states after the layer
        std::vector<Move> moves;
        friend bool operator==(const Layer&, const Layer&) = default;
    };
    /// Layers `first` to `last` (exclusive), repeated `times` times.
    struct Part {
        std::size_t first = 0, last = 0, times = 1;
    };
    struct Sum {
        std::uint32_t first = 0, last = 0;
    };

    void add_up(const TermValues& values, std::vector<Best>& sums) const;
    void walk(const Part& part, Scratch& scratch) const;
    void repeat(const Part& part, Scratch& scratch) const;
    void find_parts();

    std::vector<Layer> layers_;         ///< distinct layers
    std::vector<std::uint32_t> order_;  ///< per operator, index into `layers_`
    std::vector<Part> parts_;           ///< partition of `order_`
    std::vector<Sum> sums_;
    std::vector<TermCount> terms_;
};

}  // namespace berth
