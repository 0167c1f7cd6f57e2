// What every page is made of: its frame with named gaps, its style and its script.
#pragma once

#include <span>

#include "base/carried_file.h"

namespace berth {

/// All of sim/report/page_files.
[[nodiscard]] std::span<const CarriedFile> report_page_files();

}  // namespace berth
