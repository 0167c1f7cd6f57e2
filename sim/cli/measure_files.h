// Measurements into a file, for several commands.
#pragma once

#include <memory>
#include <string>

#include "berth/measure/measure.h"
#include "cli/command.h"

namespace berth {

struct MeasureTask {
    MeasureSubject subject = MeasureSubject::kOperators;
    MeasureExtent extent = MeasureExtent::kQuick;
    std::uint32_t seed = 1;
    int passes = 0;                              ///< 0: the number that the extent prescribes
    std::shared_ptr<QuickestProbes> quickest{};  ///< shared by jointly measured tasks; null for this task alone
};

/// Writes each row as soon as it is measured; with `resume`, continues after the last existing row. False, with errors,
/// if the file cannot be written or the measurement fails.
bool measure_into(const std::string& path, bool resume, const MeasureTask& task, const MachineDescription& machine,
                  const Library& library, Diagnostics& diagnostics);

}  // namespace berth
