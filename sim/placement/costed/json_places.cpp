// Locates tokens: from the last character of a token back to its first, then to line and column.
#include "placement/costed/json_places.h"

#include <cctype>

namespace berth {

namespace {

bool in_number(char c) {
    return (std::isdigit(static_cast<unsigned char>(c)) != 0) || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

}  // namespace

JsonPlaces::JsonPlaces(std::string_view text, const std::string& file)
    : text_(text), latest_(text.data()), file_(std::make_shared<const std::string>(file)) {}

std::size_t JsonPlaces::last() const {
    const auto taken = static_cast<std::size_t>(latest_ - text_.data());
    return taken > 0 ? taken - 1 : 0;
}

SourceLocation JsonPlaces::text() {
    std::size_t at = last();
    while (at > 0) {
        --at;
        std::size_t escapes = 0;
        while (escapes < at && text_[at - escapes - 1] == '\\') {
            ++escapes;
        }
        if (text_[at] == '"' && escapes % 2 == 0) {
            break;
        }
    }
    return place(at);
}

// The parser reads one character past a number to detect its end.
SourceLocation JsonPlaces::number() {
    std::size_t at = last();
    if (at > 0 && !in_number(text_[at])) {
        --at;
    }
    while (at > 0 && in_number(text_[at - 1])) {
        --at;
    }
    return place(at);
}

SourceLocation JsonPlaces::literal() {
    std::size_t at = last();
    while (at > 0 && std::isalpha(static_cast<unsigned char>(text_[at - 1])) != 0) {
        --at;
    }
    return place(at);
}

SourceLocation JsonPlaces::bracket() { return place(last()); }

SourceLocation JsonPlaces::latest() { return place(last()); }

SourceLocation JsonPlaces::place(std::size_t offset) {
    if (offset < counted_) {
        counted_ = line_start_ = 0;
        line_ = 1;
    }
    for (; counted_ < offset; ++counted_) {
        if (text_[counted_] == '\n') {
            ++line_;
            line_start_ = counted_ + 1;
        }
    }
    return {file_, line_, static_cast<int>(offset - line_start_) + 1};
}

}  // namespace berth
