// The optimal placement of one graph under ever other costs: states found once, numbers put in again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "berth/placement.h"

namespace berth {

/// A number of the caller's table, so many times.
struct ProgramTerm {
    std::uint32_t number = 0;
    double factor = 1;
    friend bool operator==(const ProgramTerm&, const ProgramTerm&) = default;
};

/// What a choice costs, as sums over the table: of times, and of energies.
struct ProgramCost {
    std::vector<ProgramTerm> time, energy;
};

/// Which numbers stand behind the costs of a PlacementProblem.
struct ProgramNumbers {
    std::function<ProgramCost(std::size_t op, std::size_t device)> cost;
    std::function<ProgramCost(std::size_t loss)> loss;  ///< by the position in PlacementProblem::fusion
    std::function<std::uint32_t(std::size_t flow, std::size_t from, std::size_t to)> crossing;
};

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
    [[nodiscard]] static std::optional<PlacementProgram> of(const PlacementProblem& problem,
                                                            const ProgramNumbers& numbers);

    /// Time of the best placement, with what using both devices costs left out, and its energy.
    [[nodiscard]] Best best(std::span<const double> times, std::span<const double> energies, Scratch& scratch) const;

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
        std::uint32_t first = 0, energy = 0, last = 0;  ///< terms of time up to `energy`, then those of energy
    };

    void add_up(std::span<const double> times, std::span<const double> energies, std::vector<Best>& sums) const;
    void walk(const Part& part, Scratch& scratch) const;
    void repeat(const Part& part, Scratch& scratch) const;
    void find_parts();

    std::vector<Layer> layers_;         ///< different ones, once each
    std::vector<std::uint32_t> order_;  ///< per operator, into `layers_`
    std::vector<Part> parts_;           ///< of `order_`
    std::vector<Sum> sums_;
    std::vector<ProgramTerm> terms_;
};

}  // namespace berth
