// A scenario that is evaluated repeatedly with changed controls: the answers and exports of the page.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "berth/scenario/scenario_inputs.h"
#include "explore/controls.h"
#include "report/json_values.h"

namespace berth {

/// Map of the chosen placement of a stage over the values of two controls.
struct MapQuestion {
    std::string stage, across, up;  ///< the stage, and paths of two numbers or counts
    std::size_t columns = 9, rows = 7;
    bool sure = false;  ///< whether cells include the confidence in the choice, which takes longer
};

/// Whether a control can be an axis of a map: a number or count that can be set independently.
[[nodiscard]] bool may_be_on_maps(const Control& control);

/// Thread-safe; queries do not modify it.
class Explorer {
  public:
    /// Absent, with errors, if the scenario cannot be loaded or run. Files are read once.
    [[nodiscard]] static std::optional<Explorer> open(ScenarioSource source, Diagnostics& diagnostics);

    [[nodiscard]] const std::vector<Control>& controls() const { return controls_; }
    /// `title`, `command`, `controls[]` and the first `answer`.
    [[nodiscard]] Json description() const;

    /// Settings from {PATH: VALUE}, in the order of the controls; an error for each path that is no control, and for
    /// each value that is not permitted.
    [[nodiscard]] std::vector<Override> settings_of(const Json& changes, Diagnostics& diagnostics) const;
    /// Map question from {"stage", "across", "up", "columns", "rows", "sure"}; an error for each invalid member.
    [[nodiscard]] std::optional<MapQuestion> map_question(const Json& asked, Diagnostics& diagnostics) const;

    // Answers for the scenario with settings; absent, with errors, if it cannot run with them.
    /// explored_answer(), with the title and the equivalent command line.
    [[nodiscard]] std::optional<Json> answer(const std::vector<Override>& settings, Diagnostics& diagnostics) const;
    /// `warnings[]` for settings without effect.
    [[nodiscard]] Json silent(const std::vector<Override>& settings) const;
    /// `across` and `up` (`path`, `values[]`), `placements[]`, and `cells[]` row by row from the first value of `up`:
    /// [placement, total in ms, whether it meets the budget, probability that the placement is the fastest]; an entry
    /// is null if it does not exist or was not requested.
    [[nodiscard]] std::optional<Json> map(const std::vector<Override>& settings, const MapQuestion& question,
                                          Diagnostics& diagnostics) const;
    /// A scenario file that extends this scenario.
    [[nodiscard]] std::string scenario_file(const std::vector<Override>& settings) const;
    /// The page that `berth run --report` writes.
    [[nodiscard]] std::optional<std::string> report(const std::vector<Override>& settings,
                                                    Diagnostics& diagnostics) const;

  private:
    /// Confidence in the choice of a stage; absent if the scenario cannot run with these settings.
    [[nodiscard]] std::optional<double> confidence(const std::vector<Override>& settings,
                                                   const std::string& stage) const;
    Explorer(ScenarioSource source, ScenarioInputs inputs) : source_(std::move(source)), inputs_(std::move(inputs)) {}
    [[nodiscard]] ScenarioSource with(const std::vector<Override>& settings) const;
    [[nodiscard]] std::optional<Scenario> loaded(const std::vector<Override>& settings, Diagnostics& diagnostics) const;
    [[nodiscard]] std::string command(const std::vector<Override>& settings) const;
    [[nodiscard]] const Control* control_at(const std::string& path) const;

    ScenarioSource source_;
    ScenarioInputs inputs_;
    std::string title_;
    std::vector<Control> controls_;
    Json first_answer_;
};

}  // namespace berth
