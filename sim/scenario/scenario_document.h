// A scenario's text: what it extends, what it sets, and what the command line sets on top.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "berth/scenario.h"
#include "berth/yaml_reader.h"

namespace berth {

struct ScenarioDocument {
    YamlDocument document;
    std::vector<Override> hardware;  ///< in the order to be applied
    std::vector<Override> runtimes;
    std::vector<Override> models;
};

/// Follows `extends:` down to a scenario that stands alone; each one's `set:` is applied on top of what it extends, and
/// `overrides` last.
[[nodiscard]] std::optional<ScenarioDocument> load_scenario_document(const Library& library,
                                                                     const std::filesystem::path& path,
                                                                     const std::vector<Override>& overrides,
                                                                     Diagnostics& diagnostics);

}  // namespace berth
