// What moves a scenario's answer, for people and for programs.
#pragma once

#include <string>

#include "berth/sensitivity.h"

namespace berth {

[[nodiscard]] std::string sensitivity_text(const Sensitivity& sensitivity);
/// `scenario`, `total` (latency_ms, low_ms, high_ms), `decisions[]` (`stage`, `chosen`, `other`, `ratio`,
/// `probability`, `could_flip[]` of `path`, `sigmas`) and `numbers[]` (`path`, `spread`, `effect`, `elasticity`).
[[nodiscard]] std::string sensitivity_json(const Sensitivity& sensitivity);

}  // namespace berth
