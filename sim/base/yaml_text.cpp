// Quotes text that YAML would otherwise read as something else.
#include "base/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace berth {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_plain(std::string_view text) {
    constexpr std::array<std::string_view, 7> kTaken{"true", "false", "null", "yes", "no", "on", "off"};
    const auto harmless = [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
    };
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return is_letter(c) ? static_cast<char>(c | 0x20) : c; });
    return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, harmless) &&
           std::ranges::find(kTaken, lower) == kTaken.end();
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
    if (is_plain(text)) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

}  // namespace berth
