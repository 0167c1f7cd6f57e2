// Objectives of placement: one row per objective, which scenarios, searches and reports follow.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace berth {

enum class Objective : std::uint8_t { kLatency, kThroughput, kEnergy, kEdp, kEd2p, kMakespan, kFirstToken, kTokenRate };

/// Scope of the search for a placement.
enum class SearchOver : std::uint8_t {
    kStages,    ///< each stage independently
    kScenario,  ///< all stages jointly, since they share devices
    kSchedule,  ///< a schedule of operators on devices that work concurrently
};

/// Time of a stage that the objective uses. A stage that generates no text has only one.
enum class TimeOf : std::uint8_t { kStage, kFirstToken, kToken };

struct ObjectiveRow {
    std::string_view name;
    Objective value;
    /// Objective value to minimise, from a stage's time (s) and energy (J).
    double (*score)(double time, double energy);
    bool needs_energy;
    SearchOver search;
    std::string_view goal;  ///< prefix of a sentence about the chosen placement; may be empty
    TimeOf time_of = TimeOf::kStage;
    std::string_view best = "fastest";  ///< what the chosen placement is among the others
    std::string_view chosen_for = "";   ///< what it was chosen for instead of the time that is told beside it
};

inline constexpr std::array<ObjectiveRow, 8> kObjectives{{
    // of a request whose operators run serially
    {"latency", Objective::kLatency, [](double time, double) { return time; }, false, SearchOver::kStages, ""},
    // sustainable rate of a stream; for a single stage, its time
    {"throughput", Objective::kThroughput, [](double time, double) { return time; }, false, SearchOver::kScenario,
     "chosen for the highest rate; "},
    {"energy", Objective::kEnergy, [](double, double energy) { return energy; }, true, SearchOver::kStages, "",
     TimeOf::kStage, "most frugal", "its energy"},
    // energy-delay product
    {"edp", Objective::kEdp, [](double time, double energy) { return energy * time; }, true, SearchOver::kStages, "",
     TimeOf::kStage, "best", "its energy-delay product"},
    // energy-delay-squared product, which does not reward a lower voltage (Martin et al., 2001)
    {"ed2p", Objective::kEd2p, [](double time, double energy) { return energy * time * time; }, true,
     SearchOver::kStages, "", TimeOf::kStage, "best", "its energy-delay-squared product"},
    // latency where devices may work concurrently
    {"makespan", Objective::kMakespan, [](double time, double) { return time; }, false, SearchOver::kSchedule, ""},
    // time to first token, of stages that generate text
    {"first_token", Objective::kFirstToken, [](double time, double) { return time; }, false, SearchOver::kStages,
     "chosen for the first token; ", TimeOf::kFirstToken},
    // time per further token
    {"token_rate", Objective::kTokenRate, [](double time, double) { return time; }, false, SearchOver::kStages,
     "chosen for the rate of tokens; ", TimeOf::kToken},
}};

/// Whether a score is a product of powers of time and energy, of which probabilities and sensitivities use the
/// exponents.
[[nodiscard]] constexpr bool is_product_of_powers(const ObjectiveRow& row) {
    const auto score = row.score;
    const double one = score(1, 1);
    return score(2, 3) * one == score(2, 1) * score(1, 3) && score(6, 1) * one == score(2, 1) * score(3, 1) &&
           score(1, 6) * one == score(1, 2) * score(1, 3);
}
static_assert(std::ranges::all_of(kObjectives, is_product_of_powers));

/// Throws std::logic_error for a value without a row.
[[nodiscard]] constexpr const ObjectiveRow& row_of(Objective objective) {
    for (const ObjectiveRow& row : kObjectives) {
        if (row.value == objective) {
            return row;
        }
    }
    throw std::logic_error("objective without a row");
}

/// Whether stages are placed independently, by time alone.
[[nodiscard]] constexpr bool by_time_alone(Objective objective) {
    return !row_of(objective).needs_energy && row_of(objective).search == SearchOver::kStages;
}

}  // namespace berth
