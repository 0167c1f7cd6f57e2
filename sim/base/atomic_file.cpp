// Reads whole files, and replaces files atomically, on POSIX.
#include "berth/base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

namespace berth {

namespace {

std::string reason(int error_number) { return std::generic_category().message(error_number); }

class FileDescriptor {
  public:
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { close(); }

    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    [[nodiscard]] int number() const { return number_; }
    // False if the system reports a late write error.
    bool close() {
        const int closing = number_;
        number_ = -1;
        return closing < 0 || ::close(closing) == 0;
    }

  private:
    int number_;
};

bool write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// A path next to `path` that no other writer uses at the moment.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
    static std::atomic<unsigned> next{0};
    std::filesystem::path result = path;
    result.replace_filename(fmt::format(".{}.{}-{}.tmp", path.filename().string(), ::getpid(), next.fetch_add(1)));
    return result;
}

// Returns errno, or 0 on success. `temporary` exists afterwards only on success.
int write_temporary(const std::filesystem::path& temporary, mode_t mode, bool keep_mode, std::string_view content) {
    FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file.is_open()) {
        return errno;
    }
    // A replaced file keeps its mode; the mode of a new file follows the umask.
    const bool written = (!keep_mode || ::fchmod(file.number(), mode) == 0) && write_all(file.number(), content) &&
                         ::fsync(file.number()) == 0 && file.close();
    if (!written) {
        const int failure = errno;
        ::unlink(temporary.c_str());
        return failure;
    }
    return 0;
}

int write_directly(const std::filesystem::path& path, std::string_view content) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file.is_open() && write_all(file.number(), content) && file.close() ? 0 : errno;
}

int replace_file(const std::filesystem::path& target, mode_t mode, bool keep_mode, std::string_view content) {
    const std::filesystem::path temporary = temporary_beside(target);
    if (const int failure = write_temporary(temporary, mode, keep_mode, content); failure != 0) {
        return failure;
    }
    if (std::rename(temporary.c_str(), target.c_str()) != 0) {
        const int failure = errno;
        ::unlink(temporary.c_str());
        return failure;
    }
    return 0;
}

std::string similar_file(const std::filesystem::path& path) {
    const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
    std::vector<std::string> names;
    std::error_code failure;
    for (std::filesystem::directory_iterator entry(directory, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        names.push_back(entry->path().filename().string());
    }
    std::sort(names.begin(), names.end());  // directory order differs between machines
    const std::string nearest = nearest_name(path.filename().string(), names);
    return nearest.empty() ? "" : (path.parent_path() / nearest).string();
}

}  // namespace

bool write_file(const std::filesystem::path& path, std::string_view content, Diagnostics& diagnostics) {
    // Follows a symbolic link, so that the target is replaced and not the link.
    std::error_code unresolved;
    std::filesystem::path target = std::filesystem::weakly_canonical(path, unresolved);
    if (unresolved) {
        target = path;
    }
    struct stat status {};
    const bool exists = ::stat(target.c_str(), &status) == 0;
    int failure = 0;
    if (exists && S_ISDIR(status.st_mode)) {
        failure = EISDIR;
    } else if (exists && !S_ISREG(status.st_mode)) {
        failure = write_directly(target, content);
    } else {
        failure = replace_file(target, exists ? status.st_mode & 07777U : 0666U, exists, content);
    }
    if (failure != 0) {
        diagnostics.error(SourceLocation(path.string()), fmt::format("cannot write: {}", reason(failure)));
    }
    return failure == 0;
}

std::optional<std::string> read_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const SourceLocation where(path.string());
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        const int failure = errno;
        diagnostics.error(where, fmt::format("cannot open the file: {}", reason(failure)), "",
                          failure == ENOENT ? similar_file(path) : "");
        return std::nullopt;
    }
    std::string content;
    std::array<char, 65536> block{};
    for (;;) {
        const ssize_t count = ::read(file.number(), block.data(), block.size());
        if (count == 0) {
            return content;
        }
        if (count < 0 && errno != EINTR) {
            diagnostics.error(where, fmt::format("cannot read: {}", reason(errno)));
            return std::nullopt;
        }
        content.append(block.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
    }
}

}  // namespace berth
