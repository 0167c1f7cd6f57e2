// Measuring into a file, as several commands do.
#pragma once

#include <memory>
#include <string>

#include "berth/measure.h"
#include "cli/command.h"

namespace berth {

struct MeasureTask {
    MeasureSubject subject = MeasureSubject::kOperators;
    MeasureExtent extent = MeasureExtent::kQuick;
    std::uint32_t seed = 1;
    int passes = 0;                              ///< 0: as many as the extent asks for
    std::shared_ptr<QuickestProbes> quickest{};  ///< of all that is measured together; null: of this alone
};

/// Writes the rows as they come, or goes on behind the last one that is there. False where the file could not be
/// written on, or with errors.
bool measure_into(const std::string& path, bool resume, const MeasureTask& task, const MachineDescription& machine,
                  const Library& library, Diagnostics& diagnostics);

}  // namespace berth
