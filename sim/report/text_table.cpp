// Column widths, and layout of rows as lines.
#include "report/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>

#include "base/mapped.h"
#include "report/markdown_text.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kBetween = 2;     // spaces between columns
constexpr std::size_t kLeastName = 20;  // enough for the start and the end of a shortened name

std::size_t total(const std::vector<std::size_t>& widths, const std::vector<std::size_t>& shown) {
    std::size_t sum = shown.empty() ? 0 : kBetween * (shown.size() - 1);
    for (const std::size_t i : shown) {
        sum += widths[i];
    }
    return sum;
}

// Breaks a cell into lines; leading spaces are repeated on every line.
std::vector<std::string> lines_of(std::string_view text, std::size_t columns, Breaks breaks = Breaks::kAtSpaces) {
    std::vector<std::string> lines;
    const std::string broken = wrapped(text, std::min(text.find_first_not_of(' '), text.size()), {columns}, 0, breaks);
    for (std::size_t at = 0; at < broken.size();) {
        const std::size_t end = broken.find('\n', at);
        lines.push_back(broken.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::size_t longest_word(std::string_view text, Breaks breaks = Breaks::kAtSpaces) {
    std::size_t longest = 0;
    for (const std::string& word : lines_of(text, 1, breaks)) {
        longest = std::max(longest, display_width(word));
    }
    return longest;
}

std::string padded(const std::string& cell, std::size_t width, Align align) {
    const std::string space(width - std::min(width, display_width(cell)), ' ');
    return align == Align::kLeft ? cell + space : space + cell;
}

void add_line(std::string& text, std::size_t indent, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    text += std::string(line.empty() ? 0 : indent, ' ') + line + "\n";
}

// A laid-out cell.
struct CellLines {
    std::vector<std::string> lines;
    std::size_t width = 0;
    Align align = Align::kLeft;
};

void add_row(std::string& text, std::size_t indent, const std::vector<CellLines>& cells, bool at_bottom) {
    std::size_t height = 1;
    for (const CellLines& cell : cells) {
        height = std::max(height, cell.lines.size());
    }
    for (std::size_t i = 0; i < height; ++i) {
        std::string line;
        for (const CellLines& cell : cells) {
            const std::size_t above = at_bottom ? height - cell.lines.size() : 0;
            const bool here = i >= above && i - above < cell.lines.size();
            line += std::string(&cell == cells.data() ? 0 : kBetween, ' ');
            line += padded(here ? cell.lines[i - above] : "", cell.width, cell.align);
        }
        add_line(text, indent, std::move(line));
    }
}

// The first columns, and another one behind them unless it is one of them.
std::vector<std::size_t> led_by(const std::vector<std::size_t>& shown, std::size_t keys, std::size_t column) {
    std::vector<std::size_t> led(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(keys));
    if (std::ranges::find(led, column) == led.end()) {
        led.push_back(column);
    }
    return led;
}

// Splits columns into panels no wider than `available`; each panel starts with the `keys` first columns.
std::vector<std::vector<std::size_t>> panels(const std::vector<std::size_t>& shown, std::size_t keys,
                                             const std::vector<std::size_t>& widths, std::size_t available) {
    std::vector<std::vector<std::size_t>> all(1);
    for (const std::size_t i : shown) {
        all.back().push_back(i);
        if (all.back().size() > keys + 1 && total(widths, all.back()) > available) {
            all.back().pop_back();
            all.push_back(led_by(shown, keys, i));
        }
    }
    return all;
}

// The least number of panels, of balanced widths.
std::vector<std::vector<std::size_t>> even_panels(const std::vector<std::size_t>& shown, std::size_t keys,
                                                  const std::vector<std::size_t>& widths, std::size_t available) {
    auto best = panels(shown, keys, widths, available);
    while (best.size() > 1 && --available > 0) {
        auto narrower = panels(shown, keys, widths, available);
        if (narrower.size() > best.size()) {
            break;
        }
        best = std::move(narrower);
    }
    return best;
}

// Lines of a cell fitted to the width of its column.
std::vector<std::string> fitted_lines(const std::string& cell, Fit fit, std::size_t width) {
    switch (fit) {
        case Fit::kShorten:
            return {shortened(cell, width)};
        case Fit::kWrap:
            return lines_of(cell, width);
        case Fit::kWrapPaths:
            return lines_of(cell, width, Breaks::kInPaths);
        case Fit::kOwnLine:
            return {""};
        case Fit::kWhole:
        case Fit::kOptional:
            break;
    }
    return {cell};
}

}  // namespace

TextTable::TextTable(std::initializer_list<std::vector<Column>> groups) {
    for (const std::vector<Column>& group : groups) {
        columns_.insert(columns_.end(), group.begin(), group.end());
    }
}

void TextTable::column(std::string heading, Align align, Fit fit) {
    columns_.push_back({std::move(heading), align, fit});
}

void TextTable::columns(Align align, const std::vector<std::string>& headings) {
    for (const std::string& heading : headings) {
        column(heading, align);
    }
}

void TextTable::row(std::vector<std::string> cells) {
    if (cells.size() != columns_.size()) {
        throw std::logic_error("a row has another number of cells than its table has columns");
    }
    rows_.push_back(std::move(cells));
}

std::size_t TextTable::widest_cell(std::size_t column) const {
    std::size_t width = 0;
    for (const auto& cells : rows_) {
        width = std::max(width, display_width(cells[column]));
    }
    return width;
}

// Least width of a column, with its heading broken at every space.
std::size_t TextTable::least_width(std::size_t column) const {
    const std::size_t heading = longest_word(columns_[column].heading);
    const std::size_t cells = widest_cell(column);
    switch (columns_[column].fit) {
        case Fit::kWhole:
        case Fit::kOptional:
            return std::max(heading, cells);
        case Fit::kShorten:
            return std::max(heading, std::min(cells, kLeastName));
        case Fit::kOwnLine:
            return heading;
        case Fit::kWrap:
        case Fit::kWrapPaths:
            break;
    }
    const Breaks breaks = columns_[column].fit == Fit::kWrapPaths ? Breaks::kInPaths : Breaks::kAtSpaces;
    std::size_t word = heading;
    for (const auto& row : rows_) {
        word = std::max(word, longest_word(row[column], breaks));
    }
    return word;
}

TextTable::Widths TextTable::natural_widths() const {
    Widths widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths.push_back(std::max(display_width(columns_[i].heading), widest_cell(i)));
    }
    return widths;
}

std::size_t TextTable::natural_width() const {
    Columns all(columns_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return total(natural_widths(), all);
}

// Breaks the headings that exceed their cells most first, and no more than needed.
bool TextTable::break_headings(Widths& widths, const Columns& shown, std::size_t available) const {
    const auto broken = [this](std::size_t i) { return std::max(widest_cell(i), longest_word(columns_[i].heading)); };
    while (total(widths, shown) > available) {
        const std::size_t most =
            *std::ranges::max_element(shown, {}, [&](std::size_t i) { return widths[i] - broken(i); });
        if (widths[most] == broken(most)) {
            return false;
        }
        const std::size_t spare = total(widths, shown) - available;
        widths[most] = std::max(broken(most), widths[most] - std::min(widths[most], spare));
    }
    return true;
}

// Narrows the column that is furthest above its least width first. Changes nothing if the least widths do not fit.
bool TextTable::narrow_cells(Widths& widths, const Columns& shown, std::size_t available) const {
    Widths least;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        least.push_back(std::min(least_width(i), widths[i]));
    }
    if (total(least, shown) > available) {
        return false;
    }
    while (total(widths, shown) > available) {
        --widths[*std::ranges::max_element(shown, {}, [&](std::size_t i) { return widths[i] - least[i]; })];
    }
    return true;
}

// Number of leading columns that every panel repeats: the names that tell the rows apart, if they leave half of the
// width to the others, else the first column alone.
std::size_t TextTable::key_columns(const Columns& shown, std::size_t available) const {
    Widths least;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        least.push_back(least_width(i));
    }
    Columns keys;
    for (const std::size_t i : shown) {
        keys.push_back(i);
        if (columns_[i].align != Align::kLeft || 2 * total(least, keys) > available) {
            break;
        }
        std::set<std::vector<std::string_view>> names;
        for (const auto& cells : rows_) {
            names.insert(
                mapped<std::string_view>(keys, [&cells](std::size_t key) -> std::string_view { return cells[key]; }));
        }
        if (names.size() == rows_.size()) {
            return keys.size();
        }
    }
    return 1;
}

// Removes optional columns from `shown` until the others fit. If the table is still too wide, narrows each column so
// that it fits beside the first one in a panel.
TextTable::Widths TextTable::fitted_widths(Columns& shown, std::size_t available) const {
    Widths widths = natural_widths();
    while (!break_headings(widths, shown, available)) {
        const auto last = std::ranges::find(shown.rbegin(), shown.rend(), Fit::kOptional,
                                            [this](std::size_t i) { return columns_[i].fit; });
        if (last == shown.rend()) {
            break;
        }
        shown.erase(std::next(last).base());
        widths = natural_widths();
    }
    if (narrow_cells(widths, shown, available)) {
        return widths;
    }
    const std::size_t keys = key_columns(shown, available);
    for (const std::size_t i : shown) {
        static_cast<void>(narrow_cells(widths, led_by(shown, keys, i), available));
    }
    return widths;
}

std::string TextTable::panel_text(const Columns& panel, const Widths& widths, std::size_t indent) const {
    std::string text;
    std::vector<CellLines> heading;
    for (const std::size_t i : panel) {
        const std::string& name = columns_[i].heading;
        heading.push_back({display_width(name) > widths[i] ? lines_of(name, widths[i]) : std::vector{name}, widths[i],
                           columns_[i].align});
    }
    add_row(text, indent, heading, true);
    for (const auto& row : rows_) {
        std::vector<CellLines> cells;
        for (const std::size_t i : panel) {
            const bool fits = display_width(row[i]) <= widths[i];
            if (!fits && columns_[i].fit == Fit::kOwnLine) {
                add_line(text, indent, row[i]);
            }
            cells.push_back({fits ? std::vector{row[i]} : fitted_lines(row[i], columns_[i].fit, widths[i]), widths[i],
                             columns_[i].align});
        }
        add_row(text, indent, cells, false);
    }
    return text;
}

std::string TextTable::left_out(const Columns& shown, std::size_t indent, TextWidth width) const {
    std::string names;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (std::ranges::find(shown, i) == shown.end() && !columns_[i].heading.empty()) {
            names += (names.empty() ? "" : ", ") + columns_[i].heading;
        }
    }
    return names.empty() ? "" : wrapped("(no room for: " + names + ")", indent, width);
}

std::string TextTable::text(std::size_t indent, TextWidth width) const {
    const std::size_t available = width.columns > indent ? width.columns - indent : 1;
    Columns shown(columns_.size());
    std::iota(shown.begin(), shown.end(), std::size_t{0});
    const Widths widths = fitted_widths(shown, available);
    if (total(widths, shown) <= available) {
        return panel_text(shown, widths, indent) + left_out(shown, indent, width);
    }
    std::string text;
    for (const auto& panel : even_panels(shown, key_columns(shown, available), widths, available)) {
        text += (text.empty() ? "" : "\n") + panel_text(panel, widths, indent);
    }
    return text + left_out(shown, indent, width);
}

std::string TextTable::markdown() const {
    const auto line = [](const std::vector<std::string>& cells) {
        return fmt::format("| {} |\n", fmt::join(cells, " | "));
    };
    std::string text =
        line(mapped<std::string>(columns_, [](const Column& column) { return markdown_text(column.heading); })) +
        line(mapped<std::string>(columns_,
                                 [](const Column& column) { return column.align == Align::kRight ? "---:" : "---"; }));
    for (const auto& row : rows_) {
        std::vector<std::string> cells;
        for (std::size_t i = 0; i < row.size(); ++i) {
            cells.push_back(columns_[i].fit == Fit::kOwnLine ? markdown_code_cell(row[i]) : markdown_text(row[i]));
        }
        text += line(cells);
    }
    return text;
}

}  // namespace berth
