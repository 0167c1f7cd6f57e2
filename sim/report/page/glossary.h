// The words of a page that not every reader knows, each explained once.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// What a heading means; empty for plain ones.
[[nodiscard]] std::string_view meaning_of(std::string_view heading);

/// All of them as a list of definitions.
[[nodiscard]] std::string glossary_html();

}  // namespace berth
