// A file that no folder lists, for what another program writes: it is gone when this process is, however that ends.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

namespace berth {

class UnnamedFile {
  public:
    /// What cannot be made is not open, and a child that writes to it fails.
    UnnamedFile();
    [[nodiscard]] bool is_open() const { return file_ != nullptr; }
    /// Path under which a child of this process opens it.
    [[nodiscard]] std::string path_for_child() const;
    [[nodiscard]] std::string content() const;

  private:
    struct Close {
        void operator()(std::FILE* file) const;
    };
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace berth
