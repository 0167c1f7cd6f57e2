// Writes scalars of YAML files.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// The text as a YAML scalar that reads back as the same text: plain where that is safe, quoted otherwise.
[[nodiscard]] std::string yaml_scalar(std::string_view text);

}  // namespace berth
