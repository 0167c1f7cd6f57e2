// A temporary folder that exists as long as its owner.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "berth/base/diagnostics.h"

namespace berth {

/// Removes its folder on destruction; a default-constructed value has no folder.
class TemporaryFolder {
  public:
    /// Makes a folder with a unique name where the system keeps temporary files. Absent, with an error, on failure.
    [[nodiscard]] static std::optional<TemporaryFolder> make(Diagnostics& diagnostics);

    TemporaryFolder() = default;
    ~TemporaryFolder() { remove(); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    void remove() const;
    std::filesystem::path path_;
};

}  // namespace berth
