// Appends to a file on POSIX, and truncates incomplete writes.
#include "base/line_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "berth/base/atomic_file.h"

namespace berth {

LineFile::~LineFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

bool LineFile::open(const std::filesystem::path& path, bool empty, Diagnostics& diagnostics) {
    constexpr int kMode = 0666;  // before the umask
    path_ = path.string();
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the only way to ask for the mode
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (empty ? O_TRUNC : 0), kMode);
    if (descriptor_ < 0) {
        diagnostics.error(SourceLocation(path_), fmt::format("cannot write the file: {}", std::strerror(errno)));
        return false;
    }
    return ::lseek(descriptor_, 0, SEEK_END) >= 0;
}

bool LineFile::start(const std::filesystem::path& path, std::string_view header, Diagnostics& diagnostics) {
    return open(path, true, diagnostics) && add(header, diagnostics);
}

bool LineFile::resume(const std::filesystem::path& path, std::string_view header, std::size_t& lines,
                      Diagnostics& diagnostics) {
    lines = 0;
    if (!std::filesystem::exists(path)) {
        return start(path, header, diagnostics);
    }
    const auto content = read_file(path, diagnostics);
    if (!content) {
        return false;
    }
    if (!content->starts_with(header)) {
        diagnostics.error(SourceLocation(path.string(), 1, 1), "it was not written by this command with these options",
                          "a file that starts with the same columns");
        return false;
    }
    const std::size_t whole = content->rfind('\n') + 1;
    lines = static_cast<std::size_t>(std::count(content->begin(), content->end(), '\n') -
                                     std::count(header.begin(), header.end(), '\n'));
    if (!open(path, false, diagnostics)) {
        return false;
    }
    return ::ftruncate(descriptor_, static_cast<off_t>(whole)) == 0 && ::lseek(descriptor_, 0, SEEK_END) >= 0;
}

bool LineFile::add(std::string_view lines, Diagnostics& diagnostics) {
    const off_t before = ::lseek(descriptor_, 0, SEEK_CUR);
    while (!lines.empty()) {
        const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            diagnostics.error(SourceLocation(path_),
                              fmt::format("cannot write on: {}; what stands there is whole", std::strerror(errno)),
                              "room on the disk, then the same command with --resume");
            static_cast<void>(::ftruncate(descriptor_, before));
            return false;
        }
        lines.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace berth
