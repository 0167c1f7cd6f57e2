// A file that the program carries with it since it was built, see cmake/BerthEmbed.cmake.
#pragma once

#include <string_view>

namespace berth {

struct CarriedFile {
    std::string_view name;  ///< `index.html`
    std::string_view content;
};

}  // namespace berth
