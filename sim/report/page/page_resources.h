// What every page carries with it: its style and its script.
#pragma once

#include <string_view>

namespace berth {

[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_script();

}  // namespace berth
