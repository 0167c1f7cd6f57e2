// Typical faults of a file, each as a mutation of its text.
#include "fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

namespace berth::fuzz {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

using Span = std::pair<std::size_t, std::size_t>;  // begin and end

// Separate numbers, excluding digits within a name.
std::vector<Span> numbers_in(std::string_view text) {
    std::vector<Span> found;
    for (std::size_t at = 0; at < text.size();) {
        const bool starts = is_digit(text[at]) &&
                            (at == 0 || std::string_view(" :[,{=\"\t\n-").find(text[at - 1]) != std::string_view::npos);
        if (!starts) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) {
            ++end;
        }
        found.emplace_back(at, end);
        at = end;
    }
    return found;
}

std::vector<Span> lines_in(std::string_view text) {
    std::vector<Span> found;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        found.emplace_back(at, end);
        at = end;
    }
    return found;
}

// Words before a colon, excluding the colon.
std::vector<Span> keys_in(std::string_view text) {
    std::vector<Span> found;
    for (std::size_t colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':', colon + 1)) {
        std::size_t start = colon;
        while (start > 0 &&
               (std::isalnum(static_cast<unsigned char>(text[start - 1])) != 0 || text[start - 1] == '_')) {
            --start;
        }
        if (start < colon) {
            found.emplace_back(start, colon);
        }
    }
    return found;
}

void replace(std::string& text, Span span, std::string_view with) {
    text.replace(span.first, span.second - span.first, with);
}

void change_number(std::string& text, Draw& draw) {
    const auto numbers = numbers_in(text);
    if (numbers.empty()) {
        return;
    }
    const Span span = draw.of(numbers);
    if (draw.one_in(2)) {
        replace(text, span, extreme_number(draw));
        return;
    }
    // Scales by a power of ten, which mostly stays within the range.
    static constexpr std::array<std::string_view, 8> kPowers{"e-9", "e-6", "e-3", "e-1", "e1", "e2", "e4", "e8"};
    const std::string digits = text.substr(span.first, span.second - span.first);
    if (draw.one_in(2)) {
        replace(text, span, digits + std::string(draw.of(kPowers)));
    } else {  // integers stay integers
        replace(text, span, std::to_string(std::strtoull(digits.c_str(), nullptr, 10) << draw.below(34)));
    }
}

void change_line(std::string& text, Draw& draw) {
    const auto lines = lines_in(text);
    if (lines.empty()) {
        return;
    }
    const Span span = draw.of(lines);
    const std::string line = text.substr(span.first, span.second - span.first);
    switch (draw.below(5)) {
        case 0:
            replace(text, span, "");
            return;
        case 1:
            replace(text, span, line + line);
            return;
        case 2: {
            std::string many;
            const std::size_t times = 100 + draw.below(700);
            for (std::size_t i = 0; i < times; ++i) {
                many += line;
            }
            replace(text, span, many);
            return;
        }
        case 3: {
            const Span other = draw.of(lines);
            const std::string its = text.substr(other.first, other.second - other.first);
            text.insert(span.first, its);
            return;
        }
        default:
            replace(text, span, (draw.one_in(2) ? "  " : "\t") + line);
    }
}

void change_key(std::string& text, Draw& draw) {
    const auto keys = keys_in(text);
    if (keys.empty()) {
        return;
    }
    const Span span = draw.of(keys);
    const std::string key = text.substr(span.first, span.second - span.first);
    const Span other = draw.of(keys);
    switch (draw.below(3)) {
        case 0:
            replace(text, span, key + "q");
            return;
        case 1:
            replace(text, span, text.substr(other.first, other.second - other.first));
            return;
        default:
            replace(text, span, key + ": 1, " + key);
    }
}

// Replaces the value of a key by one of another type.
void change_type(std::string& text, Draw& draw) {
    static constexpr std::array<std::string_view, 12> kValues{
        "[]", "{}", "[1]", "{a: 1}", "true", "null", "~", "\"\"", "[[1, 2], [3]]", "*x", "&x 1", "\"0x10\""};
    const auto keys = keys_in(text);
    if (keys.empty()) {
        return;
    }
    const std::size_t start = draw.of(keys).second + 1;
    const std::size_t end = std::min(text.find_first_of(",}\n", start), text.size());
    replace(text, {start, end}, " " + std::string(draw.of(kValues)));
}

void change_unit(std::string& text, Draw& draw) {
    static constexpr std::array<std::string_view, 20> kUnits{
        " ms",     " us",     " GB/s", " TB/s",   " PB",       " KiB",        " GHz",     " Hz", " %", "%",
        " ± 300%", " ± 1e9%", " ± 0%", " pJ/MAC", " per core", " per device", " GFLOP/s", " W",  " J", " op"};
    const auto numbers = numbers_in(text);
    if (!numbers.empty()) {
        text.insert(draw.of(numbers).second, draw.of(kUnits));
    }
}

void flip_bytes(std::string& bytes, Draw& draw) {
    const std::size_t times = 1 + draw.below(4);
    for (std::size_t i = 0; i < times && !bytes.empty(); ++i) {
        char& byte = bytes[draw.below(bytes.size())];
        byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << draw.below(8)));
    }
}

void cut(std::string& bytes, Draw& draw) { bytes.resize(draw.below(bytes.size() + 1)); }

void erase_part(std::string& bytes, Draw& draw) {
    const std::size_t at = draw.below(bytes.size() + 1);
    bytes.erase(at, draw.below(40));
}

void repeat_part(std::string& bytes, Draw& draw) {
    const std::size_t at = draw.below(bytes.size() + 1);
    const std::string part = bytes.substr(at, 1 + draw.below(60));
    const std::size_t times = draw.one_in(4) ? 300 : 1;
    for (std::size_t i = 0; i < times; ++i) {
        bytes.insert(at, part);
    }
}

}  // namespace

std::string extreme_number(Draw& draw) {
    static constexpr std::array<std::string_view, 46> kNumbers{"0",
                                                               "-0",
                                                               "-1",
                                                               "1",
                                                               "2",
                                                               "0.5",
                                                               "1e-300",
                                                               "4.9e-324",
                                                               "1e308",
                                                               "1.8e308",
                                                               "1e309",
                                                               "-1e308",
                                                               ".inf",
                                                               "-.inf",
                                                               ".nan",
                                                               "nan",
                                                               "inf",
                                                               "1e-12",
                                                               "1e-9",
                                                               "1e-6",
                                                               "1e-3",
                                                               "1e3",
                                                               "1e6",
                                                               "1e9",
                                                               "1e12",
                                                               "1e13",
                                                               "1e15",
                                                               "1e16",
                                                               "1e18",
                                                               "1e-18",
                                                               "0x7f",
                                                               "0b101",
                                                               "1_000",
                                                               "255",
                                                               "256",
                                                               "1024",
                                                               "65536",
                                                               "1000000",
                                                               "2147483647",
                                                               "2147483648",
                                                               "4294967296",
                                                               "9007199254740992",
                                                               "9223372036854775807",
                                                               "9223372036854775808",
                                                               "99999999999999999999",
                                                               "007"};
    static constexpr std::array<std::string_view, 10> kPlain{"1",    "2",   "3",      "0.5",  "16",
                                                             "0.01", "100", "0.0001", "4096", "20000"};
    return std::string(draw.one_in(2) ? draw.of(kPlain) : draw.of(kNumbers));
}

std::string mutated_text(std::string text, Draw& draw) {
    const std::size_t times = 1 + (draw.one_in(3) ? draw.below(3) : 0);
    for (std::size_t i = 0; i < times; ++i) {
        const std::size_t way = draw.below(20);
        if (way < 9) {
            change_number(text, draw);
        } else if (way < 12) {
            change_line(text, draw);
        } else if (way < 14) {
            change_key(text, draw);
        } else if (way < 16) {
            change_type(text, draw);
        } else if (way < 17) {
            change_unit(text, draw);
        } else {
            text = mutated_bytes(std::move(text), draw);
        }
    }
    return text;
}

std::string mutated_bytes(std::string bytes, Draw& draw) {
    switch (draw.below(5)) {
        case 0:
            cut(bytes, draw);
            break;
        case 1:
            erase_part(bytes, draw);
            break;
        case 2:
            repeat_part(bytes, draw);
            break;
        default:
            flip_bytes(bytes, draw);
    }
    return bytes;
}

}  // namespace berth::fuzz
