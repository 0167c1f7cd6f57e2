// A section of an architecture with its expressions evaluated, ready to be instantiated in each round.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/graph/model.h"

namespace berth {

/// Source of an operator's input, before tensors have ids.
struct Source {
    enum class From : std::uint8_t { kSection, kBefore, kTensor };
    From from = From::kTensor;
    std::int32_t index = 0;  ///< index of the planned operator or of the tensor
};

/// An operator with its expressions evaluated, ready to be instantiated in each round.
struct PlannedOperator {
    const OperatorTemplate* source = nullptr;
    Dims dims;
    std::vector<std::int64_t> shape;
    std::vector<Source> inputs;
};

struct Plan {
    std::vector<PlannedOperator> operators;
    Source result;
    std::vector<std::pair<std::string, Source>>
        passed_on;  ///< absent operators, with the input that they pass through to their readers
};

/// Inputs that absent operators of earlier sections pass through to their readers, by full name.
using PassedOn = std::map<std::string, TensorId, std::less<>>;

/// Whether an element with this condition exists; absent if the condition cannot be evaluated.
[[nodiscard]] std::optional<bool> holds(const std::optional<Expression>& when, const Symbols& symbols,
                                        Diagnostics& diagnostics);

/// Evaluates a shape. Absent, with an error, if a size cannot be evaluated or is 0, or if the tensor would be too
/// large.
[[nodiscard]] std::optional<std::vector<std::int64_t>> evaluate_shape(const std::vector<Expression>& shape,
                                                                      const Symbols& symbols, Diagnostics& diagnostics);

/// Evaluates one section under `symbols`; `prefix` is prepended to its operators' names. The graph so far provides the
/// results of earlier sections. Absent, with errors, if an expression, an input or a shared table cannot be resolved.
[[nodiscard]] std::optional<Plan> plan_section(const Section& section, std::string prefix, const Graph& graph,
                                               const PassedOn& passed_on, const Symbols& symbols,
                                               Diagnostics& diagnostics);

}  // namespace berth
