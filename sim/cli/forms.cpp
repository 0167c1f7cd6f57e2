// Answers in the format that was asked for.
#include "cli/forms.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "base/mapped.h"
#include "berth/base/csv.h"
#include "berth/report/provenance.h"
#include "cli/command.h"
#include "report/text_table.h"

namespace berth {

namespace {

const FormatRow& row_of(Format format) { return *std::ranges::find(kFormatNames, format, &FormatRow::value); }

// The form with the provenance that it has in every format.
std::string made(const Forms& forms, Form form, const Invocation& invocation) {
    if (form == nullptr || !(forms.*form)) {
        throw std::logic_error("a format that the answer does not have");
    }
    std::string text = (forms.*form)();
    if (form == &Forms::json) {
        return with_provenance(std::move(text), invocation.provenance);
    }
    return form == &Forms::text && forms.ends_with_origin
               ? with_provenance_text(std::move(text), invocation.provenance, invocation.width)
               : text;
}

// The cells of every line, the header first.
std::vector<std::vector<std::string>> cells_of(const std::string& csv) {
    Diagnostics faults;
    const auto table = parse_csv(csv, "rows", faults);
    if (!table) {
        throw std::logic_error("rows that are no CSV: " + faults.text());
    }
    std::vector<std::vector<std::string>> lines{mapped(table->header.cells, &CsvCell::text)};
    for (const CsvRow& row : table->rows) {
        lines.push_back(mapped(row.cells, &CsvCell::text));
    }
    return lines;
}

}  // namespace

std::vector<Format> formats_of(const std::vector<Form>& forms) {
    std::vector<Format> formats;
    for (const FormatRow& row : kFormatNames) {
        if (std::ranges::any_of(forms, [&row](Form form) { return form == row.own || form == row.from; })) {
            formats.push_back(row.value);
        }
    }
    return formats;
}

bool is_rows(const std::optional<Format>& format) {
    return format && (row_of(*format).own == &Forms::rows || row_of(*format).from == &Forms::rows);
}

std::string markdown_table(const std::string& csv) {
    const auto lines = cells_of(csv);
    TextTable table;
    table.columns(Align::kLeft, lines.front());
    std::for_each(std::next(lines.begin()), lines.end(), [&table](const auto& cells) { table.row(cells); });
    return table.markdown();
}

std::string in_format(const Forms& forms, const std::optional<Format>& format, const Invocation& invocation) {
    const FormatRow& row = row_of(format.value_or(forms.text ? Format::kText : Format::kCsv));
    const bool has = row.own != nullptr && forms.*row.own;
    return has ? made(forms, row.own, invocation) : row.written(made(forms, row.from, invocation));
}

}  // namespace berth
