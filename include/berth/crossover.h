// Where one device becomes faster than another as a number of the scenario grows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/evaluation.h"
#include "berth/interval.h"
#include "berth/sweep.h"

namespace berth {

/// `PATH=FROM:TO`, both ends in the unit of the first. Whole numbers without a unit stay whole.
struct SweepRange {
    std::string path;
    double from = 0, to = 0;
    std::string unit;
    bool whole = false;
    std::vector<double> values{};  ///< to look at, where steps were given

    /// A value as `--set` takes it.
    [[nodiscard]] std::string text(double value) const;
    /// Spans more than 16 times its start, so that steps are factors.
    [[nodiscard]] bool wide() const { return from > 0 && to / from > kWideRange; }
    static constexpr double kWideRange = 16;
};
/// Errors: no range, ends that do not go together, an empty range.
[[nodiscard]] std::optional<SweepRange> parse_range(std::string_view text, Diagnostics& diagnostics);
/// The same, or `PATH=FROM:TO:STEP` and `PATH=FROM:TO:xFACTOR` as a sweep takes them, of at most `most` values.
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
    /// Of two that both run.
    [[nodiscard]] bool first_wins() const { return first->median <= second->median; }
};

/// The faster device is told to be so from this probability on.
inline constexpr double kSureShare = 0.9;

/// Between `below` and `above`, neighbouring whole numbers or numbers within a ten-thousandth, the faster device
/// changes.
struct Crossing {
    double below = 0, above = 0;
    bool first_below = false;  ///< the first device is faster below
    /// Nearest values on either side from which the faster one is so with 90 % probability; absent: not within the
    /// range.
    std::optional<double> sure_below, sure_above;
};

struct CrossoverAnswer {
    std::vector<CrossoverPoint> points;  ///< those looked at first, ascending
    std::vector<Crossing> crossings;     ///< ascending; two that lie between neighbouring points are not seen
    std::vector<Warning> warnings{};     ///< settings without effect, and the range if it has none
    std::string subject{};               ///< "MODEL on PROFILE"
};

/// Looks at the values of range_values(); every change of the faster device between neighbours is then narrowed down by
/// halving. Errors: a scenario that does not load, an unknown stage or device, a device that runs nowhere in the range.
[[nodiscard]] std::optional<CrossoverAnswer> find_crossovers(const CrossoverQuestion& question,
                                                             Diagnostics& diagnostics);

/// Those of the range's steps; else 33 values from end to end, or fewer where they are whole: evenly spaced, or by
/// equal factors in a wide range.
[[nodiscard]] std::vector<double> range_values(const SweepRange& range);

/// Which of two devices is the faster one over two ranges.
struct CrossoverMap {
    struct Cell {
        std::optional<Time> first, second;      ///< one pass of the stage's model on either device
        std::string why_not;                    ///< why one of them does not run there
        std::optional<double> first_is_faster;  ///< as in CrossoverPoint
        /// Of the faster one.
        [[nodiscard]] std::optional<double> probability() const {
            return first_is_faster && !first_wins() ? 1 - *first_is_faster : first_is_faster;
        }
        [[nodiscard]] bool sure() const { return probability().value_or(0) >= kSureShare; }
        [[nodiscard]] bool both() const { return first && second; }
        [[nodiscard]] bool first_wins() const { return both() && *first <= *second; }
    };
    /// As a Crossing of `up`: between `below` and `above` the faster device changes.
    struct Change {
        double below = 0, above = 0;
        std::string from;         ///< `above` as `--set` takes it
        bool first_wins = false;  ///< from there on
    };
    std::string stage;
    std::pair<std::string, std::string> between;
    SweepAxis across, up;
    std::vector<Cell> cells;                     ///< row by row, `up` from its start
    std::vector<std::vector<Change>> crossings;  ///< [column] ascending
    std::vector<SettingChange> changes{};        ///< of the scenario, for titles
    std::vector<Warning> warnings{};             ///< settings and ranges without effect
    std::string subject{};                       ///< "MODEL on PROFILE"
    /// What the scenario itself says across and up, as it is written there; absent where it does not say both.
    std::optional<std::pair<std::string, std::string>> today{};
    [[nodiscard]] const Cell& at(std::size_t column, std::size_t row) const {
        return cells[row * across.values.size() + column];
    }
};
/// Looks at the values of either range; changes along `up` are narrowed down as find_crossovers() does. Errors: as
/// find_crossovers(); the range of `question` goes across.
[[nodiscard]] std::optional<CrossoverMap> map_crossovers(const CrossoverQuestion& question, const SweepRange& up,
                                                         int threads, Diagnostics& diagnostics);

}  // namespace berth
