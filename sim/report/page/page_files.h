// Files of every page: its HTML frame with named placeholders, its style and its script.
#pragma once

#include <span>

#include "base/carried_file.h"

namespace berth {

/// All files of sim/report/page_files.
[[nodiscard]] std::span<const CarriedFile> report_page_files();

}  // namespace berth
