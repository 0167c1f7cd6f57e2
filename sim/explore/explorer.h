// A scenario that is asked again and again with some of its controls set: what the page shows, and what it exports.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "berth/scenario_inputs.h"
#include "explore/controls.h"
#include "report/json_values.h"

namespace berth {

/// Which placement of a stage is chosen over the values of two controls.
struct MapQuestion {
    std::string stage, across, up;  ///< a stage, and paths of numbers or counts
    std::size_t columns = 9, rows = 7;
    bool sure = false;  ///< whether cells say how sure the choice is, which takes longer
};

/// A number that stands for itself.
[[nodiscard]] bool may_be_on_maps(const Control& control);

/// For many threads at once. Nothing that is asked changes it.
class Explorer {
  public:
    /// Absent, with errors, where the scenario does not load or cannot run. Files are read once.
    [[nodiscard]] static std::optional<Explorer> open(ScenarioSource source, Diagnostics& diagnostics);

    [[nodiscard]] const std::vector<Control>& controls() const { return controls_; }
    /// `title`, `command`, `controls[]` and the first `answer`.
    [[nodiscard]] Json description() const;

    /// Of {PATH: VALUE}, in the order of the controls; an error for each path that is no control, and for each value
    /// that it may not have.
    [[nodiscard]] std::vector<Override> settings_of(const Json& changes, Diagnostics& diagnostics) const;
    /// Of {"stage", "across", "up", "columns", "rows", "sure"}; errors likewise.
    [[nodiscard]] std::optional<MapQuestion> map_question(const Json& asked, Diagnostics& diagnostics) const;

    // What is asked about the scenario with settings; absent, with errors, where it cannot run so.
    /// explored_answer(), with the title and the command that gives the same.
    [[nodiscard]] std::optional<Json> answer(const std::vector<Override>& settings, Diagnostics& diagnostics) const;
    /// `warnings[]` for those that move nothing.
    [[nodiscard]] Json silent(const std::vector<Override>& settings) const;
    /// `across` and `up` (`path`, `values[]`), `placements[]`, and `cells[]` row by row from the first value of `up`:
    /// [placement, total in ms, whether it meets the budget, probability that the placement is the fastest], each null
    /// where there is none or it was not asked for.
    [[nodiscard]] std::optional<Json> map(const std::vector<Override>& settings, const MapQuestion& question,
                                          Diagnostics& diagnostics) const;
    /// A scenario file that extends this one.
    [[nodiscard]] std::string scenario_file(const std::vector<Override>& settings) const;
    /// The page that `berth run --report` writes.
    [[nodiscard]] std::optional<std::string> report(const std::vector<Override>& settings,
                                                    Diagnostics& diagnostics) const;

  private:
    /// How sure the choice of a stage is; absent where the scenario cannot run so.
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
