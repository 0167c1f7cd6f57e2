// Einstein sums as sequences of matrix products.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/graph/operators.h"
#include "importers/onnx_flow.h"

namespace berth {

/// A term of an equation: one letter per axis.
using EinsumTerm = std::string;

struct EinsumEquation {
    std::vector<EinsumTerm> inputs;
    EinsumTerm output;
    std::map<char, std::int64_t> sizes;

    [[nodiscard]] Shape shape(const EinsumTerm& term) const;
};

/// Parses an equation such as `bij,bjk->bik` for inputs of these shapes; an ellipsis stands for all axes without a
/// letter. Absent if the equation does not fit the shapes.
[[nodiscard]] std::optional<EinsumEquation> einsum_equation(std::string_view text, const std::vector<Shape>& shapes);

/// Product of two terms, summed over the letters that neither the result nor a later term has.
struct EinsumProduct {
    MatmulDims dims;  ///< k is 1 if nothing is summed
    EinsumTerm made;
};
[[nodiscard]] EinsumProduct einsum_product(const EinsumEquation& equation, const EinsumTerm& left,
                                           const EinsumTerm& right, const std::string& kept);

}  // namespace berth
