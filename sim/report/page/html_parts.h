// Pieces of a page in HTML: escaped text, tables, figures. Nothing in it loads anything.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/provenance.h"
#include "berth/report.h"
#include "report/text_table.h"

namespace berth {

/// Text as it stands in an element or in a quoted attribute.
[[nodiscard]] std::string html_text(std::string_view text);

[[nodiscard]] std::string html_paragraph(std::string_view text, std::string_view kind = "");
/// Nothing where there are no sentences.
[[nodiscard]] std::string html_list(std::span<const std::string> sentences);
/// Text as it was laid out for a terminal; nothing where it is empty.
[[nodiscard]] std::string html_preformatted(std::string_view text);
/// What is shown when the reader opens it; a page that is printed keeps it closed.
[[nodiscard]] std::string html_details(std::string_view summary, std::string_view body);

/// What the page's script knows of a row: the operators that it stands for, and its time.
struct RowMark {
    std::string key;  ///< see Spot::key; empty: none
    double milliseconds = 0;
};
struct HtmlTable {
    std::string caption;
    bool sortable = false;         ///< by the page's script, which also filters it
    std::string_view id{};         ///< for the script; empty: none
    std::vector<RowMark> marks{};  ///< one per row, or none
};
/// A table with a caption; headings are `th` of their column and explained on hover where the glossary has them, first
/// cells `th` of their row. Numbers stand on the right.
[[nodiscard]] std::string html_table(const TextTable& table, const HtmlTable& how);

struct HtmlSection {
    std::string_view id;
    std::string title;
    std::string body;  ///< empty: the section is left out
};
/// A whole page: title, what comes first, links to the sections, and these; between a style for light, dark and print
/// and a script that sorts, filters, selects and keeps its state in the address.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view first,
                                    std::span<const HtmlSection> sections);

/// A drawing inline with its caption, and its spots on top. Ids within it get its name in front, so that several may
/// share a page. Empty where there is no SVG.
[[nodiscard]] std::string html_figure(const Picture& drawn);
/// Those whose names begin with one of `names`.
[[nodiscard]] std::string html_figures(std::span<const Picture> pictures,
                                       std::initializer_list<std::string_view> names);

/// Where the page is from: the program's version, the command, every change, the profiles, and what lies beside it.
[[nodiscard]] std::string html_provenance(const Provenance& provenance, std::span<const std::string> beside);

}  // namespace berth
