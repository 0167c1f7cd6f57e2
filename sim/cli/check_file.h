// One file that people write, read and tried out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "berth/choice.h"
#include "berth/diagnostics.h"
#include "berth/scenario.h"

namespace berth {

/// What a file describes: the first of its keys that is one of these names.
enum class FileKind : std::uint8_t { kProfile, kModel, kArchitecture, kScenario };
inline constexpr std::array<Choice<FileKind>, 4> kFileKindNames{{
    {"profile", FileKind::kProfile},
    {"model", FileKind::kModel},
    {"architecture", FileKind::kArchitecture},
    {"scenario", FileKind::kScenario},
}};

struct FileCheck {
    std::optional<FileKind> kind;
    std::string summary;  ///< "profile with 2 devices"; empty if something is wrong
};

/// Loads the file with all that it names. A model is also laid out, for one token and for as many as it takes, and a
/// scenario evaluated.
[[nodiscard]] FileCheck check_file(const std::string& path, const Library& library, Diagnostics& diagnostics);

}  // namespace berth
