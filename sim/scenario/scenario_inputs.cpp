// Resolves the files of a scenario into documents, and loads a scenario from such documents instead of files.
#include "berth/scenario/scenario_inputs.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "berth/hardware/profile.h"
#include "scenario/find_file.h"
#include "scenario/load_parts.h"
#include "scenario/overrides.h"
#include "scenario/scenario_document.h"
#include "scenario/stage_runtimes.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelPrefix = "models.";

/// The file of this kind that a key names, found as by the scenario's reader.
std::optional<fs::path> file_named(const YamlNode& node, const Library& library, std::string_view kind) {
    const auto name = node.text();
    return name ? find_file_from(library, kind, *name, bases_at(node.where()), node.where(), node.diagnostics())
                : std::nullopt;
}

std::vector<YamlNode> stages_in(const YamlNode& root) {
    const auto stages = root.find("stages");
    return stages && stages->is_sequence() ? stages->sequence() : std::vector<YamlNode>();
}

/// Resolves the models of all stages, each file once.
void resolve_models(const YamlNode& stages, const Library& library, const std::vector<Override>& overrides,
                    ScenarioInputs& inputs) {
    std::vector<std::string> names;
    for (const YamlNode& stage : stages.sequence()) {
        const auto name = stage.is_map() ? stage.find("name") : std::nullopt;
        const auto model = stage.is_map() ? stage.find("model") : std::nullopt;
        const auto file = name && model ? file_named(*model, library, "models") : std::nullopt;
        if (file && file->extension() == ".yaml") {
            inputs.stage_models.push_back({name->text().value_or(""), model->text().value_or(""), *file});
            const auto own = model_names(inputs.stage_models.back().name);
            names.insert(names.end(), own.begin(), own.end());
        }
    }
    for (const StageModel& each : inputs.stage_models) {
        auto document =
            inputs.models.contains(each.file) ? std::nullopt : reader_of(library)(each.file, stages.diagnostics());
        if (document) {
            for (const ModelOverride& change : overrides_of(model_names(each.name), names, overrides)) {
                static_cast<void>(document->set(change.key, change.written.value, stages.diagnostics()));
            }
            inputs.models.emplace(each.file, std::move(*document));
        }
    }
}

}  // namespace

bool ScenarioInputs::is_shared(const std::string& path) const {
    return std::ranges::any_of(runtimes, [&](const RuntimeInput& each) {
        const std::array names{each.name};
        const auto key = after_runtime_name(path, names);
        return key && each.document.text_at(*key) == hardware.text_at(*key);
    });
}

std::optional<std::string> ScenarioInputs::text_at(const std::string& path) const {
    const std::string typed = typed_path(path);
    if (typed.starts_with(kHardwarePrefix)) {
        const auto omission = std::ranges::find(omissions, typed, &Override::path);
        return omission != omissions.end() ? std::optional(omission->value) : hardware.text_at(below_hardware(typed));
    }
    for (const RuntimeInput& each : runtimes) {
        const std::array names{each.name, each.file.stem().string()};
        if (const auto key = after_runtime_name(typed, names)) {
            return each.document.text_at(*key);
        }
    }
    if (typed.starts_with(kModelPrefix)) {
        for (const StageModel& each : stage_models) {
            const auto names = model_names(each.name);
            const auto key = after_model_name(typed, names);
            const auto document = models.find(each.file);
            if (key && document != models.end()) {
                return document->second.text_at(*key);
            }
        }
        return std::nullopt;
    }
    return scenario.text_at(typed);
}

std::optional<YamlDocument> resolved_hardware(const Library& library, std::string_view name_or_path,
                                              Diagnostics& diagnostics) {
    const auto path = find_file(library, "hardware", name_or_path, SourceLocation("--hardware"), diagnostics);
    std::vector<std::string> ignored;
    return path ? resolved_file(library, *path, {}, ignored, diagnostics) : std::nullopt;
}

std::optional<ScenarioInputs> resolved_inputs(const ScenarioSource& source, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    const Library& library = source.library;
    const auto path = find_file(library, "scenarios", source.scenario, SourceLocation(source.scenario), diagnostics);
    auto document = path ? load_scenario_document(library, *path, source.settings, diagnostics) : std::nullopt;
    if (!document) {
        return std::nullopt;
    }
    const YamlNode root = document->document.root(diagnostics);
    const auto hardware_file = file_named(root.require("hardware", "a hardware profile"), library, "hardware");
    std::vector<std::string> ignored;
    const auto hardware_settings = without_omissions(document->hardware);
    auto hardware =
        hardware_file ? resolved_file(library, *hardware_file, hardware_settings, ignored, diagnostics) : std::nullopt;
    const auto files = hardware ? runtime_files(stages_in(root), *hardware_file, library) : std::nullopt;
    auto runtimes =
        files ? runtime_documents(*files, *hardware_file, library, {hardware_settings, document->runtimes}, diagnostics)
              : std::nullopt;
    if (!runtimes) {
        return std::nullopt;
    }
    ScenarioInputs inputs{library, *path, {*hardware_file}, document->document, std::move(*hardware), {}, {}, {}, {}};
    for (RuntimeDocument& each : *runtimes) {
        const std::string name = each.document.text_at("profile").value_or(each.file.name);
        inputs.runtimes.push_back({name, each.file.file, std::move(each.document)});
    }
    for (const Override& each : document->hardware) {
        if (leaves_out(each)) {
            inputs.omissions.push_back({typed_path(each.path), each.value});
        }
    }
    resolve_models(root.require("stages", "a list of stages"), library, document->models, inputs);
    inputs.scenario.erase("extends");  // both have been followed
    inputs.scenario.erase("set");
    return diagnostics.error_count() == errors_before ? std::optional(std::move(inputs)) : std::nullopt;
}

std::optional<Scenario> load_scenario(const ScenarioInputs& inputs, Diagnostics& diagnostics) {
    Library library = inputs.library;
    library.kept = std::make_shared<KeptDocuments>(inputs.library.kept);
    library.kept->keep(inputs.scenario_file, inputs.scenario);
    for (const fs::path& file : inputs.hardware_files) {
        library.kept->keep(file, inputs.hardware);
    }
    for (const RuntimeInput& each : inputs.runtimes) {
        library.kept->keep(each.file, each.document);
    }
    for (const auto& [file, document] : inputs.models) {
        library.kept->keep(file, document);
    }
    return load_scenario(library, inputs.scenario_file.string(), inputs.omissions, diagnostics);
}

}  // namespace berth
