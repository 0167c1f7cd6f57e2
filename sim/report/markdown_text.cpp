// Escapes of GitHub's Markdown.
#include "report/markdown_text.h"

#include <fmt/format.h>

#include <cctype>

namespace berth {

namespace {

bool in_word(std::string_view text, std::size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
}

bool is_one_of(std::string_view these, std::string_view text, std::size_t at) {
    return at < text.size() && these.find(text[at]) != std::string_view::npos;
}

bool starts_tag(std::string_view text, std::size_t at) {
    return at < text.size() && (std::isalpha(static_cast<unsigned char>(text[at])) != 0 || is_one_of("/!?", text, at));
}

// The character as Markdown writes it. `_` emphasises only at the border of a word, `]` ends a link only before its
// target, `<` starts a tag only before its name, and `&` an entity.
std::string escaped(std::string_view text, std::size_t at) {
    const char c = text[at];
    switch (c) {
        case '\n':
            return "<br>";
        case '<':
            return starts_tag(text, at + 1) ? "&lt;" : "<";
        case '&':
            return in_word(text, at + 1) || is_one_of("#", text, at + 1) ? "&amp;" : "&";
        case '_':
            return at > 0 && in_word(text, at - 1) && in_word(text, at + 1) ? "_" : "\\_";
        case ']':
            return is_one_of("([", text, at + 1) ? "\\]" : "]";
        default:
            return (is_one_of("\\`*|#~", text, at) ? "\\" : "") + std::string(1, c);
    }
}

}  // namespace

std::string markdown_text(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        result += escaped(text, at);
    }
    return result;
}

std::string markdown_code_cell(std::string_view text) {
    std::string result;
    for (const char c : text) {
        result += c == '|' ? "\\|" : std::string(1, c);
    }
    return fmt::format("`{}`", result);
}

}  // namespace berth
