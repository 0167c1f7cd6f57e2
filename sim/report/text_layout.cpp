// Aligned columns, wrapped sentences and short numbers.
#include "report/text_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "berth/quantity_text.h"

namespace berth {

namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::string padded(const std::string& cell, std::size_t width, Align align) {
    const std::string space(width - std::min(width, display_width(cell)), ' ');
    return align == Align::kLeft ? cell + space : space + cell;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
    const std::string start(indent, ' ');
    std::string result;
    std::string line;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
        const std::string_view word = text.substr(at, end - at);
        at = end + 1;
        if (word.empty()) {
            continue;
        }
        if (!line.empty() && indent + display_width(line) + 1 + display_width(word) > columns) {
            result += start + line + "\n";
            line.clear();
        }
        line += line.empty() ? "" : " ";
        line += word;
    }
    return result + start + line + "\n";
}

std::string shortened(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) {
        return std::string(text);
    }
    const std::size_t kept = columns > 3 ? columns - 3 : 0;
    std::size_t points = 0;
    std::size_t end = 0;
    while (end < text.size() && (points < kept || !starts_code_point(text[end]))) {
        points += starts_code_point(text[end]) ? 1 : 0;
        ++end;
    }
    return std::string(text.substr(0, end)) + "...";
}

void TextTable::column(std::string heading, Align align) {
    headings_.push_back(std::move(heading));
    aligns_.push_back(align);
}

void TextTable::row(std::vector<std::string> cells) {
    if (cells.size() != headings_.size()) {
        throw std::logic_error("a row has another number of cells than its table has columns");
    }
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> TextTable::widths() const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
        std::size_t width = display_width(headings_[i]);
        for (const auto& cells : rows_) {
            width = std::max(width, display_width(cells[i]));
        }
        result.push_back(width);
    }
    return result;
}

std::size_t TextTable::columns() const {
    std::size_t total = headings_.empty() ? 0 : 2 * (headings_.size() - 1);
    for (const std::size_t width : widths()) {
        total += width;
    }
    return total;
}

std::string TextTable::line(const std::vector<std::string>& cells, std::size_t indent) const {
    const auto width = widths();
    std::string result(indent, ' ');
    for (std::size_t i = 0; i < cells.size(); ++i) {
        result += (i == 0 ? "" : "  ") + padded(cells[i], width[i], aligns_[i]);
    }
    result.erase(result.find_last_not_of(' ') + 1);
    return result + "\n";
}

std::string TextTable::text(std::size_t indent) const {
    std::string result = line(headings_, indent);
    for (const auto& cells : rows_) {
        result += line(cells, indent);
    }
    return result;
}

std::string range_text(const Estimate<Time>& estimate) {
    const std::string high = brief(estimate.high);
    const std::size_t space = high.find(' ');
    const std::string unit = high.substr(space);
    const auto high_number = parse_number(std::string_view(high).substr(0, space));
    if (!high_number || *high_number <= 0) {
        return fmt::format("{} to {}", brief(estimate.low), high);
    }
    const double scale = *high_number / with_digits(estimate.high.si(), 3);
    return fmt::format("{}-{}{}", number_text(estimate.low.si() * scale, 3), high.substr(0, space), unit);
}

int decimals_for(double largest) {
    if (!(largest > 0) || !std::isfinite(largest)) {
        return 0;
    }
    const int exponent = static_cast<int>(std::floor(std::log10(largest)));
    return std::clamp(2 - exponent, 0, 3);
}

}  // namespace berth
