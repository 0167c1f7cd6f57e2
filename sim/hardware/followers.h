// Numbers that are shares of others, and move with them.
#pragma once

#include <vector>

#include "berth/profile.h"

namespace berth {

/// Makes setting a number set all that are shares of it (Profile::relative), and shares of those.
void make_followers_move(std::vector<ParameterView>& views, Profile& profile);

}  // namespace berth
