// Words of command lines that messages suggest.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// Quotes a word for a shell, where necessary.
[[nodiscard]] std::string shell_word(std::string_view word);

}  // namespace berth
