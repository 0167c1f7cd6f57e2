// An unlinked temporary file for the output of a child process; it disappears with this process, however that ends.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

namespace berth {

class UnnamedFile {
  public:
    /// If the file cannot be created it is not open, and a child that writes to it fails.
    UnnamedFile();
    [[nodiscard]] bool is_open() const { return file_ != nullptr; }
    /// Path under which a child of this process opens the file.
    [[nodiscard]] std::string path_for_child() const;
    [[nodiscard]] std::string content() const;

  private:
    struct Close {
        void operator()(std::FILE* file) const;
    };
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace berth
