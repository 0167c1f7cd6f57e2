// Loading of profiles from YAML: reading, inheritance, and overrides of their keys.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/base/kept_documents.h"
#include "berth/hardware/profile.h"

namespace berth {

/// Reads a profile. Every physically impossible value, unknown key or missing rule is an error at its place. A device
/// with `enabled: false` is checked like the others and then left out, with its links; operators that would fall back
/// to it become unsupported.
[[nodiscard]] std::optional<Profile> read_profile(const YamlNode& root);

/// One `--set hardware.PATH=VALUE`: the path follows the keys of the file (the prefix `hardware.` is optional), the
/// value is YAML.
struct ProfileOverride {
    std::string path;
    std::string value;
    std::string set_by = "on the command line";  ///< for the source of the number
};

/// Finds a profile named in `extends:`; reports at `where` if it cannot be found.
using ProfileResolver =
    std::function<std::optional<YamlDocument>(const std::string& name, const SourceLocation& where, Diagnostics&)>;

/// Resolver that searches these directories in order for NAME.yaml; suggests the nearest existing name. A name that
/// ends in `.yaml` is a path relative to the file that names it.
[[nodiscard]] ProfileResolver profiles_in(std::vector<std::filesystem::path> directories,
                                          ReadDocument read = YamlDocument::load);

/// Follows `extends:`, applies the overrides in order and reads the result.
[[nodiscard]] std::optional<Profile> load_profile(const std::filesystem::path& path, const ProfileResolver& resolve,
                                                  std::span<const ProfileOverride> overrides, Diagnostics& diagnostics);
[[nodiscard]] std::optional<Profile> load_profile(YamlDocument document, const ProfileResolver& resolve,
                                                  std::span<const ProfileOverride> overrides, Diagnostics& diagnostics);

/// The document that load_profile() reads, with everything it extends merged and the overrides applied; `extended` gets
/// the names of the profiles it extended, the nearest first. An override that matches nothing is an error and is left
/// out.
[[nodiscard]] std::optional<YamlDocument> resolved_profile(YamlDocument document, const ProfileResolver& resolve,
                                                           std::span<const ProfileOverride> overrides,
                                                           std::vector<std::string>& extended,
                                                           Diagnostics& diagnostics);

}  // namespace berth
