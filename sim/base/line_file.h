// A file that is appended line by line; lines once written stay readable whatever happens next.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "berth/base/diagnostics.h"

namespace berth {

class LineFile {
  public:
    LineFile() = default;
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;
    ~LineFile();

    /// Creates the file with its header, replacing an existing file.
    bool start(const std::filesystem::path& path, std::string_view header, Diagnostics& diagnostics);
    /// Continues after the last complete line of a file that starts with `header`; creates the file if it is missing.
    /// `lines` is set to the number of lines after the header.
    bool resume(const std::filesystem::path& path, std::string_view header, std::size_t& lines,
                Diagnostics& diagnostics);
    /// Appends whole lines. If they do not all fit (a full disk), none is kept, an error is recorded, and the result is
    /// false.
    bool add(std::string_view lines, Diagnostics& diagnostics);

  private:
    bool open(const std::filesystem::path& path, bool empty, Diagnostics& diagnostics);

    std::string path_;
    int descriptor_ = -1;
};

}  // namespace berth
