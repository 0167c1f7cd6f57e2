// Makes temporary folders under names that the system chooses.
#include "base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace berth {

std::optional<TemporaryFolder> TemporaryFolder::make(Diagnostics& diagnostics) {
    std::error_code failure;
    std::string name = (std::filesystem::temp_directory_path(failure) / "berth-XXXXXX").string();
    if (!failure && ::mkdtemp(name.data()) == nullptr) {
        failure = std::error_code(errno, std::generic_category());
    }
    if (failure) {
        diagnostics.error(SourceLocation(name), "cannot make this folder: " + failure.message());
        return std::nullopt;
    }
    TemporaryFolder folder;
    folder.path_ = name;
    return folder;
}

void TemporaryFolder::remove() const {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

}  // namespace berth
