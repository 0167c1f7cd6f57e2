// Findings for an architect to act on, each with the gain that a re-run of the scenario predicts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

enum class FindingKind : std::uint8_t {
    kPadding,
    kSpill,
    kPingPong,
    kFallback,
    kDispatch,
    kFusion,
    kMemoryBound,
    kPrecision,
    kCores,
    kContext,
    kFlip,
};
inline constexpr std::array<Choice<FindingKind>, 11> kFindingKindNames{{
    {"padding", FindingKind::kPadding},
    {"spill", FindingKind::kSpill},
    {"ping-pong", FindingKind::kPingPong},
    {"fallback", FindingKind::kFallback},
    {"dispatch", FindingKind::kDispatch},
    {"fusion", FindingKind::kFusion},
    {"memory-bound", FindingKind::kMemoryBound},
    {"precision", FindingKind::kPrecision},
    {"cores", FindingKind::kCores},
    {"context", FindingKind::kContext},
    {"flip", FindingKind::kFlip},
}};

/// Another stage whose time a change of the chip moves.
struct StageEffect {
    std::string stage;
    Time before, after;                       ///< of all its passes
    std::string chosen_before, chosen_after;  ///< its placement
};

struct Finding {
    FindingKind kind{};
    std::string stage;
    std::vector<std::string> also_in;                         ///< other stages of which the same change was found
    std::string text;                                         ///< one or two sentences per stage, with the numbers
    std::vector<std::pair<std::string, std::string>> change;  ///< PATH and YAML value, ready for `--set`
    std::optional<Time> before, after;                        ///< scenario's total without and with the change
    std::string chosen_before, chosen_after;                  ///< placement of the stage, if the change affects it
    std::vector<StageEffect> others{};                        ///< further stages that the change moves, told by `text`
};

/// Whether the change moves the scenario's total by at least 0.05 %.
[[nodiscard]] bool changes_total(const Finding& finding);

/// Finds all findings of a result. Those that change the total come first, by decreasing gain; gains are predicted by
/// evaluating a changed copy of the scenario.
[[nodiscard]] std::vector<Finding> findings(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
