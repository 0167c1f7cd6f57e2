// Regression gate between two revisions of the same profiles, models and scenarios: decisions, budgets and
// probabilities that changed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// One state of a repository's data.
struct DataRevision {
    std::string name;      ///< name as requested
    Library own, library;  ///< its own files only; its files followed by those that its profiles and models may extend
};

/// Result of a scenario in one revision.
struct RevisionAnswer {
    bool there = false;                    ///< the revision has the scenario
    std::optional<Scenario> scenario;      ///< absent where it cannot be loaded
    std::optional<ScenarioResult> result;  ///< absent where it cannot run
    std::string why_not;                   ///< the first error, where the scenario exists and cannot run
};

enum class GateKind : std::uint8_t {
    kRuns,         ///< whether the scenario exists and runs
    kDecision,     ///< placement of a stage
    kBudget,       ///< whether the median meets a budget, and whether requests pile up
    kProbability,  ///< probability of a decision, and of meeting a budget
};
inline constexpr std::array<Choice<GateKind>, 4> kGateKindNames{{{"runs", GateKind::kRuns},
                                                                 {"decision", GateKind::kDecision},
                                                                 {"budget", GateKind::kBudget},
                                                                 {"probability", GateKind::kProbability}}};

enum class GateVerdict : std::uint8_t {
    kKept,
    kNoted,   ///< an improvement, or in one revision only: reported without blocking
    kBlocks,  ///< a changed decision, a missed budget, a probability that is no longer sure
};
inline constexpr std::array<Choice<GateVerdict>, 3> kGateVerdictNames{
    {{"kept", GateVerdict::kKept}, {"noted", GateVerdict::kNoted}, {"blocks", GateVerdict::kBlocks}}};

/// Whether a scenario exists and runs.
enum class Running : std::uint8_t { kAbsent, kBroken, kRuns };
inline constexpr std::array<Choice<Running>, 3> kRunningNames{
    {{"absent", Running::kAbsent}, {"does not run", Running::kBroken}, {"runs", Running::kRuns}}};

/// Value of a check in a revision: none if absent there; whether it runs; a placement; whether a budget is met; a
/// probability.
using GateValue = std::variant<std::monostate, Running, std::string, bool, double>;

struct GateCheck {
    GateKind kind{};
    std::string subject;   ///< a stage, or the answer's name in JSON; empty: the scenario
    std::string question;  ///< as reports put it: "rerank runs on", "probability of meeting the budget"
    GateValue before, after;
    GateVerdict verdict{};
};

struct GatedScenario {
    std::string name;  ///< name of its file
    RevisionAnswer before, after;
    std::vector<GateCheck> checks;
    /// Both run, and a number of the answer differs in six digits; or of two that exist, only one runs.
    bool differs = false;
    [[nodiscard]] GateVerdict verdict() const;  ///< the most severe of its checks
};

/// Probability below which a decision is not sure, as for crossovers.
inline constexpr double kSureProbability = 0.9;

struct GateComparison {
    std::string before, after;  ///< names of the revisions
    double sure = kSureProbability;
    std::vector<GatedScenario> scenarios;  ///< sorted by name
    [[nodiscard]] bool blocks() const;
};

/// Evaluates each scenario in both revisions. `scenarios`: names in the folder `scenarios/` of either revision, or
/// files, which are evaluated in both; empty: all scenarios of both. `reached` is told each name before it is
/// evaluated. Errors: a name that is in neither revision (those that exist are listed); revisions without any scenario.
[[nodiscard]] std::optional<GateComparison> compare_revisions(
    const DataRevision& before, const DataRevision& after, const std::vector<std::string>& scenarios, double sure,
    Diagnostics& diagnostics, const std::function<void(std::string_view, std::size_t, std::size_t)>& reached = {});

}  // namespace berth
