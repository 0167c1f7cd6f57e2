// Building blocks of a page in HTML: escaped text, tables, figures. They load no external resources.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/report/provenance.h"
#include "berth/report/report.h"
#include "report/text_table.h"

namespace berth {

/// Text escaped for an element or a quoted attribute.
[[nodiscard]] std::string html_text(std::string_view text);

[[nodiscard]] std::string html_paragraph(std::string_view text, std::string_view kind = "");
/// A list of sentences; empty if there are none.
[[nodiscard]] std::string html_list(std::span<const std::string> sentences);
/// Text preformatted for a terminal; empty if the text is empty.
[[nodiscard]] std::string html_preformatted(std::string_view text);
/// A collapsible part of the page; it stays closed in print.
[[nodiscard]] std::string html_details(std::string_view summary, std::string_view body);

/// Data of a table row for the page's script: its operators and its time.
struct RowMark {
    std::string key;  ///< see Spot::key; empty: none
    double milliseconds = 0;
};
struct HtmlTable {
    std::string caption;
    bool sortable = false;         ///< sortable and filterable by the page's script
    std::string_view id{};         ///< id for the script; empty: none
    std::vector<RowMark> marks{};  ///< one per row, or none
};
/// A table with a caption. Headings are `th` of their column, with the glossary's explanation on hover; first cells are
/// `th` of their row. Numbers are right-aligned.
[[nodiscard]] std::string html_table(const TextTable& table, const HtmlTable& how);

struct HtmlSection {
    std::string_view id;
    std::string title;
    std::string body;  ///< empty: the section is omitted
};
/// A complete page: title, introduction `first`, table of contents and sections, with a style for light, dark and print
/// and a script that sorts, filters, selects and keeps its state in the URL.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view first,
                                    std::span<const HtmlSection> sections);

/// An inline drawing with its caption, and its clickable spots on top. Its ids are prefixed with its name, so that a
/// page may contain several drawings. Empty if there is no SVG.
[[nodiscard]] std::string html_figure(const Picture& drawn);
/// The figures whose names begin with one of `names`.
[[nodiscard]] std::string html_figures(std::span<const Picture> pictures,
                                       std::initializer_list<std::string_view> names);

/// Provenance of the page: program version, command, all changes, profiles, and the files beside the page.
[[nodiscard]] std::string html_provenance(const Provenance& provenance, std::span<const std::string> beside);

}  // namespace berth
