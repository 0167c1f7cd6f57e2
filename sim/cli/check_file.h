// One file that people write, read and tried out.
#pragma once

#include <optional>
#include <string>

#include "berth/diagnostics.h"
#include "berth/file_kind.h"
#include "berth/scenario.h"

namespace berth {

struct FileCheck {
    std::optional<FileKind> kind;
    std::string summary;  ///< "profile with 2 devices"; empty if something is wrong
};

/// Loads the file with all that it names. A model is also laid out, for one token and for as many as it takes, and a
/// scenario evaluated.
[[nodiscard]] FileCheck check_file(const std::string& path, const Library& library, Diagnostics& diagnostics);

}  // namespace berth
