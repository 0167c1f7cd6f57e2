// Two revisions of the same profiles, models and scenarios: which decisions, budgets and probabilities turned.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"

namespace berth {

/// One state of a repository's data.
struct DataRevision {
    std::string name;      ///< as it was asked for
    Library own, library;  ///< its own files alone; with those that its profiles and models may extend behind them
};

/// What a revision says of a scenario.
struct RevisionAnswer {
    bool there = false;                    ///< the revision has the scenario
    std::optional<Scenario> scenario;      ///< absent where it cannot be loaded
    std::optional<ScenarioResult> result;  ///< absent where it cannot run
    std::string why_not;                   ///< the first error, where it is there and cannot run
};

enum class GateKind : std::uint8_t {
    kRuns,         ///< whether the scenario is there and runs
    kDecision,     ///< where a stage runs
    kBudget,       ///< whether the median keeps within a budget, and whether requests pile up
    kProbability,  ///< of a decision, and of keeping within a budget
};
inline constexpr std::array<Choice<GateKind>, 4> kGateKindNames{{{"runs", GateKind::kRuns},
                                                                 {"decision", GateKind::kDecision},
                                                                 {"budget", GateKind::kBudget},
                                                                 {"probability", GateKind::kProbability}}};

enum class GateVerdict : std::uint8_t {
    kKept,
    kNoted,   ///< for the better, or in one revision only: said, and nothing else
    kBlocks,  ///< a decision that moved, a budget that is lost, a probability that is no longer sure
};
inline constexpr std::array<Choice<GateVerdict>, 3> kGateVerdictNames{
    {{"kept", GateVerdict::kKept}, {"noted", GateVerdict::kNoted}, {"blocks", GateVerdict::kBlocks}}};

/// Whether a scenario is there and runs.
enum class Running : std::uint8_t { kAbsent, kBroken, kRuns };
inline constexpr std::array<Choice<Running>, 3> kRunningNames{
    {{"absent", Running::kAbsent}, {"does not run", Running::kBroken}, {"runs", Running::kRuns}}};

/// Absent in a revision without it; a placement; whether a budget is met; a probability.
using GateValue = std::variant<std::monostate, Running, std::string, bool, double>;

struct GateCheck {
    GateKind kind{};
    std::string subject;  ///< a stage, or the answer as JSON names it; empty: the scenario
    GateValue before, after;
    GateVerdict verdict{};
};

struct GatedScenario {
    std::string name;  ///< of its file
    RevisionAnswer before, after;
    std::vector<GateCheck> checks;
    bool differs = false;  ///< both run, and some number of the answer is another one, in six digits
    [[nodiscard]] GateVerdict verdict() const;  ///< the gravest of its checks
};

/// A probability below it is not sure; crossovers mean the same by "sure".
inline constexpr double kSureProbability = 0.9;

struct GateComparison {
    std::string before, after;  ///< names of the revisions
    double sure = kSureProbability;
    std::vector<GatedScenario> scenarios;  ///< by name
    [[nodiscard]] bool blocks() const;
};

/// Each scenario evaluated in both revisions. `scenarios`: names in the folder `scenarios/` of either revision, or
/// files, which both revisions are asked; none: all of both. `reached` is told each name before it is evaluated.
/// Errors: a name that neither revision has, with what they have; revisions without any scenario.
[[nodiscard]] std::optional<GateComparison> compare_revisions(
    const DataRevision& before, const DataRevision& after, const std::vector<std::string>& scenarios, double sure,
    Diagnostics& diagnostics, const std::function<void(std::string_view, std::size_t, std::size_t)>& reached = {});

}  // namespace berth
