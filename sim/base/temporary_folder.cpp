// Made where the system wants temporary files, under a name that nobody else has.
#include "explore/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace berth {

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path(failure_) / "berth-XXXXXX").string();
    if (!failure_ && ::mkdtemp(name.data()) == nullptr) {
        failure_ = std::error_code(errno, std::generic_category());
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    if (!failure_) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

bool TemporaryFolder::made(Diagnostics& diagnostics) const {
    if (failure_) {
        diagnostics.error(SourceLocation(path_.string()), "cannot make this folder: " + failure_.message());
    }
    return !failure_;
}

}  // namespace berth
