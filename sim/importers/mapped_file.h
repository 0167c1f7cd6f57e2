// A file of another program in memory, as its pages are needed.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "berth/diagnostics.h"

namespace berth {

struct MappedFile {
    std::string_view bytes;
    std::shared_ptr<const void> content;  ///< keeps the bytes alive; null for an empty file
};

/// Error: it cannot be opened.
[[nodiscard]] std::optional<MappedFile> map_file(const std::filesystem::path& path, Diagnostics& diagnostics);

/// Whether it is the pointer that Git LFS checks out instead of a file; if so, with an error that says the way out.
[[nodiscard]] bool is_lfs_pointer(std::string_view bytes, const std::string& name, Diagnostics& diagnostics);

}  // namespace berth
