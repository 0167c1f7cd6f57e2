// A folder that is there as long as somebody works in it.
#pragma once

#include <filesystem>

#include "berth/diagnostics.h"

namespace berth {

class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    /// False, with an error, where it could not be made.
    [[nodiscard]] bool made(Diagnostics& diagnostics) const;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
    std::error_code failure_;
};

}  // namespace berth
