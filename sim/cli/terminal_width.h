// How wide the terminal is.
#pragma once

#include "berth/text_width.h"

namespace berth {

/// COLUMNS of the environment, else what the terminal behind `descriptor` says, else 80 columns. No less than 40.
[[nodiscard]] TextWidth terminal_width(int descriptor);

}  // namespace berth
