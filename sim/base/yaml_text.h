// Scalars of YAML files that are written by the program.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// The text as a YAML scalar that is read back as just this text: plain where that is safe, quoted otherwise.
[[nodiscard]] std::string yaml_scalar(std::string_view text);

}  // namespace berth
