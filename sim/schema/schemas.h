// The schemas by kind of file, and their common parts.
#pragma once

#include "schema/schema_parts.h"

namespace berth {

[[nodiscard]] Json hardware_schema();
[[nodiscard]] Json model_schema();
[[nodiscard]] Json architecture_schema();
[[nodiscard]] Json scenario_schema();

/// `devices.D.runtime` of a profile.
[[nodiscard]] Part runtime_part(Definitions& q);

/// Where expressions occur: in an architecture, or in a graph written out in full, which is instantiated when it is
/// read.
enum class GraphForm { kTemplate, kWritten };

[[nodiscard]] Part graph_inputs();
[[nodiscard]] Part graph_checks();
[[nodiscard]] Part graph_operators(GraphForm form);
[[nodiscard]] Part expression();

}  // namespace berth
