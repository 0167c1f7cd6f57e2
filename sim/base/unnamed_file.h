// An unlinked temporary file for what a child process reads or writes; it disappears with this process, however that
// ends.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace berth {

class UnnamedFile {
  public:
    /// If the file cannot be created it is not open, and a child that writes to it fails.
    UnnamedFile();
    [[nodiscard]] bool is_open() const { return file_ != nullptr; }
    /// Number under which a child of this process inherits the file.
    [[nodiscard]] int descriptor() const;
    /// Path under which a child of this process opens the file.
    [[nodiscard]] std::string path_for_child() const;
    [[nodiscard]] std::string content() const;
    /// Fills the file for a child that reads it from its start. False if there is no room for the text.
    [[nodiscard]] bool fill(std::string_view text) const;

  private:
    struct Close {
        void operator()(std::FILE* file) const;
    };
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace berth
