#include "report/page/html_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>
#include <utility>

#include "report/names.h"
#include "report/page/glossary.h"
#include "report/page/page_files.h"

namespace berth {

namespace {

std::string trimmed_cell(std::string_view cell) {
    const std::size_t from = cell.find_first_not_of(' ');
    return from == std::string_view::npos ? "" : std::string(cell.substr(from));
}

std::string replaced_all(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string_view page_file(std::string_view name) {
    return std::ranges::find(report_page_files(), name, &CarriedFile::name)->content;
}

std::string heading_text(std::string_view heading) {
    const std::string_view meaning = meaning_of(heading);
    return meaning.empty() ? html_text(heading)
                           : fmt::format("<abbr title=\"{}\">{}</abbr>", html_text(meaning), html_text(heading));
}

std::string_view cell_kind(const TextTable::Column& column) {
    return column.align == Align::kRight ? " class=\"n\"" : "";
}

std::string row_start(const std::vector<std::string>& cells, const RowMark* mark) {
    std::string text = cells.front().starts_with("* ") ? "<tr class=\"chosen\"" : "<tr";
    if (mark != nullptr && !mark->key.empty()) {
        text += fmt::format(" data-op=\"{}\"", html_text(mark->key));
    }
    if (mark != nullptr && mark->milliseconds > 0) {
        text += fmt::format(" data-ms=\"{:.6g}\"", mark->milliseconds);
    }
    return text + ">";
}

/// Replaces `currentColor`, which WeasyPrint does not support, by the explicit colour of gnuplot's elements.
std::string with_plain_colors(const std::string& drawing) {
    static const std::regex kStrokeOfGroup(R"re((color="([^"]*)" stroke=)"currentColor")re");
    static const std::regex kColorOfSymbol(R"re((<use [^>]*) color='([^']*)')re");
    static const std::regex kInherited(R"re( (?:stroke|fill)='currentColor')re");
    std::string plain = std::regex_replace(drawing, kStrokeOfGroup, R"($1"$2")");
    plain = std::regex_replace(plain, kColorOfSymbol, "$1 fill='$2' stroke='$2'");
    return std::regex_replace(plain, kInherited, "");
}

/// gnuplot's SVG without its head, and with unique ids.
std::string inline_drawing(const Picture& drawn) {
    const std::size_t start = drawn.svg.find("<svg");
    std::string drawing = start == std::string::npos ? "" : with_plain_colors(drawn.svg.substr(start));
    for (const std::string_view before : {"id='", "id=\"", "href='#", "href=\"#", "url(#"}) {
        drawing = replaced_all(std::move(drawing), before, fmt::format("{}{}-", before, drawn.name));
    }
    // The caption names the drawing; gnuplot's own title would appear as a tooltip.
    for (const auto& [open, close] : {std::pair{"<title>", "</title>"}, std::pair{"<desc>", "</desc>"}}) {
        const std::size_t from = drawing.find(open);
        const std::size_t to = drawing.find(close, from);
        if (from != std::string::npos && to != std::string::npos) {
            drawing.erase(from, to + std::string_view(close).size() - from);
        }
    }
    return drawing;
}

/// Hover and click areas for pointer users; tables have buttons for the same actions.
std::string spot_overlay(const Picture& drawn) {
    const std::size_t box = drawn.svg.find("viewBox=\"");
    if (drawn.spots.empty() || box == std::string::npos) {
        return "";
    }
    const std::size_t from = box + std::string_view("viewBox=\"").size();
    std::string text = fmt::format("<svg class=\"spots\" viewBox=\"{}\" aria-hidden=\"true\">",
                                   drawn.svg.substr(from, drawn.svg.find('"', from) - from));
    for (const Spot& spot : drawn.spots) {
        text += fmt::format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
            "data-op=\"{}\"><title>{}</title></rect>\n",
            spot.x, spot.y, spot.width, spot.height, html_text(spot.key), html_text(spot.title));
    }
    return text + "</svg>";
}

}  // namespace

std::string html_text(std::string_view text) {
    constexpr std::array<std::pair<char, std::string_view>, 5> kEntities{
        {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}}};
    std::string escaped;
    for (const char c : text) {
        const auto* const found = std::ranges::find(kEntities, c, &std::pair<char, std::string_view>::first);
        escaped += found == kEntities.end() ? std::string(1, c) : std::string(found->second);
    }
    return escaped;
}

std::string html_paragraph(std::string_view text, std::string_view kind) {
    return fmt::format("<p{}>{}</p>\n", kind.empty() ? "" : fmt::format(" class=\"{}\"", kind), html_text(text));
}

std::string html_list(std::span<const std::string> sentences) {
    std::string text;
    for (const std::string& sentence : sentences) {
        text += fmt::format("<li>{}</li>\n", html_text(sentence));
    }
    return text.empty() ? "" : "<ul>\n" + text + "</ul>\n";
}

std::string html_preformatted(std::string_view text) {
    return text.empty() ? "" : fmt::format("<pre tabindex=\"0\">{}</pre>\n", html_text(text));
}

std::string html_details(std::string_view summary, std::string_view body) {
    return fmt::format("<details><summary>{}</summary>\n{}</details>\n", html_text(summary), body);
}

std::string html_table(const TextTable& table, const HtmlTable& how) {
    const auto& columns = table.columns();
    std::string text = fmt::format(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"{0}\"><table{1}{2}><caption>{0}</caption><thead><tr>",
        html_text(how.caption), how.id.empty() ? "" : fmt::format(" id=\"{}\"", how.id),
        how.sortable ? " class=\"sortable\"" : "");
    for (const TextTable::Column& column : columns) {
        text +=
            fmt::format("<th scope=\"col\"{}>{}</th>", cell_kind(column), heading_text(trimmed_cell(column.heading)));
    }
    text += "</tr></thead><tbody>\n";
    for (std::size_t r = 0; r < table.rows().size(); ++r) {
        const auto& row = table.rows()[r];
        text += row_start(row, r < how.marks.size() ? &how.marks[r] : nullptr);
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string_view element = i == 0 ? "th" : "td";
            text += fmt::format("<{}{}{}>{}</{}>", element, i == 0 ? " scope=\"row\"" : "", cell_kind(columns[i]),
                                html_text(trimmed_cell(row[i])), element);
        }
        text += "</tr>\n";
    }
    return text + "</tbody></table></div>\n";
}

std::string html_figure(const Picture& drawn) {
    std::string drawing = inline_drawing(drawn);
    if (drawing.empty()) {
        return "";
    }
    const std::string caption = html_text(drawn.caption);
    drawing.insert(4, fmt::format(" class=\"drawing\" role=\"img\" aria-label=\"{}\"", caption));
    return fmt::format(
        "<figure id=\"figure-{0}\"><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Picture {0}\"><div "
        "class=\"stack\">{1}{2}</div></div><figcaption>{3}</figcaption></figure>\n",
        drawn.name, drawing, spot_overlay(drawn), caption);
}

std::string html_figures(std::span<const Picture> pictures, std::initializer_list<std::string_view> names) {
    std::string text;
    for (const std::string_view name : names) {
        for (const Picture& one : pictures) {
            text += one.name.starts_with(name) ? html_figure(one) : "";
        }
    }
    return text;
}

std::string html_provenance(const Provenance& provenance, std::span<const std::string> beside) {
    std::string text = html_preformatted(provenance_text(provenance));
    return beside.empty() ? text : text + html_paragraph(fmt::format("Beside this page: {}.", fmt::join(beside, ", ")));
}

std::string html_page(std::string_view title, std::string_view first, std::span<const HtmlSection> sections) {
    std::string links;
    std::string body;
    for (const HtmlSection& one : sections) {
        if (!one.body.empty()) {
            links += fmt::format("<li><a href=\"#{}\">{}</a></li>", one.id, html_text(one.title));
            body += fmt::format("<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>\n{2}</section>\n", one.id,
                                html_text(one.title), one.body);
        }
    }
    return fmt::format(fmt::runtime(page_file("page.html")), fmt::arg("title", html_text(title)),
                       fmt::arg("style", page_file("page.css")), fmt::arg("first", first), fmt::arg("links", links),
                       fmt::arg("sections", body), fmt::arg("script", page_file("page.js")));
}

}  // namespace berth
