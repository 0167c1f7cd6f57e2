// Einstein sums as the products that they are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/operators.h"
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

/// Reads `bij,bjk->bik` for inputs of these shapes; an ellipsis stands for as many axes as are left. Absent if the
/// equation does not fit.
[[nodiscard]] std::optional<EinsumEquation> einsum_equation(std::string_view text, const std::vector<Shape>& shapes);

/// Two terms multiplied, summed over what neither the result nor a later term has.
struct EinsumProduct {
    MatmulDims dims;  ///< k is 1 where nothing is summed
    EinsumTerm made;
};
[[nodiscard]] EinsumProduct einsum_product(const EinsumEquation& equation, const EinsumTerm& left,
                                           const EinsumTerm& right, const std::string& kept);

}  // namespace berth
