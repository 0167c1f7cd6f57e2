// Measured operators as a fit uses them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "berth/validation.h"

namespace berth {

struct FitRow {
    const MeasuredRow* row = nullptr;
    OperatorKind kind{};
    Kernel kernel;
    std::size_t block = 0;        ///< the same for all rows of one shape, whatever their dtype and cores
};

/// The operators of all sets; `left_out` counts the other rows.
[[nodiscard]] std::vector<FitRow> fit_rows(std::span<const MeasuredSet> sets, std::size_t& left_out);

/// The model's time for a row.
[[nodiscard]] Time time_of(const FitRow& row, const Profile& profile);

}  // namespace berth
