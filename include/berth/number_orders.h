// Numbers of a profile that bound each other.
#pragma once

#include <string>
#include <vector>

#include "berth/profile.h"

namespace berth {

/// One number of a profile may not be more than another: a core draws no more than all of them, and they no more than
/// the bus carries. Readers refuse profiles that break it, fits keep to it.
struct NumberOrder {
    std::string lesser, greater;  ///< paths as in ParameterView
    bool refused = true;          ///< by readers, where it is broken; else only fits keep to it
};
/// All of them, from the cores to the bus. What bounds a number by itself is in ParameterView.
[[nodiscard]] std::vector<NumberOrder> number_orders(const Profile& profile);

}  // namespace berth
