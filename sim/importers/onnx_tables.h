// Learned tables of which a model adds only some rows, or each row several times, at places known in advance.
#pragma once

#include <string_view>

#include "importers/onnx_network.h"

namespace berth {

/// Pseudo-operator, not one of ONNX: rows of its input, a constant table, at places that are known in advance.
inline constexpr std::string_view kPickedRows = "PickedRows";

/// A runtime computes such rows once, but the weights are those of the table: 512 positions, of which 16 are used; 169
/// distances, each used for many pairs of positions. Turns the node that makes them into kPickedRows where they are
/// summands, or where a product reads more elements than the table has. Slices that divide a matrix stay constants.
void restore_tables(OnnxFlow& flow);

/// Whether something learned is added on the way from the scores of attention to the softmax: rows that are looked up
/// in a table, or a constant with values of its own for each head and pair of positions. Masks are the same for all
/// heads.
[[nodiscard]] bool adds_learned(const OnnxNetwork& network, NodeId step);

}  // namespace berth
