// Atomic file access: a reader never sees half a file, and a failed write leaves the old one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "berth/base/diagnostics.h"

namespace berth {

/// Replaces the file at `path` by `content`: temporary file in the same directory, fsync, rename. On failure the old
/// file is untouched, no temporary file remains, an error is recorded and false returned. A target that is not a
/// regular file (a terminal, a pipe) is written directly.
bool write_file(const std::filesystem::path& path, std::string_view content, Diagnostics& diagnostics);

/// The whole content; absent, with an error that suggests a similar name in the same directory, if it cannot be read.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace berth
