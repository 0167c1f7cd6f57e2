// Names of operators, derived from those of the nodes of an ONNX file.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// Block number in a name such as `encoder.layer.3.attention.query`; -1 if there is none.
[[nodiscard]] int block_in(std::string_view name);

/// `/encoder/layer.0/attention/MatMul` becomes `encoder.layer.0.attention.MatMul`.
[[nodiscard]] std::string readable(std::string_view name);

}  // namespace berth
