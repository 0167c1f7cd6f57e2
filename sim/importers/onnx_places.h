// Tells tables of positions from weights among the constants that an imported graph adds or multiplies.
#pragma once

#include <unordered_set>

#include "berth/graph/graph.h"

namespace berth {

struct OnnxCombining {
    std::unordered_set<OperatorId> combining;  ///< nodes that add or multiply element by element
    std::unordered_set<OperatorId> by_head;    ///< of these, sums with a constant for each head and pair of positions
    std::unordered_set<OperatorId> sampling;   ///< nodes that read their first input at the places of the others
};

/// Clears `affine` of sums and products whose constants are no parameters, and `learned` of lookups; they are still
/// read:
/// - behind the last learned operator: places of boxes, strides, scales of results. Networks learn no value per
///   position of what they put out.
/// - on the way to a softmax over scores: masks, and factors written out for each pair of positions. What is added for
///   each head and pair of positions is a learned bias.
/// - two tables, or what is looked up in them, whose products are added: the cosines and sines of rotary positions.
void tell_places_from_weights(Graph& graph, const OnnxCombining& nodes);

}  // namespace berth
