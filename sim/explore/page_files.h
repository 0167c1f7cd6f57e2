// Files of the page.
#pragma once

#include <span>

#include "base/carried_file.h"

namespace berth {

/// All files of sim/explore/page.
[[nodiscard]] std::span<const CarriedFile> explore_page_files();

}  // namespace berth
