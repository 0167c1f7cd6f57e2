// Reads one entry of `stages:`.
#pragma once

#include <optional>
#include <vector>

#include "berth/scenario.h"
#include "berth/yaml_reader.h"
#include "scenario/stage_runtimes.h"

namespace berth {

struct StageReading {
    Stage stage;
    bool enabled = true;
};

/// Where the models of a scenario's stages are read from, and with which settings.
struct ModelSources {
    const Library& library;
    const std::vector<std::string>& names;   ///< of all models of the scenario
    const std::vector<Override>& overrides;  ///< of all of them
};

/// Absent, with errors, if the entry is invalid; a disabled stage is checked like the others.
[[nodiscard]] std::optional<StageReading> read_stage(const YamlNode& node, const StageHardware& hardware,
                                                     const ModelSources& models);

}  // namespace berth
