// Numbers of one profile, without those of its further runtimes.
#pragma once

#include <vector>

#include "berth/hardware/profile.h"

namespace berth {

/// Like parameters(), but without those of Profile::runtimes; paths as in the profile's own file.
[[nodiscard]] std::vector<ParameterView> own_parameters(Profile& profile);

}  // namespace berth
