// Controls of the scenario: the numbers and choices of each stage, the objective and the budget.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/mapped.h"
#include "berth/analysis/latency_curve.h"
#include "berth/base/quantity_text.h"
#include "explore/controls.h"
#include "graph/batch_rule.h"

namespace berth {

namespace {

constexpr std::int64_t kMostInputs = 64;
constexpr std::int64_t kMostRepeats = 32;
constexpr std::int64_t kMostTokens = 4096;  // default limit if neither buckets nor the model state one

// Whether the model reads inputs of several lengths.
bool reads_lengths(const ModelStage& work) {
    return !work.model.architecture || depends_on_tokens(*work.model.architecture);
}

class StageControls {
  public:
    StageControls(const Stage& stage, const ExploredScenario& explored) : stage_(stage), explored_(explored) {}

    std::vector<Control> take() {
        if (const auto* work = std::get_if<ModelStage>(&stage_.work)) {
            add_inputs(*work);
            add_compilation(*work);
            add_place(*work);
        } else if (const auto takes = text_at("takes"); takes && takes->find_first_of("{±") == std::string::npos) {
            set_number(add("takes", ControlKind::kNumber), *takes);
        }
        set_count(add("repeat", ControlKind::kCount), stage_.repeat, std::max(kMostRepeats, 4 * stage_.repeat));
        return std::move(controls_);
    }

  private:
    [[nodiscard]] std::optional<std::string> text_at(std::string_view key) const {
        return explored_.inputs.text_at(fmt::format("stages.{}.{}", stage_.name, key));
    }

    Control& add(const std::string& key, ControlKind kind) {
        controls_.push_back({fmt::format("stages.{}.{}", stage_.name, key), kind, "stage " + stage_.name, key, ""});
        controls_.back().common = true;
        return controls_.back();
    }

    void add_choice(const std::string& key, std::vector<std::string> choices, std::string value) {
        Control& control = add(key, ControlKind::kChoice);
        if (std::ranges::find(choices, value) == choices.end()) {
            choices.insert(choices.begin(), value);
        }
        control.choices = std::move(choices);
        control.value = std::move(value);
    }

    // Adds controls of input lengths; a distribution of lengths gets none, because it is not a single number.
    void add_inputs(const ModelStage& work) {
        if (work.generation) {
            set_count(add("prompt", ControlKind::kCount), work.generation->prompt, kMostTokens);
            if (work.generation->new_tokens > 0) {
                set_count(add("new_tokens", ControlKind::kCount), work.generation->new_tokens, kMostTokens);
            }
        } else if (work.tokens.size() == 1 && reads_lengths(work)) {
            const std::int64_t longest = longest_input(work.model).value_or(kMostTokens);
            set_count(add("tokens", ControlKind::kCount), work.tokens.front().tokens,
                      work.buckets.empty() ? longest : std::max(work.buckets.back(), work.tokens.front().tokens));
        }
        if (takes_batches(work.model)) {
            set_count(add("batch", ControlKind::kCount), work.batch, std::max(kMostInputs, work.batch));
        }
    }

    void add_compilation(const ModelStage& work) {
        if (!work.generation && reads_lengths(work)) {
            add("buckets", ControlKind::kSizes).value =
                work.buckets.empty() ? "" : fmt::format("[{}]", fmt::join(work.buckets, ", "));
        }
        std::vector<std::string> offered;
        for (const Device& device : explored_.scenario.profile.devices) {
            std::ranges::copy_if(offered_precisions(device), std::back_inserter(offered), [&offered](const auto& name) {
                return std::ranges::find(offered, name) == offered.end();
            });
        }
        add_choice("dtype", std::move(offered), text_at("dtype").value_or(""));
    }

    void add_place(const ModelStage& work) {
        auto places = mapped(explored_.scenario.profile.devices, &Device::name);
        add_choice("on", std::move(places), text_at("on").value_or(""));
        add_choice("granularity", choice_names(kGranularityNames),
                   std::string(choice_name(kGranularityNames, work.granularity)));
        for (DeviceId id = 0; static_cast<std::size_t>(id) < explored_.scenario.profile.devices.size(); ++id) {
            const Device& device = explored_.scenario.profile.devices[static_cast<std::size_t>(id)];
            if (device.cores() > 1) {
                const auto own = work.cores.find(id);
                Control& control = add("cores." + device.name, ControlKind::kCount);
                set_count(control, own != work.cores.end() ? own->second : device.runtime.default_cores,
                          device.cores());
                control.map = text_at("cores") ? "" : fmt::format("stages.{}.cores", stage_.name);
            }
        }
    }

    const Stage& stage_;
    const ExploredScenario& explored_;
    std::vector<Control> controls_;
};

void add_aims(const ExploredScenario& explored, std::vector<Control>& controls) {
    Control objective{"objective", ControlKind::kChoice, "aims", "objective", ""};
    for (const auto& row : kObjectives) {
        objective.choices.emplace_back(row.name);
    }
    objective.value = row_of(explored.scenario.objective).name;
    objective.common = true;
    controls.push_back(std::move(objective));
    if (const auto budget = explored.inputs.text_at("budget")) {
        Control control{"budget", ControlKind::kNumber, "aims", "budget", ""};
        set_number(control, *budget);
        control.common = true;
        controls.push_back(std::move(control));
    }
}

}  // namespace

std::vector<Control> stage_controls(const ExploredScenario& explored) {
    std::vector<Control> controls;
    for (const Stage& stage : explored.scenario.stages) {
        std::ranges::move(StageControls(stage, explored).take(), std::back_inserter(controls));
    }
    add_aims(explored, controls);
    return controls;
}

}  // namespace berth
