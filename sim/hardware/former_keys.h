// Keys of profiles that had another name in the release before: files and paths that use it still work, with a warning.
#pragma once

#include <string>
#include <string_view>

#include "berth/yaml_reader.h"

namespace berth {

/// Gives the former keys of a profile's document, before anything is laid over it, their names of today; warns of each.
void use_present_keys(YamlDocument& document, Diagnostics& diagnostics);

/// The same for a path of `--set` or of a list of numbers, without `hardware.`; any other path stays as it is.
[[nodiscard]] std::string present_path(std::string_view path);

}  // namespace berth
