// What the page offers to change in a scenario: each control is a path of `--set` with what may stand there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/choice.h"
#include "berth/evaluation.h"
#include "berth/scenario.h"
#include "berth/scenario_inputs.h"

namespace berth {

enum class ControlKind : std::uint8_t {
    kNumber,  ///< with a unit, on a logarithmic slider
    kCount,   ///< a whole number of 1 or more
    kSwitch,  ///< true or false
    kChoice,  ///< one of a few names
    kSizes,   ///< a list of whole numbers, such as buckets
};
inline constexpr std::array<Choice<ControlKind>, 5> kControlKindNames{{{"number", ControlKind::kNumber},
                                                                       {"count", ControlKind::kCount},
                                                                       {"switch", ControlKind::kSwitch},
                                                                       {"choice", ControlKind::kChoice},
                                                                       {"sizes", ControlKind::kSizes}}};

struct Control {
    std::string path;  ///< as `--set` writes it
    ControlKind kind{};
    std::string group;                   ///< what it belongs to: `stage rerank`, `npu`, `DRAM`
    std::string label;                   ///< its path within that
    std::string value;                   ///< as the scenario has it; empty: nothing is set there
    std::string unit{};                  ///< of a number, all that follows it: ` GB/s per core`, `% of bandwidth`
    double number = 0;                   ///< the value without its unit
    double least = 0, most = 0;          ///< of a slider, in that unit
    std::vector<std::string> choices{};  ///< of a choice; an empty one sets nothing
    bool common = false;                 ///< one of those that are asked about first
    std::string note{};                  ///< where the value is from, and how certain it is
    /// Path of the map that it is an entry of, where the scenario has no such map: entries are set there together.
    std::string map{};
};

/// What is known of a scenario before anything is changed on the page.
struct ExploredScenario {
    const Scenario& scenario;
    const ScenarioInputs& inputs;
    const ScenarioResult& result;
};

/// Controls of its stages in their order, its budget and objective, then the numbers and switches of its hardware.
[[nodiscard]] std::vector<Control> controls_of(const ExploredScenario& explored);

/// Why the text may not be set there; empty where it may. It may still be refused with what else is set.
[[nodiscard]] std::string why_not_set(const Control& control, const std::string& value);

/// Adds what sets the control to a value that it may have.
void add_setting(const Control& control, const std::string& value, std::vector<Override>& settings);

/// The two parts of controls_of().
[[nodiscard]] std::vector<Control> stage_controls(const ExploredScenario& explored);
[[nodiscard]] std::vector<Control> hardware_controls(const ExploredScenario& explored);

/// A number that may be `value`, split from its unit; a slider reaches a sixteenth and sixteen times of it.
void set_number(Control& control, const std::string& value);
/// A whole number between 1 and `most`.
void set_count(Control& control, std::int64_t value, std::int64_t most);

}  // namespace berth
