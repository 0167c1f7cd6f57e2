// Compares the documents of two scenarios leaf by leaf: hardware, then stage by stage, then everything else.
#include "analysis/scenario_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "berth/base/quantity_text.h"
#include "berth/base/yaml_differences.h"
#include "berth/hardware/profile.h"
#include "berth/scenario/scenario.h"

namespace berth {

namespace {

/// Values of inputs that a file omits, so that an explicit default is no difference.
class InputDefaults {
  public:
    InputDefaults(const Scenario& before, const Scenario& after);

    /// Whether one side states the value that the other has implicitly; `prefix` precedes the difference's path.
    [[nodiscard]] bool are_same(const YamlDifference& difference, std::string_view prefix) const;
    /// Value of an input that the files omit: a default of scenarios, a number of the profile, or "not set".
    [[nodiscard]] std::string before(const std::string& path) const;
    [[nodiscard]] std::string after(const std::string& path, int digits = kShownDigits) const;

  private:
    struct Number {
        double value = 0;  ///< SI
        Dimension dimension;
    };
    using Numbers = std::map<std::string, Number, std::less<>>;
    static Numbers numbers_of(const Scenario& scenario);
    static constexpr int kShownDigits = 4;
    static std::string text_at(const Numbers& numbers, const std::string& path, int digits);

    Numbers before_, after_;
};

constexpr double kSame = 1e-12;

/// Defaults by the last key of the path.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kDefaults{{
    {"objective", "latency"},
    {"repeat", "1"},
    {"batch", "1"},
    {"enabled", "true"},
    {"granularity", "model"},
    {"buckets", "[]"},
}};

std::string_view default_of(std::string_view key) {
    for (const auto& [name, value] : kDefaults) {
        if (name == key) {
            return value;
        }
    }
    return "";
}

InputDefaults::InputDefaults(const Scenario& before, const Scenario& after)
    : before_(numbers_of(before)), after_(numbers_of(after)) {}

InputDefaults::Numbers InputDefaults::numbers_of(const Scenario& scenario) {
    Profile copy = scenario.profile;
    Numbers numbers;
    for (const ParameterView& number : parameters(copy)) {
        numbers.emplace(typed_path(number.path), Number{number.value, number.dimension});
    }
    return numbers;
}

bool InputDefaults::are_same(const YamlDifference& difference, std::string_view prefix) const {
    if (difference.order || difference.before.has_value() == difference.after.has_value()) {
        return false;
    }
    const std::string& named = difference.before ? *difference.before : *difference.after;
    if (named == default_of(difference.steps.back())) {
        return true;
    }
    const Numbers& of_other = difference.before ? after_ : before_;
    const auto other = of_other.find(std::string(prefix) + difference.path());
    const auto parsed = parse_quantity(named);
    const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
    return other != of_other.end() && quantity != nullptr && !quantity->spread &&
           quantity->dimension == other->second.dimension &&
           std::abs(quantity->value - other->second.value) <= kSame * std::abs(other->second.value);
}

std::string InputDefaults::text_at(const Numbers& numbers, const std::string& path, int digits) {
    const auto found = numbers.find(path);
    if (found != numbers.end()) {
        return quantity_text(found->second.value, found->second.dimension, digits);
    }
    const std::string_view known = default_of(std::string_view(path).substr(path.rfind('.') + 1));
    return known.empty() ? "not set" : std::string(known);
}

std::string InputDefaults::before(const std::string& path) const { return text_at(before_, path, kShownDigits); }
std::string InputDefaults::after(const std::string& path, int digits) const { return text_at(after_, path, digits); }

constexpr std::string_view kStages = "stages";

std::string text_of(const std::optional<std::string>& text) { return text.value_or("not set"); }

/// Model file of a stage; null if it is not YAML, or if there is no such stage.
const StageModel* model_of(const ScenarioInputs& inputs, const std::string& stage) {
    const auto found = std::ranges::find(inputs.stage_models, stage, &StageModel::stage);
    return found == inputs.stage_models.end() ? nullptr : &*found;
}

/// Whether a difference is only the name of the profile: nothing is computed from it, and every profile has another
/// one.
bool describes_hardware(const YamlDifference& difference) { return difference.path() == "profile"; }

/// A difference of the hardware. A share of another number that differs, too, is first made at the value that it will
/// have, and becomes a share again with the number that it is a share of: else its effect and that of its base would be
/// two opposite steps that mean little.
struct HardwareStep {
    YamlDifference difference;
    std::optional<std::string> alone;    ///< its value in numbers of its own, while its base is the former one
    std::vector<YamlDifference> shares;  ///< differences that become shares of this number
};

// A share as a number of its own, which keeps the words behind it: `11.2 GB/s per core`. Absent for other numbers.
std::optional<std::string> number_alone(const YamlDifference& difference, const InputDefaults& defaults) {
    const auto relative = difference.after ? parse_relative(*difference.after) : std::nullopt;
    const auto* share = relative ? std::get_if<RelativeText>(&*relative) : nullptr;
    constexpr int kDigits = 15;
    return share == nullptr
               ? std::nullopt
               : std::optional(defaults.after(typed_path(difference.path()), kDigits) +
                               (share->per ? fmt::format(" per {}", choice_name(kSharingNames, *share->per)) : ""));
}

// Shares come before the numbers that they are shares of.
std::vector<HardwareStep> hardware_steps(const std::vector<YamlDifference>& differences,
                                         const std::vector<RelativeNumber>& relative, const InputDefaults& defaults) {
    std::vector<HardwareStep> steps;
    std::set<std::string> made;
    const auto difference_at = [&](const std::string& path) {
        return std::ranges::find(differences, path, &YamlDifference::path);
    };
    const std::function<void(const YamlDifference&)> add = [&](const YamlDifference& difference) {
        const std::string path = difference.path();
        if (!made.insert(path).second) {
            return;
        }
        HardwareStep step{difference, std::nullopt, {}};
        for (const RelativeNumber& one : relative) {
            const auto share = one.base == path ? difference_at(one.path) : differences.end();
            if (share != differences.end()) {
                add(*share);
                step.shares.push_back(*share);
            }
            if (one.path == path && difference_at(one.base) != differences.end()) {
                step.alone = number_alone(difference, defaults);
            }
        }
        steps.push_back(std::move(step));
    };
    std::ranges::for_each(differences, add);
    return steps;
}

std::vector<std::string> stage_names(const ScenarioInputs& inputs) {
    std::vector<std::string> names;
    while (auto name = inputs.scenario.text_at(fmt::format("{}.{}.name", kStages, names.size()))) {
        names.push_back(std::move(*name));
    }
    return names;
}

class Comparison {
  public:
    Comparison(const ComparedScenario& before, const ComparedScenario& after)
        : before_(before), after_(after), defaults_(before.scenario, after.scenario) {}

    std::vector<InputChange> changes() {
        compare_hardware();
        compare_runtimes();
        compare_omissions();
        for (const YamlDifference& difference : differences_between(before_.inputs.scenario, after_.inputs.scenario)) {
            sort_in(difference);
        }
        for (const std::string& stage : stage_order_) {
            compare_model(stage);
            add_all(of_stages_[stage]);
        }
        compare_other_models();
        add_all(whole_stages_);
        add_all(others_);
        return std::move(changes_);
    }

  private:
    void add_all(const std::vector<YamlDifference>& differences) {
        for (const YamlDifference& difference : differences) {
            add_of_scenario(difference);
        }
    }

    void add(std::string path, std::string before, std::string after, std::function<void(ScenarioInputs&)> make) {
        changes_.push_back({{std::move(path), std::move(before), std::move(after)}, std::move(make)});
    }

    // Assigns a difference to a stage or to none. Added or removed stages, and a changed order of stages, are handled
    // as a whole.
    void sort_in(const YamlDifference& difference) {
        const bool of_stage = !difference.steps.empty() && difference.steps.front() == kStages;
        if (of_stage && difference.steps.size() > 2) {
            const std::string& stage = difference.steps[1];
            if (!of_stages_.contains(stage)) {
                stage_order_.push_back(stage);
            }
            of_stages_[stage].push_back(difference);
        } else if (of_stage) {
            whole_stages_.push_back(difference);
        } else if (difference.path() != "scenario" || before_.inputs.scenario_file == after_.inputs.scenario_file) {
            others_.push_back(difference);  // two files have two names, which head the answer
        }
    }

    void add_of_scenario(const YamlDifference& difference) {
        if (defaults_.are_same(difference, "")) {
            return;
        }
        const bool whole_stage =
            difference.steps.size() == 2 && difference.steps.front() == kStages && !difference.order;
        const bool comes_or_goes = whole_stage && (!difference.before || !difference.after);
        add(difference.path() + (difference.order ? " (order)" : ""),
            comes_or_goes ? (difference.before ? "there" : "not there")
                          : difference.before.value_or(defaults_.before(difference.path())),
            comes_or_goes ? (difference.after ? "there" : "not there")
                          : difference.after.value_or(defaults_.after(difference.path())),
            [difference, &from = after_.inputs.scenario](ScenarioInputs& inputs) {
                take_over(inputs.scenario, difference, from);
            });
        changes_.back().name = difference.path() == "scenario";
    }

    void compare_hardware() {
        std::vector<YamlDifference> differences;
        for (const YamlDifference& difference : differences_between(before_.inputs.hardware, after_.inputs.hardware)) {
            if (!describes_hardware(difference) && !defaults_.are_same(difference, "hardware.")) {
                differences.push_back(difference);
            }
        }
        for (const HardwareStep& step : hardware_steps(differences, after_.scenario.profile.relative, defaults_)) {
            const YamlDifference& difference = step.difference;
            const std::string path = "hardware." + difference.path();
            const auto text = [&](const std::optional<std::string>& written, const std::string& value) {
                return !written ? value : step.alone ? fmt::format("{} ({})", *written, value) : *written;
            };
            add(path, text(difference.before, defaults_.before(path)), text(difference.after, defaults_.after(path)),
                [step, &from = after_.inputs.hardware](ScenarioInputs& inputs) { make(step, inputs, from); });
            changes_.back().input.origin = difference.origin;
        }
    }

    static void make(const HardwareStep& step, ScenarioInputs& inputs, const YamlDocument& from) {
        const std::string at = step.difference.path();
        const auto make_in = [&](YamlDocument& document) {
            take_over(document, step.difference, from);
            if (step.alone) {
                Diagnostics ignored;
                static_cast<void>(document.set(at, *step.alone, ignored));
            }
            for (const YamlDifference& share : step.shares) {
                take_over(document, share, from);
            }
        };
        for (RuntimeInput& runtime : inputs.runtimes) {
            if (runtime.document.text_at(at) == inputs.hardware.text_at(at)) {
                make_in(runtime.document);
            }
        }
        make_in(inputs.hardware);
    }

    // Differences of runtimes that both sides have, except those that follow the hardware.
    void compare_runtimes() {
        for (std::size_t i = 0; i < before_.inputs.runtimes.size(); ++i) {
            const RuntimeInput& old = before_.inputs.runtimes[i];
            const auto now = std::ranges::find(after_.inputs.runtimes, old.file, &RuntimeInput::file);
            if (now == after_.inputs.runtimes.end()) {
                continue;
            }
            for (const YamlDifference& difference : differences_between(old.document, now->document)) {
                const std::string path = fmt::format("{}{}.{}", kRuntimesPrefix, old.name, difference.path());
                if (before_.inputs.is_shared(path) && after_.inputs.is_shared(path)) {
                    continue;
                }
                add(path, difference.before.value_or(defaults_.before(path)),
                    difference.after.value_or(defaults_.after(path)),
                    [difference, i, &from = now->document](ScenarioInputs& inputs) {
                        take_over(inputs.runtimes[i].document, difference, from);
                    });
            }
        }
    }

    // Devices that --set disables.
    void compare_omissions() {
        std::map<std::string, std::pair<std::string, std::string>> values;
        for (const Override& each : before_.inputs.omissions) {
            values.try_emplace(each.path, "true", "true").first->second.first = each.value;
        }
        for (const Override& each : after_.inputs.omissions) {
            values.try_emplace(each.path, "true", "true").first->second.second = each.value;
        }
        for (const auto& [path, both] : values) {
            if (both.first != both.second) {
                add(path, both.first, both.second, [path = path, value = both.second](ScenarioInputs& inputs) {
                    std::erase_if(inputs.omissions, [&path](const Override& each) { return each.path == path; });
                    inputs.omissions.push_back({path, value});
                });
            }
        }
    }

    void compare_documents(const std::string& name, const std::filesystem::path& old_file,
                           const std::filesystem::path& new_file) {
        const auto old = before_.inputs.models.find(old_file);
        const auto now = after_.inputs.models.find(new_file);
        if (old == before_.inputs.models.end() || now == after_.inputs.models.end()) {
            return;
        }
        for (const YamlDifference& difference : differences_between(old->second, now->second)) {
            const std::string path = difference.path();
            if (old_file != new_file && (path == "model" || path == "description" || path == "source")) {
                continue;  // the model's name is changed after its contents, and brings these along
            }
            add(fmt::format("models.{}.{}", name, path), text_of(difference.before), text_of(difference.after),
                [difference, old_file, &from = now->second](ScenarioInputs& inputs) {
                    take_over(inputs.models.at(old_file), difference, from);
                });
        }
        compared_.insert(old_file);
    }

    /// Whether the stage's model can be changed into the other one size by size: no other stage uses it, and both have
    /// the same architecture.
    [[nodiscard]] bool changes_by_size(const StageModel& old, const StageModel& now) const {
        for (const ScenarioInputs* inputs : {&before_.inputs, &after_.inputs}) {
            if (std::ranges::count(inputs->stage_models, old.file, &StageModel::file) > 1) {
                return false;
            }
        }
        const auto a = before_.inputs.models.find(old.file);
        const auto b = after_.inputs.models.find(now.file);
        return a != before_.inputs.models.end() && b != after_.inputs.models.end() &&
               !after_.inputs.models.contains(old.file) && a->second.text_at("architecture") &&
               a->second.text_at("architecture") == b->second.text_at("architecture");
    }

    void compare_model(const std::string& stage) {
        const StageModel* old = model_of(before_.inputs, stage);
        const StageModel* now = model_of(after_.inputs, stage);
        if (old == nullptr || now == nullptr || compared_.contains(old->file)) {
            return;
        }
        if (old->file == now->file || changes_by_size(*old, *now)) {
            compare_documents(old->name, old->file, now->file);
        }
    }

    // Compares models of stages that have no other difference.
    void compare_other_models() {
        for (const StageModel& old : before_.inputs.stage_models) {
            if (!compared_.contains(old.file) && after_.inputs.models.contains(old.file)) {
                compare_documents(old.name, old.file, old.file);
            }
        }
    }

    ComparedScenario before_, after_;
    InputDefaults defaults_;
    std::vector<std::string> stage_order_;
    std::map<std::string, std::vector<YamlDifference>> of_stages_;
    std::vector<YamlDifference> whole_stages_, others_;
    std::set<std::filesystem::path> compared_;
    std::vector<InputChange> changes_;
};

}  // namespace

std::vector<StageRenaming> renamed_stages(const ScenarioInputs& before, const ScenarioInputs& after) {
    const auto old_names = stage_names(before);
    const auto new_names = stage_names(after);
    std::vector<StageRenaming> renamed;
    for (std::size_t i = 0; old_names.size() == new_names.size() && i < old_names.size(); ++i) {
        const auto same = [&, i](const char* key) {
            const std::string path = fmt::format("{}.{}.{}", kStages, i, key);
            return before.scenario.text_at(path) == after.scenario.text_at(path);
        };
        const bool is_new = std::ranges::find(old_names, new_names[i]) == old_names.end() &&
                            std::ranges::find(new_names, old_names[i]) == new_names.end();
        if (is_new && same("model") && same("takes")) {
            renamed.push_back({old_names[i], new_names[i]});
        }
    }
    return renamed;
}

std::vector<InputChange> changes_between(const ComparedScenario& before, const ComparedScenario& after) {
    std::vector<InputChange> changes;
    ScenarioInputs renamed = before.inputs;
    for (const StageRenaming& each : renamed_stages(before.inputs, after.inputs)) {
        const std::string path = fmt::format("{}.{}.name", kStages, each.before);
        const auto rename = [each, path](ScenarioInputs& inputs) {
            Diagnostics ignored;
            inputs.scenario.set(path, each.after, ignored);
            for (StageModel& model : inputs.stage_models) {
                model.stage = model.stage == each.before ? each.after : model.stage;
            }
        };
        rename(renamed);
        changes.push_back({{path, each.before, each.after}, rename, true});
    }
    std::ranges::move(Comparison({before.scenario, renamed}, after).changes(), std::back_inserter(changes));
    return changes;
}

}  // namespace berth
