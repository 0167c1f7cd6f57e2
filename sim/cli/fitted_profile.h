// Writing a profile that was fitted, such that it can be read again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/command.h"

namespace berth {

/// The file of the profile `base`, and how one that will be written to `out` names it in `extends`: by its name where
/// that leads to the same file from there, else by its path.
struct ExtendedProfile {
    std::filesystem::path file;
    std::string extends;
};
/// Absent, with errors at `where`, if there is no such profile, or if `out` is its own file.
[[nodiscard]] std::optional<ExtendedProfile> extended_profile(const Library& library, const std::string& base,
                                                              const std::filesystem::path& out,
                                                              const SourceLocation& where, Diagnostics& diagnostics);

/// Writes the text of a profile and reads it back. Absent, with errors that name the lines to mend, if that fails; what
/// was written stays.
[[nodiscard]] std::optional<Profile> write_profile(const std::filesystem::path& path, const std::string& text,
                                                   const Library& library, Diagnostics& diagnostics);

/// Moves a file that is there to the first free of NAME.1, NAME.2, ... and says so; false, with an error, if it cannot.
[[nodiscard]] bool set_aside(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace berth
