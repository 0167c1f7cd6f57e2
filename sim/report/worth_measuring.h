// Which measurements are worth making, as a table.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "berth/analysis/next_measurement.h"
#include "report/text_table.h"

namespace berth {

/// A noun to follow "the variance of the".
[[nodiscard]] std::string_view goal_name(MeasurementGoal goal);

/// The first `top` measurements: the variance each would remove, the operator, its kernel and its predicted time.
[[nodiscard]] TextTable worth_measuring_rows(std::span<const WorthMeasuring> ranked, const Profile& profile,
                                             std::size_t top);

}  // namespace berth
