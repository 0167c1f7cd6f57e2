// A read-only memory mapping of a model file, whose pages load on demand.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "berth/base/diagnostics.h"

namespace berth {

struct MappedFile {
    std::string_view bytes;
    std::shared_ptr<const void> content;  ///< keeps the bytes alive; null for an empty file
};

/// Null, with an error, if the file cannot be opened.
[[nodiscard]] std::optional<MappedFile> map_file(const std::filesystem::path& path, Diagnostics& diagnostics);

/// Whether the bytes are a Git LFS pointer instead of the file itself; if so, records an error that says how to get the
/// file.
[[nodiscard]] bool is_lfs_pointer(std::string_view bytes, const std::string& name, Diagnostics& diagnostics);

}  // namespace berth
