#include "report/page/glossary.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/page/html_parts.h"

namespace berth {

namespace {

struct Word {
    std::string_view word;
    std::string meaning;
};

std::string plain(std::string_view markdown) {
    std::string text(markdown);
    std::erase_if(text, [](char c) { return c == '`' || c == '*'; });
    return text;
}

// Rows of the document's table: `| word | meaning |`.
std::vector<Word> read_words() {
    constexpr std::string_view kStart = "|---|---|\n| ", kBetween = " | ", kEnd = " |\n";
    std::vector<Word> words;
    std::string_view rest = glossary_document().front().content;
    for (rest.remove_prefix(rest.find(kStart) + kStart.size() - 2); rest.starts_with("| ");) {
        rest.remove_prefix(2);
        const std::size_t between = rest.find(kBetween), meaning = between + kBetween.size(), end = rest.find(kEnd);
        words.push_back({rest.substr(0, between), plain(rest.substr(meaning, end - meaning))});
        rest.remove_prefix(end + kEnd.size());
    }
    return words;
}

const std::vector<Word>& words() {
    static const std::vector<Word> all = read_words();
    return all;
}

}  // namespace

std::string_view meaning_of(std::string_view heading) {
    const auto found = std::ranges::find(words(), heading, &Word::word);
    return found == words().end() ? std::string_view() : found->meaning;
}

std::string glossary_html() {
    std::string text = "<dl>\n";
    for (const Word& one : words()) {
        text += fmt::format("<dt>{}</dt><dd>{}.</dd>\n", html_text(one.word), html_text(one.meaning));
    }
    return text + "</dl>\n";
}

}  // namespace berth
