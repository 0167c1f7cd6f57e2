// Order constraints between numbers of a profile.
#pragma once

#include <string>
#include <vector>

#include "berth/hardware/profile.h"

namespace berth {

/// An order constraint: one number of a profile may not exceed another. A core draws no more than all cores together,
/// and they no more than the bus carries. Readers reject profiles that violate it; fits respect it.
struct NumberOrder {
    std::string lesser, greater;  ///< paths as in ParameterView
    bool refused = true;          ///< whether readers reject a violation; otherwise only fits respect it
};
/// All order constraints, from the cores to the bus. Bounds of single numbers are in ParameterView.
[[nodiscard]] std::vector<NumberOrder> number_orders(const Profile& profile);

}  // namespace berth
