// Keys of profiles that were renamed since the previous release. Files and paths with the former names still work, with
// a warning.
#pragma once

#include <string>
#include <string_view>

#include "berth/base/yaml_reader.h"

namespace berth {

/// Renames the former keys of a profile's document before anything is merged over it; warns about each.
void use_present_keys(YamlDocument& document, Diagnostics& diagnostics);

/// Renames former keys in a path of `--set` or of a list of numbers (without `hardware.`); other paths are unchanged.
[[nodiscard]] std::string present_path(std::string_view path);

}  // namespace berth
