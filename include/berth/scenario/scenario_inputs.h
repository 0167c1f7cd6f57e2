// Documents that a scenario is read from: its own text with what it extends and with overrides applied, its hardware's,
// and those of its models. Differences and reports compare these; any change of a document is a change of the scenario.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// A stage whose model is a YAML file.
struct StageModel {
    std::string stage, name;  ///< the model as the stage names it
    std::filesystem::path file;
};

/// The profile of a runtime that stages name.
struct RuntimeInput {
    std::string name;
    std::filesystem::path file;
    YamlDocument document;
};

struct ScenarioInputs {
    Library library;
    std::filesystem::path scenario_file;
    std::set<std::filesystem::path> hardware_files;  ///< files that read as `hardware`, whichever the scenario names
    YamlDocument scenario, hardware;
    std::map<std::filesystem::path, YamlDocument> models;
    std::vector<RuntimeInput> runtimes;
    std::vector<StageModel> stage_models;
    std::vector<Override> omissions;  ///< `hardware.devices.NAME.enabled` overrides that remove devices of the hardware

    /// Text at a path of `--set`; absent if there is none.
    [[nodiscard]] std::optional<std::string> text_at(const std::string& path) const;
    /// Whether the path is below a runtime and has the same value as in the hardware.
    [[nodiscard]] bool is_shared(const std::string& path) const;
};

/// A profile merged with what it extends, before any override.
[[nodiscard]] std::optional<YamlDocument> resolved_hardware(const Library& library, std::string_view name_or_path,
                                                            Diagnostics& diagnostics);

/// Errors: those of finding, reading and overriding the files. A model that is no YAML is left to load_scenario().
[[nodiscard]] std::optional<ScenarioInputs> resolved_inputs(const ScenarioSource& source, Diagnostics& diagnostics);

/// The scenario that the documents describe; other files (architectures, tables of lengths) are read from `library`.
[[nodiscard]] std::optional<Scenario> load_scenario(const ScenarioInputs& inputs, Diagnostics& diagnostics);

}  // namespace berth
