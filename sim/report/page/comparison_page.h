// The page of a scenario on several chips.
#pragma once

#include <span>
#include <string>

#include "berth/hardware_comparison.h"
#include "berth/provenance.h"
#include "berth/report.h"
#include "report/text_table.h"

namespace berth {

/// A table of the page, and what it is of.
struct NamedTable {
    std::string name;
    TextTable table;
};

/// The best chip first, each stage on each chip, what makes the difference of two, why a chip cannot run it.
[[nodiscard]] std::string comparison_page(const HardwareComparison& comparison, const NamedTable& totals,
                                          std::span<const NamedTable> stages, std::span<const Picture> pictures,
                                          const Provenance& provenance);

}  // namespace berth
