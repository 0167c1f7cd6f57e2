// Changes counts of a stage in a loaded scenario without reading it again.
#pragma once

#include <string_view>

#include "berth/scenario/scenario.h"

namespace berth {

/// Sets `stages.NAME.tokens`, `.batch` or `.repeat` as if the scenario had been read with it. Returns false, without
/// any change, for other paths and for values whose meaning or refusal depends on reading the scenario.
[[nodiscard]] bool set_stage_count(Scenario& scenario, std::string_view path, std::string_view value);

}  // namespace berth
