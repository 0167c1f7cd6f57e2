// Attention as ONNX and ONNX Runtime offer it: which inputs hold what, and the sizes that follow.
#pragma once

#include <functional>
#include <optional>

#include "berth/operators.h"
#include "importers/onnx_flow.h"

namespace berth {

/// Shape of the input with this index; null if it is not given or not known.
using InputShape = std::function<const Shape*(std::size_t)>;

inline constexpr std::size_t kNotGiven = ~std::size_t{0};

/// What an attention node computes. Indices are those of its inputs.
struct AttentionForm {
    AttentionDims dims;                                        ///< keys of the past among kv_seq
    std::int64_t past = 0;                                     ///< positions in the cache before
    std::int64_t latest = 0;                                   ///< positions whose keys are new
    std::size_t key = kNotGiven, value = kNotGiven;            ///< kNotGiven: packed in the first input, with the query
    std::size_t past_key = kNotGiven, past_value = kNotGiven;  ///< the same: both in one tensor
    std::size_t bias = kNotGiven;                              ///< of the projections, which are part of it or not
    bool projects = false;   ///< the first input times the second is query, key and value
    std::int64_t width = 0;  ///< of query, key and value together, per position
    Shape made;
    Shape present_key, present_value;  ///< what the second and the third result hold
};

/// Absent if it is no attention, or a shape that it takes its sizes from is missing or does not fit.
[[nodiscard]] std::optional<AttentionForm> attention_form(const OnnxNode& node, const InputShape& shape);

}  // namespace berth
