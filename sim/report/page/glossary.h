// Glossary of a page's technical terms.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// Explanation of a heading; empty if it needs none.
[[nodiscard]] std::string_view meaning_of(std::string_view heading);

/// The whole glossary as a definition list.
[[nodiscard]] std::string glossary_html();

}  // namespace berth
