// Glossary of a page's technical terms.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/carried_file.h"

namespace berth {

/// docs/glossary.md, which the program carries.
[[nodiscard]] std::span<const CarriedFile> glossary_document();

/// Explanation of a heading; empty if it needs none.
[[nodiscard]] std::string_view meaning_of(std::string_view heading);

/// The whole glossary as a definition list.
[[nodiscard]] std::string glossary_html();

}  // namespace berth
