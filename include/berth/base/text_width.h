// Line width of text output.
#pragma once

#include <cstddef>

namespace berth {

/// Columns of a line; reports, files and pipes have 80.
struct TextWidth {
    std::size_t columns = 80;
};

}  // namespace berth
