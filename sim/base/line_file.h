// A file that grows line by line: what was written stays readable whatever happens next.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "berth/diagnostics.h"

namespace berth {

class LineFile {
  public:
    LineFile() = default;
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;
    ~LineFile();

    /// Starts the file with its first lines, replacing what was there.
    bool start(const std::filesystem::path& path, std::string_view header, Diagnostics& diagnostics);
    /// Goes on behind the last whole line of a file that starts with `header`; a missing file is started. `lines` is
    /// how many follow the header.
    bool resume(const std::filesystem::path& path, std::string_view header, std::size_t& lines,
                Diagnostics& diagnostics);
    /// Adds whole lines. If not all of them fit (a full disk), none of them stays, an error is recorded and false
    /// returned.
    bool add(std::string_view lines, Diagnostics& diagnostics);

  private:
    bool open(const std::filesystem::path& path, bool empty, Diagnostics& diagnostics);

    std::string path_;
    int descriptor_ = -1;
};

}  // namespace berth
