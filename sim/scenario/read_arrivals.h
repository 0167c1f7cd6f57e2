// The traffic that a scenario asks to be simulated.
#pragma once

#include <optional>

#include "berth/arrivals.h"
#include "berth/yaml_reader.h"

namespace berth {

/// Reads `arrivals`: users and their think time, a rate, or a CSV file of times.
[[nodiscard]] std::optional<RequestStream> read_arrivals(const YamlNode& node);

}  // namespace berth
