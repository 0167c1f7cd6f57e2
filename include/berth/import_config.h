// Published configurations (config.json of Hugging Face) into models: which architecture, and which sizes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/model.h"
#include "berth/yaml_reader.h"

namespace berth {

/// A model file made from a configuration.
struct ImportedConfig {
    Model model;
    std::string yaml;                  ///< of the model file; it gives every size that the configuration determines
    std::vector<std::string> ignored;  ///< fields of the configuration that nothing was made of, in file order
};

/// Maps `model_type` and the fields of sizes by what the architectures say of themselves. `name` is the model's; empty:
/// the last part of `_name_or_path`, else the model type. `part` chooses where one configuration describes several
/// models (an encoder and a decoder), and ends a name that is not given. Errors: a model type that no architecture
/// stands for (all known ones are listed), a part that is missing or unknown, a field that is missing or out of range,
/// a value that the architecture has no form for. Warnings: fields that are ignored, a head that the architecture does
/// not know.
[[nodiscard]] std::optional<ImportedConfig> import_config(const YamlNode& root,
                                                          std::span<const Architecture> architectures,
                                                          const std::string& name, const std::string& part = "");

/// Every model type that can be imported, sorted.
[[nodiscard]] std::vector<std::string> importable_model_types(std::span<const Architecture> architectures);

}  // namespace berth
