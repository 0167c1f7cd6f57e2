// Crossover points: where the faster of two devices changes as a number of the scenario grows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/analysis/sweep.h"
#include "berth/base/interval.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

/// `PATH=FROM:TO`, both ends in the unit of the first. Whole numbers without a unit stay whole.
struct SweepRange {
    std::string path;
    double from = 0, to = 0;
    std::string unit;
    bool whole = false;
    std::vector<double> values{};  ///< values to evaluate, if steps were given

    /// A value as `--set` takes it.
    [[nodiscard]] std::string text(double value) const;
    /// A value in a sentence, with as many digits as tell the ends of a crossing apart.
    [[nodiscard]] std::string shown(double value) const;
    /// Whether the range spans more than 16 times its start, so that steps are factors.
    [[nodiscard]] bool wide() const { return from > 0 && to / from > kWideRange; }
    static constexpr double kWideRange = 16;
};
/// Errors: no range, ends of incompatible units, an empty range.
[[nodiscard]] std::optional<SweepRange> parse_range(std::string_view text, Diagnostics& diagnostics);
/// Parses the same, or `PATH=FROM:TO:STEP` and `PATH=FROM:TO:xFACTOR` as a sweep does, with at most `most` values.
[[nodiscard]] std::optional<SweepRange> parse_stepped_range(std::string_view text, std::size_t most,
                                                            Diagnostics& diagnostics);

struct CrossoverQuestion {
    SweepBase base;
    SweepRange range;
    std::string stage;
    std::pair<std::string, std::string> between;  ///< two devices
};

struct CrossoverPoint {
    double value = 0;
    std::optional<Estimate<Time>> first, second;  ///< one pass of the stage's model on either device
    std::optional<double> first_is_faster;        ///< probability under the profile's spreads
    std::string why_not;                          ///< why one of them does not run there
    /// Requires that both devices run.
    [[nodiscard]] bool first_wins() const { return first->median <= second->median; }
};

/// Probability from which on the faster device counts as certain.
inline constexpr double kSureShare = 0.9;

/// A crossover: the faster device changes between `below` and `above`, which are adjacent whole numbers or differ by
/// less than one part in ten thousand.
struct Crossing {
    double below = 0, above = 0;
    bool first_below = false;  ///< the first device is faster below
    /// Nearest values on either side from which on the faster device is faster with 90 % probability; absent: outside
    /// the range.
    std::optional<double> sure_below, sure_above;
};

struct CrossoverAnswer {
    std::vector<CrossoverPoint> points;  ///< initial grid, ascending
    std::vector<Crossing> crossings;     ///< ascending; two crossings between neighbouring points go undetected
    std::vector<Warning> warnings{};     ///< settings without effect, and the range if it has none
    std::string subject{};               ///< "MODEL on PROFILE"
};

/// Evaluates range_values() and narrows down every change of the faster device between neighbours by bisection. Errors:
/// a scenario that does not load, an unknown stage or device, a device that runs nowhere in the range.
[[nodiscard]] std::optional<CrossoverAnswer> find_crossovers(const CrossoverQuestion& question,
                                                             Diagnostics& diagnostics);

/// Values at the range's steps, if given; else 33 values from end to end, or fewer where they are whole numbers: evenly
/// spaced, or by equal factors in a wide range.
[[nodiscard]] std::vector<double> range_values(const SweepRange& range);

/// Map of the faster of two devices over two ranges.
struct CrossoverMap {
    struct Cell {
        std::optional<Time> first, second;      ///< one pass of the stage's model on either device
        std::string why_not;                    ///< why one of them does not run there
        std::optional<double> first_is_faster;  ///< as in CrossoverPoint
        /// Probability that the faster device is faster.
        [[nodiscard]] std::optional<double> probability() const {
            return first_is_faster && !first_wins() ? 1 - *first_is_faster : first_is_faster;
        }
        [[nodiscard]] bool sure() const { return probability().value_or(0) >= kSureShare; }
        [[nodiscard]] bool both() const { return first && second; }
        [[nodiscard]] bool first_wins() const { return both() && *first <= *second; }
    };
    /// A crossing along `up`: the faster device changes between `below` and `above`.
    struct Change {
        double below = 0, above = 0;
        std::string from;         ///< `above` as `--set` takes it
        bool first_wins = false;  ///< the first device is faster from `above` on
    };
    std::string stage;
    std::pair<std::string, std::string> between;
    SweepAxis across, up;
    std::vector<Cell> cells;                     ///< row-major, rows in ascending `up`
    std::vector<std::vector<Change>> crossings;  ///< [column] ascending
    std::vector<SettingChange> changes{};        ///< overrides of the scenario, for titles
    std::vector<Warning> warnings{};             ///< settings and ranges without effect
    std::string subject{};                       ///< "MODEL on PROFILE"
    /// The scenario's own values for `across` and `up`, as written in it; absent if it does not state both.
    std::optional<std::pair<std::string, std::string>> today{};
    [[nodiscard]] const Cell& at(std::size_t column, std::size_t row) const {
        return cells[row * across.values.size() + column];
    }
};
/// Evaluates all pairs of values; changes along `up` are narrowed down as in find_crossovers(), whose errors apply. The
/// range of `question` is `across`.
[[nodiscard]] std::optional<CrossoverMap> map_crossovers(const CrossoverQuestion& question, const SweepRange& up,
                                                         int threads, Diagnostics& diagnostics);

}  // namespace berth
