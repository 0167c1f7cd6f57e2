// What placements are chosen for: one row per objective, which scenarios, searches and reports follow.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace berth {

enum class Objective : std::uint8_t { kLatency, kThroughput, kEnergy, kEdp, kEd2p, kMakespan, kFirstToken, kTokenRate };

/// How far a choice reaches.
enum class SearchOver : std::uint8_t {
    kStages,    ///< each stage by itself
    kScenario,  ///< all stages together: they share devices
    kSchedule,  ///< of operators that devices work on at once
};

/// Which time of a stage counts. One that generates no text has but one.
enum class TimeOf : std::uint8_t { kStage, kFirstToken, kToken };

struct ObjectiveRow {
    std::string_view name;
    Objective value;
    /// What is minimised, of a stage's time (s) and energy (J).
    double (*score)(double time, double energy);
    bool needs_energy;
    SearchOver search;
    std::string_view goal;  ///< in front of a sentence about what was chosen; empty: nothing needs to be said
    TimeOf time_of = TimeOf::kStage;
};

inline constexpr std::array<ObjectiveRow, 8> kObjectives{{
    // of a request whose operators run one after the other
    {"latency", Objective::kLatency, [](double time, double) { return time; }, false, SearchOver::kStages, ""},
    // requests that a stream sustains; of one stage by itself, its time
    {"throughput", Objective::kThroughput, [](double time, double) { return time; }, false, SearchOver::kScenario,
     "chosen for the highest rate; "},
    {"energy", Objective::kEnergy, [](double, double energy) { return energy; }, true, SearchOver::kStages, ""},
    // energy-delay product
    {"edp", Objective::kEdp, [](double time, double energy) { return energy * time; }, true, SearchOver::kStages, ""},
    // energy-delay-squared product, which does not reward a lower voltage (Martin et al., 2001)
    {"ed2p", Objective::kEd2p, [](double time, double energy) { return energy * time * time; }, true,
     SearchOver::kStages, ""},
    // latency where devices may work at once
    {"makespan", Objective::kMakespan, [](double time, double) { return time; }, false, SearchOver::kSchedule, ""},
    // of stages that generate text, the wait for the first token
    {"first_token", Objective::kFirstToken, [](double time, double) { return time; }, false, SearchOver::kStages,
     "chosen for the first token; ", TimeOf::kFirstToken},
    // and the time of each further one
    {"token_rate", Objective::kTokenRate, [](double time, double) { return time; }, false, SearchOver::kStages,
     "chosen for the rate of tokens; ", TimeOf::kToken},
}};

/// A value without a row is a fault of the table.
[[nodiscard]] constexpr const ObjectiveRow& row_of(Objective objective) {
    for (const ObjectiveRow& row : kObjectives) {
        if (row.value == objective) {
            return row;
        }
    }
    throw std::logic_error("objective without a row");
}

/// Whether stages are chosen one by one for their time alone.
[[nodiscard]] constexpr bool by_time_alone(Objective objective) {
    return !row_of(objective).needs_energy && row_of(objective).search == SearchOver::kStages;
}

}  // namespace berth
