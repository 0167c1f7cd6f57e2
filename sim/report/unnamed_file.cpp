#include "report/unnamed_file.h"

#include <fmt/format.h>

#include <array>

namespace berth {

UnnamedFile::UnnamedFile() : file_(std::tmpfile()) {}

void UnnamedFile::Close::operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }

std::string UnnamedFile::path_for_child() const { return fmt::format("/dev/fd/{}", ::fileno(file_.get())); }

std::string UnnamedFile::content() const {
    std::string text;
    std::array<char, 65536> block{};
    std::rewind(file_.get());
    while (const std::size_t count = std::fread(block.data(), 1, block.size(), file_.get())) {
        text.append(block.data(), count);
    }
    return text;
}

}  // namespace berth
