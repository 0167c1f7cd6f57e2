// Whether a precision that somebody asks for is offered, and by which profiles if not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// Why none of the devices offers the scheme, what they and shipped profiles offer, and how a what-if grants it; absent
/// if one of them does.
struct PrecisionRefusal {
    std::string message, expected;
};
[[nodiscard]] std::optional<PrecisionRefusal> precision_refusal(const Scheme& scheme, const Profile& profile,
                                                                const std::vector<DeviceId>& devices,
                                                                const Library& library);

}  // namespace berth
