// Splits CSV into cells, each with its line and column.
#include "berth/base/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/trimmed.h"

namespace berth {

namespace {

// One line; columns are counted in bytes from 1.
class LineSplitter {
  public:
    LineSplitter(std::string_view line, char separator, SourceLocation where, Diagnostics& diagnostics)
        : line_(line), separator_(separator), where_(std::move(where)), diagnostics_(diagnostics) {}

    std::vector<CsvCell> cells() {
        std::vector<CsvCell> cells;
        do {
            cells.push_back(next());
        } while (at_ <= line_.size());
        return cells;
    }

  private:
    [[nodiscard]] SourceLocation place(std::size_t offset) const { return where_.shifted(offset); }

    CsvCell next() {
        const std::size_t text = line_.find_first_not_of(kBlank, at_);
        if (text != std::string_view::npos && line_[text] == '"') {
            return quoted(text);
        }
        const std::size_t end = std::min(line_.find(separator_, at_), line_.size());
        CsvCell cell{std::string(trimmed(line_.substr(at_, end - at_))), place(std::min(text, end))};
        at_ = end + 1;
        return cell;
    }

    CsvCell quoted(std::size_t quote) {
        CsvCell cell{"", place(quote)};
        std::size_t i = quote + 1;
        for (; i < line_.size(); ++i) {
            if (line_[i] == '"' && (i + 1 == line_.size() || line_[i + 1] != '"')) {
                break;
            }
            i += line_[i] == '"' ? 1 : 0;
            cell.text += line_[i];
        }
        if (i >= line_.size()) {
            diagnostics_.error(cell.where, "the quote is not closed");
        }
        const std::size_t end = std::min(line_.find(separator_, std::min(i, line_.size())), line_.size());
        if (i + 1 < end && !trimmed(line_.substr(i + 1, end - i - 1)).empty()) {
            diagnostics_.error(place(i + 1), "text after a quoted cell", "a comma");
        }
        at_ = end + 1;
        return cell;
    }

    std::string_view line_;
    char separator_;
    SourceLocation where_;
    Diagnostics& diagnostics_;
    std::size_t at_ = 0;
};

void check_header(const CsvRow& header, Diagnostics& diagnostics) {
    std::set<std::string> seen;
    for (const CsvCell& cell : header.cells) {
        if (!seen.insert(cell.text).second) {
            diagnostics.error(cell.where, fmt::format("column '{}' appears twice", cell.text));
        }
    }
}

}  // namespace

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
    for (std::size_t i = 0; i < header.cells.size(); ++i) {
        if (header.cells[i].text == name) {
            return i;
        }
    }
    return std::nullopt;
}

std::vector<CsvCell> csv_cells(std::string_view line, char separator, const SourceLocation& where,
                               Diagnostics& diagnostics) {
    return LineSplitter(line, separator, where, diagnostics).cells();
}

std::optional<CsvTable> parse_csv(std::string_view text, std::string name, Diagnostics& diagnostics) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    const std::size_t errors_before = diagnostics.error_count();
    const auto file = std::make_shared<const std::string>(std::move(name));
    if (text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
    }
    CsvTable table;
    int number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (trimmed(line).empty() || line.starts_with('#')) {
            continue;
        }
        CsvRow row{std::string(line), {}, SourceLocation(file, number, 1)};
        row.cells = csv_cells(line, ',', row.where, diagnostics);
        if (table.header.cells.empty()) {
            check_header(row, diagnostics);
            table.header = std::move(row);
            continue;
        }
        if (row.cells.size() != table.header.cells.size()) {
            diagnostics.error(row.where, fmt::format("the row has {} cells", row.cells.size()),
                              fmt::format("{}, as in the header", table.header.cells.size()));
        }
        table.rows.push_back(std::move(row));
    }
    if (table.header.cells.empty()) {
        diagnostics.error(SourceLocation(file, 0, 0), "no header", "a first line with the names of the columns");
    }
    return diagnostics.error_count() == errors_before ? std::optional(std::move(table)) : std::nullopt;
}

namespace {

// Whether a spreadsheet would evaluate the text instead of showing it. A minus sign before a digit is part of a number.
bool is_formula(std::string_view text) {
    constexpr std::string_view kStarts = "=+@\t\r";
    const bool minus = text.size() > 1 && text.front() == '-' && (text[1] < '0' || text[1] > '9') && text[1] != '.';
    return !text.empty() && (minus || kStarts.find(text.front()) != std::string_view::npos);
}

}  // namespace

std::string csv_field(std::string_view text) {
    std::string plain = (is_formula(text) ? "'" : "") + std::string(text);
    if (plain.find_first_of(",\"\r\n") == std::string::npos) {
        return plain;
    }
    std::string quoted = "\"";
    for (const char c : plain) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + "\"";
}

}  // namespace berth
