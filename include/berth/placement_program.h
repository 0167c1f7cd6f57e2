// The optimal placement of one graph again and again under other numbers: states are found once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "berth/placement.h"
#include "berth/placement_sums.h"

namespace berth {

/// The dynamic programme along the execution order that places a graph on two devices, both of which are used. Layers
/// that repeat become one step that is applied so often (min-plus matrices; Baccelli et al. 1992, section 3).
class PlacementProgram {
  public:
    struct Best {
        double time = std::numeric_limits<double>::infinity();
        double energy = 0;
    };
    /// Buffers that one call leaves to the next.
    struct Scratch {
        std::vector<Best> sums, now, next, matrix, column;
    };

    /// Absent for other than two devices, groups, a problem without a placement, and graphs that keep more states.
    [[nodiscard]] static std::optional<PlacementProgram> of(const PlacementProblem& problem, const PlacementSums& sums);

    /// Time of the best placement, with what using both devices costs left out, and its energy.
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
        std::size_t states = 0;  ///< behind it
        std::vector<Move> moves;
        friend bool operator==(const Layer&, const Layer&) = default;
    };
    /// Layers `first` to `last` (not included), so many times.
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

    std::vector<Layer> layers_;         ///< different ones, once each
    std::vector<std::uint32_t> order_;  ///< per operator, into `layers_`
    std::vector<Part> parts_;           ///< of `order_`
    std::vector<Sum> sums_;
    std::vector<TermCount> terms_;
};

}  // namespace berth
