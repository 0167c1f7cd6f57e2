// Text in GitHub's Markdown: every character is shown as it is.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// A sentence or a cell of a table, in which nothing is read as Markdown or HTML. A line break becomes `<br>`.
[[nodiscard]] std::string markdown_text(std::string_view text);

/// A cell of a table that is typed as it is, such as a path, in the font of code.
[[nodiscard]] std::string markdown_code_cell(std::string_view text);

}  // namespace berth
