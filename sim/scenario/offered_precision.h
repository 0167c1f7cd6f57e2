// Checks whether a requested precision is offered, and if not, which profiles offer it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {

/// Explains that none of the devices offers the scheme, what they and shipped profiles offer, and which override grants
/// it. Absent if a device offers it.
struct PrecisionRefusal {
    std::string message, expected;
};
[[nodiscard]] std::optional<PrecisionRefusal> precision_refusal(const Scheme& scheme, const Profile& profile,
                                                                const std::vector<DeviceId>& devices,
                                                                const Library& library);

}  // namespace berth
