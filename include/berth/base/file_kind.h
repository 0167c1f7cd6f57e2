// The kinds of file that people write.
#pragma once

#include <array>
#include <cstdint>

#include "berth/base/choice.h"

namespace berth {

/// Kind of a file: given by the first of its keys that is one of these names.
enum class FileKind : std::uint8_t { kProfile, kModel, kArchitecture, kScenario };
inline constexpr std::array<Choice<FileKind>, 4> kFileKindNames{{
    {"profile", FileKind::kProfile},
    {"model", FileKind::kModel},
    {"architecture", FileKind::kArchitecture},
    {"scenario", FileKind::kScenario},
}};

}  // namespace berth
