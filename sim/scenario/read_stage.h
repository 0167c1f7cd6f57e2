// Reads one entry of `stages:`.
#pragma once

#include <optional>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/scenario/scenario.h"
#include "scenario/stage_model.h"
#include "scenario/stage_runtimes.h"

namespace berth {

struct StageReading {
    Stage stage;
    bool enabled = true;
};

/// Absent, with errors, if the entry is invalid; a disabled stage is checked like the others.
[[nodiscard]] std::optional<StageReading> read_stage(const YamlNode& node, const StageHardware& hardware,
                                                     const ModelSources& models);

}  // namespace berth
