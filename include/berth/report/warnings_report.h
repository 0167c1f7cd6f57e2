// Warnings about an answer as text; in JSON they are `warnings`, a list of `path` and `text`.
#pragma once

#include <span>
#include <string>

#include "berth/base/text_width.h"
#include "berth/base/warning.h"

namespace berth {

/// One paragraph per warning, its path first; empty if there are none.
[[nodiscard]] std::string warnings_text(std::span<const Warning> warnings, TextWidth width);

}  // namespace berth
