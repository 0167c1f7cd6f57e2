// Wrapped sentences and shortened names.
#include "report/text_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace berth {

namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

// Whether two words must stay on one line: a number and its unit.
bool belong_together(std::string_view word, std::string_view next) {
    static constexpr std::array<std::string_view, 17> kUnits{
        "ns", "us", "ms", "s", "B", "KiB", "MiB", "GiB", "TiB", "J", "mJ", "GHz", "MHz", "Hz", "MB/s", "GB/s", "%"};
    const std::string_view unit = next.substr(0, next.find_last_not_of(".,;:)") + 1);
    return !word.empty() && word.back() >= '0' && word.back() <= '9' && std::ranges::find(kUnits, unit) != kUnits.end();
}

std::vector<std::string> unbreakable_parts(std::string_view text) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
        const std::string_view word = text.substr(at, end - at);
        at = end + 1;
        if (word.empty()) {
            continue;
        }
        if (!parts.empty() && belong_together(parts.back(), word)) {
            parts.back().append(" ").append(word);
        } else {
            parts.emplace_back(word);
        }
    }
    return parts;
}

// Parts between which a long path may break: "hardware.", "devices.", "npu". The decimal point of a number is no break.
std::vector<std::string_view> path_steps(std::string_view word) {
    std::vector<std::string_view> steps;
    std::size_t from = 0;
    for (std::size_t at = 0; at + 1 < word.size(); ++at) {
        if (word[at] == '.' && std::isalpha(static_cast<unsigned char>(word[at + 1])) != 0) {
            steps.push_back(word.substr(from, at + 1 - from));
            from = at + 1;
        }
    }
    steps.push_back(word.substr(from));
    return steps;
}

// End of a word of a command line; a quoted word may contain spaces.
std::size_t word_end(std::string_view line, std::size_t at) {
    for (bool quoted = false; at < line.size() && (quoted || line[at] != ' '); ++at) {
        const bool escaped = line[at] == '\\' && !quoted && at + 1 < line.size() && line[at + 1] == '\'';
        at += escaped ? 1 : 0;  // the quote in the middle of 'it'\''s'
        quoted = quoted != (line[at] == '\'' && !escaped);
    }
    return at;
}

// End of an unbreakable part of a command line: a word, or an option with its value.
std::size_t part_end(std::string_view line, std::size_t at) {
    const std::size_t end = word_end(line, at);
    const bool option = line[at] == '-' && end + 1 < line.size() && line[end + 1] != '-';
    return option ? word_end(line, end + 1) : end;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string wrapped(std::string_view text, std::size_t indent, TextWidth width, std::size_t hanging, Breaks breaks) {
    const std::size_t columns = std::min(width.columns, kMostReadable);
    std::string result;
    std::string line;
    std::size_t start = indent;
    const auto add = [&](std::string_view part, std::string_view space) {
        if (!line.empty() && start + display_width(line) + space.size() + display_width(part) > columns) {
            result += std::string(start, ' ') + line + "\n";
            start = indent + hanging;
            line.clear();
        }
        line += line.empty() ? "" : space;
        line += part;
    };
    for (const std::string& word : unbreakable_parts(text)) {
        if (breaks == Breaks::kAtSpaces || indent + hanging + display_width(word) <= columns) {
            add(word, " ");
            continue;
        }
        std::string_view space = " ";
        for (const std::string_view step : path_steps(word)) {
            add(step, space);
            space = "";
        }
    }
    return result + std::string(line.empty() ? 0 : start, ' ') + line + "\n";
}

std::string wrapped_command(std::string_view line, TextWidth width) {
    constexpr std::string_view kGoesOn = " \\";
    const bool goes_on = line.ends_with(kGoesOn);
    line.remove_suffix(goes_on ? kGoesOn.size() : 0);
    if (!goes_on && display_width(line) <= width.columns) {
        return std::string(line) + "\n";
    }
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    std::string text;
    std::string current(indent, ' ');
    for (std::size_t at = indent; at < line.size(); at = part_end(line, at) + 1) {
        const std::string part(line.substr(at, part_end(line, at) - at));
        const bool first = current.find_first_not_of(' ') == std::string::npos;
        if (!first && display_width(current) + 1 + display_width(part) + kGoesOn.size() > width.columns) {
            text += current + std::string(kGoesOn) + "\n";
            current = std::string(indent + 4, ' ') + part;
        } else {
            current += (first ? "" : " ") + part;
        }
    }
    return text + current + std::string(goes_on ? kGoesOn : "") + "\n";
}

std::string shortened(std::string_view text, std::size_t columns) {
    constexpr std::string_view kGap = "...";
    const std::size_t points = display_width(text);
    if (points <= columns) {
        return std::string(text);
    }
    const std::size_t kept = columns - std::min(columns, kGap.size());
    const std::size_t head = kept / 2;
    std::string result;
    std::size_t point = 0;  // code points before this byte
    for (const char byte : text) {
        point += starts_code_point(byte) ? 1 : 0;
        const bool first_cut = point == head + 1 && starts_code_point(byte);
        result += first_cut ? kGap : "";
        if (point <= head || point > points - (kept - head)) {
            result += byte;
        }
    }
    return result;
}

int decimals_for(double largest) {
    if (!(largest > 0) || !std::isfinite(largest)) {
        return 0;
    }
    const int exponent = static_cast<int>(std::floor(std::log10(largest)));
    return std::clamp(2 - exponent, 0, 3);
}

}  // namespace berth
