// A file embedded in the program at build time, see cmake/BerthEmbed.cmake.
#pragma once

#include <string_view>

namespace berth {

struct CarriedFile {
    std::string_view name;  ///< `index.html`
    std::string_view content;
};

}  // namespace berth
