// Width of the terminal.
#pragma once

#include "berth/base/text_width.h"

namespace berth {

/// COLUMNS of the environment, else the width of the terminal at `descriptor`, else 80 columns. At least 40.
[[nodiscard]] TextWidth terminal_width(int descriptor);

}  // namespace berth
