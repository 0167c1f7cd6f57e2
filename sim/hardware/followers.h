// Relative numbers: numbers given as shares of others, which move with them.
#pragma once

#include <vector>

#include "berth/hardware/profile.h"

namespace berth {

/// Makes setting a number also set all numbers that are shares of it (Profile::relative), recursively.
void make_followers_move(std::vector<ParameterView>& views, Profile& profile);

}  // namespace berth
