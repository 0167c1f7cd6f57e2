#include "report/html_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace berth {

namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--text:#1b1b1b;--page:#fff;--soft:#f3f4f6;--line:#c9cdd3;--quiet:#555b63;--link:#0057a8;--good:#00633f;--bad:#a33d00}
@media (prefers-color-scheme:dark){:root{--text:#e8e8e8;--page:#15171a;--soft:#22262b;--line:#4a5058;--quiet:#b3b9c1;--link:#7fbfff;--good:#5fd6a4;--bad:#ff9f66}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.25rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}h3{font-size:1.05rem}
a{color:var(--link)}nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:0;list-style:none}
.answer{font-size:1.15rem;padding:.8rem 1rem;background:var(--soft);border-left:.4rem solid var(--link)}
.met{border-left-color:var(--good)}.missed{border-left-color:var(--bad)}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding:.2rem 0}
th,td{padding:.2rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:normal}
thead th{font-weight:600;background:var(--soft)}
th.n,td.n{text-align:right}
tr.chosen th,tr.chosen td{font-weight:600}
figure{margin:1rem 0;background:#fff;border:1px solid var(--line);padding:.5rem}
figure svg{width:100%;height:auto;max-width:1100px;display:block}
figcaption{color:#333;font-size:.95rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9rem;background:var(--soft)}
pre{overflow-x:auto;padding:.6rem}code{padding:.1rem .25rem;overflow-wrap:anywhere}
dt{font-weight:600}dd{margin:0 0 .5rem 1rem}
th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid var(--link)}
.filter{margin:.5rem 0}.filter input{font:inherit;padding:.2rem .4rem}
@page{size:A4;margin:15mm}
@media print{nav,.filter{display:none}main{max-width:none;padding:0}figure,tr{break-inside:avoid}.wide{overflow:visible}table{font-size:9pt}a{color:inherit;text-decoration:none}}
)css";

// Without it everything is there, in the order of the file.
constexpr std::string_view kScript = R"js(
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const value = (row, i) => row.cells[i].dataset.value ?? row.cells[i].textContent.trim();
  table.querySelectorAll("thead th").forEach((head, i) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach(h => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map(row => [row, value(row, i)]);
      const numeric = rows.every(([, v]) => v === "" || v === "-" || !isNaN(parseFloat(v)));
      rows.sort(([, a], [, b]) => (numeric ? (parseFloat(a) || 0) - (parseFloat(b) || 0) : a.localeCompare(b)) * (down ? -1 : 1));
      body.append(...rows.map(([row]) => row));
    });
  });
  const label = document.createElement("label");
  label.className = "filter";
  label.textContent = "Show rows that hold ";
  const input = document.createElement("input");
  input.type = "search";
  label.append(input);
  table.parentElement.before(label);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
)js";

std::string trimmed_cell(std::string_view cell) {
    const std::size_t from = cell.find_first_not_of(' ');
    return from == std::string_view::npos ? "" : std::string(cell.substr(from));
}

// Letters, digits and dashes: what an id, and a reference to it, may hold without being escaped.
std::string html_id(std::string_view name) {
    std::string id(name);
    std::ranges::replace_if(
        id, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '-');
    return id;
}

std::string replaced_all(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string html_table(const TextTable& table, std::string_view caption, bool sortable) {
    const auto& columns = table.columns();
    const auto kind = [&columns](std::size_t i) { return columns[i].align == Align::kRight ? " class=\"n\"" : ""; };
    std::string text = fmt::format(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"{0}\"><table{1}><caption>{0}</caption><thead><tr>",
        html_text(caption), sortable ? " class=\"sortable\"" : "");
    for (std::size_t i = 0; i < columns.size(); ++i) {
        text += fmt::format("<th scope=\"col\"{}>{}</th>", kind(i), html_text(trimmed_cell(columns[i].heading)));
    }
    text += "</tr></thead><tbody>\n";
    for (const auto& row : table.rows()) {
        text += row.front().starts_with("* ") ? "<tr class=\"chosen\">" : "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string_view element = i == 0 ? "th" : "td";
            text += fmt::format("<{}{}{}>{}</{}>", element, i == 0 ? " scope=\"row\"" : "", kind(i),
                                html_text(trimmed_cell(row[i])), element);
        }
        text += "</tr>\n";
    }
    return text + "</tbody></table></div>\n";
}

std::string html_section(std::string_view id, std::string_view title, std::string_view body) {
    return body.empty() ? ""
                        : fmt::format("<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>\n{2}</section>\n", id,
                                      html_text(title), body);
}

std::string html_figure(std::string_view svg, std::string_view name, std::string_view caption) {
    const std::size_t start = svg.find("<svg");
    if (start == std::string_view::npos) {
        return "";
    }
    std::string drawing(svg.substr(start));
    for (const std::string_view before : {"id='", "id=\"", "href='#", "href=\"#", "url(#"}) {
        drawing = replaced_all(std::move(drawing), before, fmt::format("{}{}-", before, html_id(name)));
    }
    // The caption names it; gnuplot's own title would be shown on hover.
    for (const auto& [open, close] : {std::pair{"<title>", "</title>"}, std::pair{"<desc>", "</desc>"}}) {
        const std::size_t from = drawing.find(open);
        const std::size_t to = drawing.find(close, from);
        if (from != std::string::npos && to != std::string::npos) {
            drawing.erase(from, to + std::string_view(close).size() - from);
        }
    }
    drawing.insert(4, fmt::format(" role=\"img\" aria-label=\"{}\"", html_text(caption)));
    return fmt::format("<figure id=\"figure-{}\">{}<figcaption>{}</figcaption></figure>\n", html_id(name), drawing,
                       html_text(caption));
}

std::string html_page(std::string_view title, std::string_view body) {
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>{}</title>\n"
        "<style>{}</style></head>\n<body><main>\n{}</main>\n<script>{}</script></body></html>\n",
        html_text(title), kStyle, body, kScript);
}

}  // namespace berth
