// Pieces of a page in HTML: escaped text, tables, figures. Nothing in it loads anything.
#pragma once

#include <string>
#include <string_view>

#include "report/text_table.h"

namespace berth {

/// Text as it stands in an element or in a quoted attribute.
[[nodiscard]] std::string html_text(std::string_view text);

/// A table with a caption; headings are `th` of their column, first cells `th` of their row. Numbers stand on the
/// right. `sortable` for the page's script.
[[nodiscard]] std::string html_table(const TextTable& table, std::string_view caption, bool sortable = false);

/// A heading with an anchor, and what stands under it; nothing where that is empty.
[[nodiscard]] std::string html_section(std::string_view id, std::string_view title, std::string_view body);

/// A drawing inline, with a caption. Ids within it get `name` in front, so that several may share a page. Empty where
/// the text is no SVG.
[[nodiscard]] std::string html_figure(std::string_view svg, std::string_view name, std::string_view caption);

/// The whole page: `body` between a style for light, dark and print and a script that sorts and filters tables.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view body);

}  // namespace berth
