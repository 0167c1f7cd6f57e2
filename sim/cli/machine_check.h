// Check whether a profile is used on the machine that it was measured on.
#pragma once

#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/warning.h"
#include "berth/hardware/profile.h"

namespace berth {

/// Environment variable with the machine to compare profiles with: `none` for no comparison, or a file with `machine:`.
/// If unset, profiles are compared with this machine.
inline constexpr const char* kMachineVariable = "BERTH_MACHINE";

/// One warning, for JSON, if the profile's `machine` is or may be another one; it is also added to `diagnostics`.
/// Errors: kMachineVariable names a file that is missing or has no `machine:`.
std::vector<Warning> machine_warnings(const Profile& profile, Diagnostics& diagnostics);

}  // namespace berth
