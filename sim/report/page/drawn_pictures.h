// Pictures as a page shows them: read back from the folder that they were drawn into.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "berth/report.h"

namespace berth {

/// Of a picture that could not be drawn, which has been said, nothing is shown.
[[nodiscard]] std::vector<DrawnPicture> drawn_in(const std::filesystem::path& directory,
                                                 std::span<const Picture> pictures);

}  // namespace berth
