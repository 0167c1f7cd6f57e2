// JSON Schema (draft-07) of the files that people write, for editors and other tools that check YAML as it is typed.
#pragma once

#include <array>
#include <string>

#include "berth/base/choice.h"
#include "berth/base/file_kind.h"

namespace berth {

/// Names of the schemas, equal to the folders that such files ship in.
inline constexpr std::array<Choice<FileKind>, 4> kSchemaNames{{
    {"hardware", FileKind::kProfile},
    {"model", FileKind::kModel},
    {"architecture", FileKind::kArchitecture},
    {"scenario", FileKind::kScenario},
}};

/// Schema of the files that readers accept, as far as JSON Schema can express it: keys with their meaning, names,
/// units, required keys. Constraints between values and references to other files are left to the readers. Indented
/// JSON.
[[nodiscard]] std::string json_schema(FileKind kind);

/// All schemas in one object, by the names above.
[[nodiscard]] std::string json_schemas();

}  // namespace berth
