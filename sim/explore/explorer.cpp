// Answers of the page, computed by the same functions as those of the other commands.
#include "explore/explorer.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/analysis/design_review.h"
#include "berth/analysis/findings.h"
#include "berth/analysis/scenario_analysis.h"
#include "berth/analysis/silent_changes.h"
#include "berth/base/build_info.h"
#include "berth/report/provenance.h"
#include "berth/report/report.h"
#include "explore/answer_json.h"

namespace berth {

namespace {

constexpr std::size_t kRequestsDrawn = 4;  // requests in the timeline of a report

Json control_json(const Control& control) {
    return Json{{"path", control.path},
                {"kind", choice_name(kControlKindNames, control.kind)},
                {"group", control.group},
                {"label", control.label},
                {"value", control.value},
                {"unit", control.unit},
                {"number", control.number},
                {"least", control.least},
                {"most", control.most},
                {"choices", control.choices},
                {"common", control.common},
                {"note", control.note},
                {"on_maps", may_be_on_maps(control)}};
}

// A text as a YAML string in single quotes.
std::string yaml_text(std::string text) {
    for (std::size_t at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 2)) {
        text.insert(at, 1, '\'');
    }
    return "'" + text + "'";
}

}  // namespace

std::optional<Explorer> Explorer::open(ScenarioSource source, Diagnostics& diagnostics) {
    source.library.kept = std::make_shared<KeptDocuments>();
    auto inputs = resolved_inputs(source, diagnostics);
    const auto scenario = load_scenario(source.library, source.scenario, source.settings, diagnostics);
    const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!inputs || !result) {
        return std::nullopt;
    }
    Explorer explorer(std::move(source), std::move(*inputs));
    explorer.title_ = scenario->name;
    explorer.controls_ = controls_of({*scenario, explorer.inputs_, *result});
    explorer.first_answer_ = explorer.answer({}, diagnostics).value_or(Json());
    return explorer;
}

Json Explorer::description() const {
    return Json{{"title", title_},
                {"command", command({})},
                {"controls", json_array(controls_, control_json)},
                {"answer", first_answer_}};
}

const Control* Explorer::control_at(const std::string& path) const {
    const auto found = std::ranges::find(controls_, path, &Control::path);
    return found == controls_.end() ? nullptr : &*found;
}

std::vector<Override> Explorer::settings_of(const Json& changes, Diagnostics& diagnostics) const {
    if (!changes.is_object()) {
        diagnostics.error(SourceLocation("settings"), "are no map from paths to values");
        return {};
    }
    for (const auto& [path, value] : changes.items()) {
        const Control* control = control_at(path);
        const std::string wanted = control == nullptr  ? "a path of this page"
                                   : value.is_string() ? why_not_set(*control, value.get<std::string>())
                                                       : "a text";
        if (!wanted.empty()) {
            diagnostics.error(SourceLocation(), fmt::format("{} cannot be set to {}", path, value.dump()), wanted);
        }
    }
    std::vector<Override> settings;
    for (const Control& control : controls_) {
        const auto set = changes.find(control.path);
        if (set != changes.end() && set->is_string() && *set != control.value) {
            add_setting(control, set->get<std::string>(), settings);
        }
    }
    return settings;
}

ScenarioSource Explorer::with(const std::vector<Override>& settings) const {
    ScenarioSource source = source_;
    source.settings.insert(source.settings.end(), settings.begin(), settings.end());
    return source;
}

std::optional<Scenario> Explorer::loaded(const std::vector<Override>& settings, Diagnostics& diagnostics) const {
    const ScenarioSource source = with(settings);
    auto scenario = load_scenario(source.library, source.scenario, source.settings, diagnostics);
    if (scenario) {
        scenario->changes = setting_changes(scenario->source);
    }
    return scenario;
}

std::string Explorer::command(const std::vector<Override>& settings) const {
    std::vector<std::string> words{"run", source_.scenario};
    for (const Override& each : with(settings).settings) {
        words.insert(words.end(), {"--set", fmt::format("{}={}", each.path, each.value)});
    }
    return command_text(words);
}

std::optional<Json> Explorer::answer(const std::vector<Override>& settings, Diagnostics& diagnostics) const {
    const auto scenario = loaded(settings, diagnostics);
    const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        return std::nullopt;
    }
    Json object = explored_answer(*scenario, *result);
    object["title"] = title_of(scenario->name, scenario->changes);
    object["command"] = command(settings);
    return object;
}

Json Explorer::silent(const std::vector<Override>& settings) const {
    std::vector<Warning> warnings = silent_settings(with(settings));
    std::erase_if(warnings, [&settings](const Warning& warning) {
        return std::ranges::find(settings, warning.path, &Override::path) == settings.end();
    });
    return {{"warnings", json_warnings(warnings)}};
}

std::string Explorer::scenario_file(const std::vector<Override>& settings) const {
    const bool shipped = source_.scenario.find('/') == std::string::npos && !source_.scenario.ends_with(".yaml");
    const std::string base = shipped ? source_.scenario : std::filesystem::absolute(inputs_.scenario_file).string();
    std::string text = fmt::format("scenario: {}\nextends: {}\n", yaml_text(title_ + ", explored"), yaml_text(base));
    const ScenarioSource source = with(settings);
    text += source.settings.empty() ? "" : "set:\n";
    for (const Override& each : source.settings) {
        text += fmt::format("  {}: {}\n", yaml_text(each.path), each.value);
    }
    return text;
}

std::optional<std::string> Explorer::report(const std::vector<Override>& settings, Diagnostics& diagnostics) const {
    const auto scenario = loaded(settings, diagnostics);
    AnalysisOptions wanted;
    wanted.settings = with(settings);
    wanted.drawn = kRequestsDrawn;
    wanted.traced = kRequestsDrawn;
    const auto result = scenario ? analyse(*scenario, wanted, diagnostics) : std::nullopt;
    if (!result) {
        return std::nullopt;
    }
    ReportContent content{*result,
                          *scenario,
                          findings(*scenario, *result),
                          latency_curves(*scenario),
                          design_review(*scenario, *result),
                          {std::string(kVersion), command(settings), "", {}, {}, {}}};
    add_scenario(content.provenance, *scenario);
    return html_report(content, draw_pictures(*result, scenario->profile, content.curves, content.review, diagnostics));
}

}  // namespace berth
