// A scenario as text: what it extends, what it sets, and what the command line overrides.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/scenario/scenario.h"

namespace berth {

struct ScenarioDocument {
    YamlDocument document;
    std::vector<Override> hardware;  ///< in the order of application
    std::vector<Override> runtimes;
    std::vector<Override> models;
};

/// Follows `extends:` to a scenario that extends nothing. The `set:` of each scenario is applied on top of what it
/// extends, and `overrides` last.
[[nodiscard]] std::optional<ScenarioDocument> load_scenario_document(const Library& library,
                                                                     const std::filesystem::path& path,
                                                                     const std::vector<Override>& overrides,
                                                                     Diagnostics& diagnostics);

}  // namespace berth
