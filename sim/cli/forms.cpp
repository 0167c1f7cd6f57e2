// Answers in the format that was asked for.
#include "cli/forms.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "base/mapped.h"
#include "berth/csv.h"
#include "berth/provenance.h"
#include "cli/command.h"
#include "report/text_table.h"

namespace berth {

namespace {

std::string made(const std::function<std::string()>& form) {
    if (!form) {
        throw std::logic_error("a format that the answer does not have");
    }
    return form();
}

}  // namespace

bool is_rows(const std::optional<Format>& format) { return format == Format::kCsv || format == Format::kMarkdown; }

std::string markdown_table(const std::string& csv) {
    Diagnostics faults;
    const auto table = parse_csv(csv, "rows", faults);
    if (!table) {
        throw std::logic_error("rows that are no CSV: " + faults.text());
    }
    TextTable rows;
    for (const CsvCell& cell : table->header.cells) {
        rows.column(cell.text, Align::kLeft);
    }
    for (const CsvRow& row : table->rows) {
        rows.row(mapped(row.cells, &CsvCell::text));
    }
    return rows.markdown();
}

std::string in_format(const Forms& forms, const std::optional<Format>& format, const Invocation& invocation) {
    switch (format.value_or(forms.text ? Format::kText : Format::kCsv)) {
        case Format::kText: {
            std::string text = made(forms.text);
            return forms.ends_with_origin
                       ? with_provenance_text(std::move(text), invocation.provenance, invocation.width)
                       : text;
        }
        case Format::kJson:
            return with_provenance(made(forms.json), invocation.provenance);
        case Format::kCsv:
            return made(forms.rows);
        case Format::kMarkdown:
            return forms.markdown ? forms.markdown() : markdown_table(made(forms.rows));
    }
    throw std::logic_error("unknown format");
}

}  // namespace berth
