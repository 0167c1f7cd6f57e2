// One section of an architecture with its expressions evaluated, ready to be copied into every round.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/model.h"

namespace berth {

/// What an input of a planned operator is, before its tensors have ids.
struct Source {
    enum class From : std::uint8_t { kSection, kBefore, kTensor };
    From from = From::kTensor;
    std::int32_t index = 0;  ///< of the planned operator, or of the tensor
};

/// An operator with its expressions evaluated, ready to be copied into every round.
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
        passed_on;  ///< names of operators that do not exist, and what they leave
};

/// What operators of earlier sections that do not exist leave to those who read them, by their full names.
using PassedOn = std::map<std::string, TensorId, std::less<>>;

/// Whether something with this condition exists; absent if the condition cannot be evaluated.
[[nodiscard]] std::optional<bool> holds(const std::optional<Expression>& when, const Symbols& symbols,
                                        Diagnostics& diagnostics);

/// Absent, with an error, if a size cannot be evaluated or is 0, or if the tensor would be too large.
[[nodiscard]] std::optional<std::vector<std::int64_t>> evaluate_shape(const std::vector<Expression>& shape,
                                                                      const Symbols& symbols, Diagnostics& diagnostics);

/// The operator of that name, if there is a name and it exists.
[[nodiscard]] OperatorId operator_in(const Graph& graph, std::string_view name);

/// Evaluates one section under `symbols`; `prefix` stands before its operators' names. The graph so far says what
/// earlier sections made. Absent, with errors, if an expression, an input or a shared table does not work out.
[[nodiscard]] std::optional<Plan> plan_section(const Section& section, std::string prefix, const Graph& graph,
                                               const PassedOn& passed_on, const Symbols& symbols,
                                               Diagnostics& diagnostics);

}  // namespace berth
