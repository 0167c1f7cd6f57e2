// Operator fusions of a placed model, for reports.
#pragma once

#include <string>

#include "berth/evaluation/evaluation.h"
#include "report/json_values.h"

namespace berth {

/// "12 gelu fused into ffn.up; 24 layer_norm not fused with the add before (no rule): costs 3.1 ms". Empty if no
/// operator is fused or could be.
[[nodiscard]] std::string fusion_text(const Candidate& candidate);

/// `fused` (`op`, `into`, `count`), `missing` (`op`, `before`, `device`, `reason`, `count`, `cost_ms`) and the sum of
/// the costs of missing fusions.
[[nodiscard]] Json json_fusion(const Candidate& candidate, std::span<const std::string> devices);

/// Why an operator is not fused and the time that costs: `before`, `reason`, `cost_ms`; null if the operator is fused
/// or no fusion is expected.
[[nodiscard]] Json json_not_fused(const OperatorResult& op);

}  // namespace berth
