// HTML page that compares a scenario on several chips.
#pragma once

#include <span>
#include <string>

#include "berth/analysis/hardware_comparison.h"
#include "berth/report/provenance.h"
#include "berth/report/report.h"
#include "report/text_table.h"

namespace berth {

/// A table of the page, and its name.
struct NamedTable {
    std::string name;
    TextTable table;
};

/// Page with the chips, the best first, each stage on each chip, the difference between two chips, and the reasons why
/// a chip cannot run the scenario.
[[nodiscard]] std::string comparison_page(const HardwareComparison& comparison, const NamedTable& totals,
                                          std::span<const NamedTable> stages, std::span<const Picture> pictures,
                                          const Provenance& provenance);

}  // namespace berth
