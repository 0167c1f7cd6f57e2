// Numbers of one profile alone, before those of the runtimes beside it are added.
#pragma once

#include <vector>

#include "berth/profile.h"

namespace berth {

/// As parameters() has them, without those of Profile::runtimes; paths as in the profile's own file.
[[nodiscard]] std::vector<ParameterView> own_parameters(Profile& profile);

}  // namespace berth
