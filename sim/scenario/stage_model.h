// Reads the models of a stage: their files, their precisions, and what drafts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/scenario/scenario.h"
#include "scenario/stage_devices.h"

namespace berth {

/// Where the models of a scenario's stages are read from, and with which settings.
struct ModelSources {
    const Library& library;
    const std::vector<std::string>& names;   ///< of all models of the scenario
    const std::vector<Override>& overrides;  ///< of all of them
};

/// The devices on which a stage may run, which determine its possible precisions.
struct Offered {
    const Profile& profile;
    const Library& library;
    std::optional<DeviceId> on;  ///< any device if absent
};

/// The model that a name or a path stands for; absent, with errors, if there is none.
[[nodiscard]] std::optional<Model> read_model_reference(const YamlNode& node, const ModelSources& models);

/// Reads `dtype` and `precision`, which the devices of the stage must offer.
[[nodiscard]] Precision read_precision(const YamlNode& stage, const Offered& offered);

/// Reads `draft: {model: NAME, dtype: int8, length: 4, acceptance: 70%}`.
[[nodiscard]] std::optional<Draft> read_draft(const YamlNode& node, const ModelStage& stage, const ModelSources& models,
                                              const ScenarioDevices& devices);

}  // namespace berth
