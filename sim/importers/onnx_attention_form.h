// Attention operators of ONNX and ONNX Runtime: the role of each input, and the sizes that follow.
#pragma once

#include <functional>
#include <optional>

#include "berth/graph/operators.h"
#include "importers/onnx_flow.h"

namespace berth {

/// Shape of the input with this index; null if the input is not given or its shape is not known.
using InputShape = std::function<const Shape*(std::size_t)>;

inline constexpr std::size_t kNotGiven = ~std::size_t{0};

/// What an attention node computes. `key`, `value`, `past_key`, `past_value` and `bias` are indices of the node's
/// inputs.
struct AttentionForm {
    AttentionDims dims;                              ///< kv_seq includes the positions of the past
    std::int64_t past = 0;                           ///< positions in the cache before this call
    std::int64_t latest = 0;                         ///< positions whose keys this call adds
    std::size_t key = kNotGiven, value = kNotGiven;  ///< kNotGiven: packed into the first input with the query
    std::size_t past_key = kNotGiven, past_value = kNotGiven;  ///< equal indices: both in one tensor
    std::size_t filled = kNotGiven;  ///< how many positions of a cache that is updated in place are filled
    bool filled_after = false;       ///< as many as after this call, otherwise before it
    bool in_place = false;           ///< always updates its cache in place
    std::size_t bias = kNotGiven;    ///< bias of the projections, whether or not the node contains them
    bool projects = false;           ///< the node computes query, key and value as the first input times the second
    std::int64_t width = 0;          ///< columns of query, key and value together, per position
    Shape made;
    Shape present_key, present_value;  ///< shapes of the second and the third result
};

/// Absent if the node is not attention, or if a shape that determines the sizes is missing or inconsistent.
[[nodiscard]] std::optional<AttentionForm> attention_form(const OnnxNode& node, const InputShape& shape);

}  // namespace berth
