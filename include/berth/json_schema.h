// JSON Schema (draft-07) of the files that people write, for editors and other tools that check YAML as it is typed.
#pragma once

#include <array>
#include <string>

#include "berth/choice.h"
#include "berth/file_kind.h"

namespace berth {

/// Names of the schemas, those of the folders that such files ship in.
inline constexpr std::array<Choice<FileKind>, 4> kSchemaNames{{
    {"hardware", FileKind::kProfile},
    {"model", FileKind::kModel},
    {"architecture", FileKind::kArchitecture},
    {"scenario", FileKind::kScenario},
}};

/// What the readers of such a file accept, as far as a schema can say it: keys with their meaning, names, units, what
/// must be there. Laws between values and references to other files are left to the readers. Indented JSON.
[[nodiscard]] std::string json_schema(FileKind kind);

/// All of them in one object, by the names above.
[[nodiscard]] std::string json_schemas();

}  // namespace berth
