// Files that people bring in place of a model that can be imported: what each is, and what to bring instead.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "berth/base/yaml_reader.h"

namespace berth {

struct ForeignFile {
    std::string what;      ///< what the file is
    std::string expected;  ///< what to bring instead
};

/// A folder, or a file of a known format that is not imported, by its first bytes; absent for others.
[[nodiscard]] std::optional<ForeignFile> foreign_file(const std::filesystem::path& path);

/// A map that is no configuration of a model, by its keys; absent for others.
[[nodiscard]] std::optional<ForeignFile> foreign_map(const YamlNode& root);

}  // namespace berth
