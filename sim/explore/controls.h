// Controls of the page: each is a `--set` path of the scenario with its permitted values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/choice.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "berth/scenario/scenario_inputs.h"

namespace berth {

enum class ControlKind : std::uint8_t {
    kNumber,  ///< a number with a unit, on a logarithmic slider
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
    std::string path;  ///< path for `--set`
    ControlKind kind{};
    std::string group;                   ///< owner of the control: `stage rerank`, `npu`, `DRAM`
    std::string label;                   ///< path within the group
    std::string value;                   ///< the scenario's value; empty if it sets none
    std::string unit{};                  ///< text after a number: ` GB/s per core`, `% of bandwidth`
    double number = 0;                   ///< the value without its unit
    double least = 0, most = 0;          ///< range of a slider, in that unit
    std::vector<std::string> choices{};  ///< options of a choice; an empty one sets nothing
    bool common = false;                 ///< one of the most common controls
    std::string note{};                  ///< source and uncertainty of the value
    /// Path of the map that contains this control, if the scenario lacks that map: its entries are then set together.
    std::string map{};
};

/// The unmodified scenario of the page with its inputs and result.
struct ExploredScenario {
    const Scenario& scenario;
    const ScenarioInputs& inputs;
    const ScenarioResult& result;
};

/// Controls of the stages in their order, of budget and objective, then the numbers and switches of the hardware.
[[nodiscard]] std::vector<Control> controls_of(const ExploredScenario& explored);

/// Why a value is not permitted for a control; empty if it is. In combination with other settings it may still be
/// rejected.
[[nodiscard]] std::string why_not_set(const Control& control, const std::string& value);

/// Adds the setting of a control to a permitted value.
void add_setting(const Control& control, const std::string& value, std::vector<Override>& settings);

/// The two parts of controls_of().
[[nodiscard]] std::vector<Control> stage_controls(const ExploredScenario& explored);
[[nodiscard]] std::vector<Control> hardware_controls(const ExploredScenario& explored);

/// Sets a number control from `value`, separating number and unit; the slider ranges from a sixteenth to sixteen times
/// the number.
void set_number(Control& control, const std::string& value);
/// Sets a count control with the range from 1 to `most`.
void set_count(Control& control, std::int64_t value, std::int64_t most);

}  // namespace berth
