// Import of published configurations (config.json of Hugging Face) as models: the matching architecture and its sizes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/graph/model.h"

namespace berth {

/// A model file made from a configuration.
struct ImportedConfig {
    Model model;
    std::string yaml;                  ///< text of the model file; states every size that the configuration determines
    std::vector<std::string> ignored;  ///< unused fields of the configuration, in file order
};

/// Maps `model_type` and the fields of sizes by the mappings of the architectures. `name` is the model's; empty: the
/// last part of `_name_or_path`, else the model type. `part` selects a submodel where one configuration has several (an
/// encoder and a decoder), and is appended to a default name. Errors: a model type without an architecture (all known
/// ones are listed), a missing or unknown part, a field that is missing or out of range, a value that the architecture
/// does not support. Warnings: ignored fields, a head unknown to the architecture.
[[nodiscard]] std::optional<ImportedConfig> import_config(const YamlNode& root,
                                                          std::span<const Architecture> architectures,
                                                          const std::string& name, const std::string& part = "");

/// Every model type that can be imported, sorted.
[[nodiscard]] std::vector<std::string> importable_model_types(std::span<const Architecture> architectures);

}  // namespace berth
