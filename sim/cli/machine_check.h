// Whether a profile that was measured on a machine is used on that machine.
#pragma once

#include <vector>

#include "berth/diagnostics.h"
#include "berth/profile.h"
#include "berth/warning.h"

namespace berth {

/// The machine that profiles are compared with: `none` for no comparison, or a file with `machine:`; without it, the
/// machine at hand.
inline constexpr const char* kMachineVariable = "BERTH_MACHINE";

/// One warning where the profile's `machine` is not this one, or may not be, for JSON; it is added to `diagnostics`,
/// too. Errors: kMachineVariable names no such file.
std::vector<Warning> machine_warnings(const Profile& profile, Diagnostics& diagnostics);

}  // namespace berth
