// Counts of a stage that a loaded scenario takes in place of others, without being read again.
#pragma once

#include <string_view>

#include "berth/scenario.h"

namespace berth {

/// Sets `stages.NAME.tokens`, `.batch` or `.repeat` as reading the scenario with it would. False, with nothing changed:
/// the path is another one, or only reading tells what the value means or why it is refused.
[[nodiscard]] bool set_stage_count(Scenario& scenario, std::string_view path, std::string_view value);

}  // namespace berth
