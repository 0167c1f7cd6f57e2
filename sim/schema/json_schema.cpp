// Writes the schemas as text.
#include "berth/schema/json_schema.h"

#include <stdexcept>

#include "schema/schemas.h"

namespace berth {

namespace {

constexpr int kIndent = 2;

Json schema_of(FileKind kind) {
    switch (kind) {
        case FileKind::kProfile:
            return hardware_schema();
        case FileKind::kModel:
            return model_schema();
        case FileKind::kArchitecture:
            return architecture_schema();
        case FileKind::kScenario:
            return scenario_schema();
    }
    throw std::logic_error("unknown kind of file");
}

}  // namespace

std::string json_schema(FileKind kind) { return schema_of(kind).dump(kIndent) + "\n"; }

std::string json_schemas() {
    Json all = Json::object();
    for (const auto& row : kSchemaNames) {
        all[std::string(row.name)] = schema_of(row.value);
    }
    return all.dump(kIndent) + "\n";
}

}  // namespace berth
