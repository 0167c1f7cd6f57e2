#include "base/unnamed_file.h"

#include <fmt/format.h>

#include <array>

namespace berth {

UnnamedFile::UnnamedFile() : file_(std::tmpfile()) {}

void UnnamedFile::Close::operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }

int UnnamedFile::descriptor() const { return ::fileno(file_.get()); }

std::string UnnamedFile::path_for_child() const { return fmt::format("/dev/fd/{}", descriptor()); }

std::string UnnamedFile::content() const {
    std::string text;
    std::array<char, 65536> block{};
    std::rewind(file_.get());
    while (const std::size_t count = std::fread(block.data(), 1, block.size(), file_.get())) {
        text.append(block.data(), count);
    }
    return text;
}

bool UnnamedFile::fill(std::string_view text) const {
    const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
    return std::fflush(file_.get()) == 0 && std::fseek(file_.get(), 0, SEEK_SET) == 0 && written;
}

}  // namespace berth
