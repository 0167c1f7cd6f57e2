// Writing of a fitted profile, and the check that it can be read back.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/command.h"

namespace berth {

/// The file of the profile `base`, and the value of `extends` for a profile to be written to `out`: the base's name if
/// that resolves to the same file from there, else its path.
struct ExtendedProfile {
    std::filesystem::path file;
    std::string extends;
};
/// Absent, with errors at `where`, if there is no such profile, or if `out` is the file of the base.
[[nodiscard]] std::optional<ExtendedProfile> extended_profile(const Library& library, const std::string& base,
                                                              const std::filesystem::path& out,
                                                              const SourceLocation& where, Diagnostics& diagnostics);

/// Writes the text of a profile and reads it back. Absent, with errors that name the lines to correct, if that fails;
/// the written file is kept.
[[nodiscard]] std::optional<Profile> write_profile(const std::filesystem::path& path, const std::string& text,
                                                   const Library& library, Diagnostics& diagnostics);

/// Renames an existing file to the first free of NAME.1, NAME.2, ... and reports it; false, with an error, if that
/// fails.
[[nodiscard]] bool set_aside(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace berth
