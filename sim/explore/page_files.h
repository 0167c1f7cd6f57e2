// Files of the page, in the program since it was built.
#pragma once

#include <span>
#include <string_view>

namespace berth {

struct PageFile {
    std::string_view name;  ///< `index.html`
    std::string_view content;
};

/// All of them; the source is made from sim/explore/page when the program is built.
[[nodiscard]] std::span<const PageFile> page_files();

}  // namespace berth
