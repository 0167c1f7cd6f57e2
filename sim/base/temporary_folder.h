// A folder that is there as long as somebody works in it.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "berth/diagnostics.h"

namespace berth {

/// Goes with the value that has it; a value made without anything has none.
class TemporaryFolder {
  public:
    /// Where the system wants temporary files, under a name that nobody else has. Error: it could not be made.
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
