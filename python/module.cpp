// The compiled half of the Python module: questions in, answers in JSON and rows out. What Python makes of them stands
// in python/berth/__init__.py.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "berth/base/build_info.h"
#include "berth/evaluation/evaluation.h"
#include "berth/analysis/every_number.h"
#include "berth/analysis/findings.h"
#include "berth/report/hardware_comparison_report.h"
#include "berth/report/report.h"
#include "berth/analysis/scenario_analysis.h"
#include "berth/report/scenario_diff_report.h"
#include "berth/scenario/scenario_inputs.h"
#include "berth/report/sweep_report.h"

namespace berth {

namespace {

namespace py = pybind11;

constexpr std::size_t kMostPoints = 1'000'000;

/// What the command would print on standard error.
class InputError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Settings = std::vector<std::pair<std::string, std::string>>;

/// A scenario as Python asks for it: a name or a path, and what is changed in it, where data lies.
struct Question {
    std::vector<std::string> roots;
    std::string scenario;
    Settings settings;
};

ScenarioSource source_of(const Question& question) {
    ScenarioSource source;
    source.library.roots.assign(question.roots.begin(), question.roots.end());
    source.scenario = question.scenario;
    for (const auto& [path, value] : question.settings) {
        source.settings.push_back({path, value, "in Python"});
    }
    return source;
}

void raise_errors(const Diagnostics& diagnostics) {
    if (diagnostics.has_errors()) {
        std::string text = diagnostics.text();
        text.erase(text.find_last_not_of('\n') + 1);
        throw InputError(text);
    }
}

/// The value, or the errors that kept it from being one.
template <class Value>
Value value_or_raise(std::optional<Value> value, const Diagnostics& diagnostics) {
    raise_errors(diagnostics);
    if (!value) {
        throw InputError("no answer, and no reason for it");
    }
    return std::move(*value);
}

Scenario loaded(const Question& question) {
    const ScenarioSource source = source_of(question);
    Diagnostics diagnostics;
    Scenario scenario =
        value_or_raise(load_scenario(source.library, source.scenario, source.settings, diagnostics), diagnostics);
    scenario.changes = setting_changes(scenario.source);
    return scenario;
}

/// With the command that gives the same answer.
Provenance provenance_of(const Scenario& scenario) {
    std::vector<std::string> words{"run", scenario.source.scenario};
    for (const Override& setting : scenario.source.settings) {
        words.insert(words.end(), {"--set", setting.path + "=" + setting.value});
    }
    Provenance provenance;
    provenance.version = kVersion;
    provenance.command = command_text(words);
    add_scenario(provenance, scenario);
    return provenance;
}

void check(const Question& question) { static_cast<void>(loaded(question)); }

std::string run(const Question& question) {
    const Scenario scenario = loaded(question);
    AnalysisOptions options;
    options.settings = source_of(question);
    Diagnostics diagnostics;
    const ScenarioResult result = value_or_raise(analyse(scenario, options, diagnostics), diagnostics);
    return with_provenance(json_report(result, scenario, findings(scenario, result)), provenance_of(scenario));
}

std::string compare(const Question& question, const std::vector<std::string>& hardware) {
    const ScenarioSource source = source_of(question);
    Diagnostics diagnostics;
    for (const std::string& name : hardware) {
        static_cast<void>(find_file(source.library, "hardware", name, SourceLocation("hardware"), diagnostics));
    }
    raise_errors(diagnostics);
    const HardwareComparison comparison = compare_hardware(source, hardware);
    std::vector<ProfileOrigin> origins;
    for (const ChipAnswer& chip : comparison.chips) {
        origins.push_back(chip.scenario ? profile_origin(chip.scenario->profile, source.library) : ProfileOrigin{});
    }
    return comparison_json(comparison, origins);
}

std::string diff(const Question& before, const Question& after) {
    Diagnostics diagnostics;
    return diff_json(value_or_raise(diff_scenarios(loaded(before), loaded(after), diagnostics), diagnostics));
}

std::string sweep(const Question& question, const std::vector<std::string>& vary, int threads) {
    Diagnostics diagnostics;
    std::vector<SweepAxis> axes;
    for (const std::string& text : vary) {
        if (auto axis = parse_axis(text, kMostPoints, diagnostics)) {
            axes.push_back(std::move(*axis));
        }
    }
    raise_errors(diagnostics);
    const Sweep prepared =
        value_or_raise(Sweep::prepare(source_of(question), std::move(axes), kMostPoints, diagnostics), diagnostics);
    std::vector<SweepPoint> points;
    const int used = threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    prepared.run(0, prepared.size(), used, [&points](std::size_t, const SweepPoint& point) {
        points.push_back(point);
        return true;
    });
    return sweep_json(prepared, points);
}

std::optional<std::string> text_at(const Question& question, const std::string& path) {
    Diagnostics diagnostics;
    return value_or_raise(resolved_inputs(source_of(question), diagnostics), diagnostics).text_at(path);
}

std::vector<std::pair<std::string, std::string>> numbers(const Question& question) {
    Diagnostics diagnostics;
    std::vector<std::pair<std::string, std::string>> found;
    for (WrittenNumber& number : value_or_raise(written_numbers(source_of(question), diagnostics), diagnostics)) {
        found.emplace_back(std::move(number.path), std::move(number.value));
    }
    // Shares of other numbers are no numbers as they are written.
    const auto inputs = value_or_raise(resolved_inputs(source_of(question), diagnostics), diagnostics);
    Scenario scenario = loaded(question);
    for (const ParameterView& number : parameters(scenario.profile)) {
        const std::string path = std::string(kHardwarePrefix) + number.path;
        const auto text = number.base.empty() ? std::nullopt : inputs.text_at(path);
        if (text) {
            found.emplace_back(path, *text);
        }
    }
    return found;
}

}  // namespace

PYBIND11_MODULE(_core, module) {
    module.doc() = "Questions of berth, answered in JSON; see the package berth.";
    module.attr("version") = std::string(kVersion);
    module.attr("source_data") = std::string(kSourceDataDir);
    module.attr("installed_data") = std::string(kInstallDataDir);
    py::register_exception<InputError>(module, "InputError", PyExc_ValueError);
    py::class_<Question>(module, "Question")
        .def(py::init<std::vector<std::string>, std::string, Settings>(), py::arg("roots"), py::arg("scenario"),
             py::arg("settings"));
    const auto meanwhile = py::call_guard<py::gil_scoped_release>();
    module.def("check", check, py::arg("question"), meanwhile);
    module.def("run", run, py::arg("question"), meanwhile);
    module.def("compare", compare, py::arg("question"), py::arg("hardware"), meanwhile);
    module.def("diff", diff, py::arg("before"), py::arg("after"), meanwhile);
    module.def("sweep", sweep, py::arg("question"), py::arg("vary"), py::arg("threads"), meanwhile);
    module.def("text_at", text_at, py::arg("question"), py::arg("path"), meanwhile);
    module.def("numbers", numbers, py::arg("question"), meanwhile);
}

}  // namespace berth
