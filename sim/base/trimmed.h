// Text without the blanks around it.
#pragma once

#include <string_view>

namespace berth {

inline constexpr std::string_view kBlank = " \t\r\n";

/// `text` without blanks, tabs and line ends before and after it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlank);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace berth
