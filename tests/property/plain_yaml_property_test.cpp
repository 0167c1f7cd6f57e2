// The libyaml reader gives the same tree as yaml-cpp, or defers to it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/yaml_plain.h"
#include "berth/base/atomic_file.h"

namespace berth {
namespace {

/// The complete content of a tree, including locations.
void write(const YamlValue& value, std::string& out) {
    out += fmt::format("{}@{}:{}{}'{}'", static_cast<int>(value.kind), value.where.line, value.where.column,
                       value.quoted ? "q" : "", value.text);
    for (const YamlPointer& item : value.items) {
        out += " -";
        write(*item, out);
    }
    for (const YamlMember& member : value.members) {
        out += fmt::format(" {}@{}:{}=", member.key, member.key_where.line, member.key_where.column);
        write(*member.value, out);
    }
    out += ";";
}

std::string written(const YamlPointer& root) {
    std::string out;
    if (root) {
        write(*root, out);
    }
    return out;
}

const std::shared_ptr<const std::string>& file() {
    static const auto name = std::make_shared<const std::string>("t.yaml");
    return name;
}

/// Difference between both readers; empty if they agree or the text is deferred to yaml-cpp.
std::string difference(std::string_view text) {
    const YamlPointer plain = parse_plain_yaml(text, file());
    Diagnostics diagnostics;
    const YamlPointer any = parse_any_yaml(text, file(), diagnostics);
    if (!plain || written(plain) == written(any)) {
        return "";
    }
    return fmt::format("{}\nplain: {}\nyaml-cpp: {}{}", text, written(plain), written(any), diagnostics.text());
}

std::vector<std::string> shipped_texts() {
    std::vector<std::string> texts;
    for (const char* folder : {"hardware", "models", "models/architectures", "scenarios"}) {
        for (const auto& entry :
             std::filesystem::directory_iterator(std::filesystem::path(BERTH_SOURCE_DIR) / folder)) {
            Diagnostics diagnostics;
            if (const auto text = read_file(entry.path(), diagnostics); text && entry.path().extension() == ".yaml") {
                texts.push_back(*text);
            }
        }
    }
    return texts;
}

/// Texts with all features that both support, and with features deferred to yaml-cpp.
const std::vector<std::string>& seeds() {
    static const std::vector<std::string> all{
        "a: 1\nb:\n  c: x y\n  d: [1, 2, {e: f}]\ng:\n- h\n- i: j\n  k: l\n- - m\n  - n\n",
        "# comment\na: 'it'  # more\n\nb: \"two\"\nc: {d: 5, 'e f': [x,\n    y], g: {h: -1}}\nn:\nm: null\n",
        "graph:\n  inputs:\n    x: {shape: [1, 64]}\n  operators:\n    - {name: n0, op: matmul, inputs: [x], m: 1}\n",
        "a: b:c\nd: e#f\ng: h #i\nj: 1.5 GB/s \xc2\xb1 10%\nk: {l: m:n, o: p#q}\nr: ~\n",
        "a: &x 1\nb: *x\nc: |\n  d\ne: >\n  f\n? g\n: h\n!i j: k\nl: m\n  n\n--- \no\n...\n",
        "a: &x {b: [1, 2]}\nc: *x\nd: |\n  e\n   f\ng: >-\n  h\n  i\nj: \"k\n  l\"\nm: 'n''o'\np: \"q\\n\"\nr: &x "
        "3\ns: *x\n",
    };
    return all;
}

TEST(PlainYaml, ReadsEveryShippedFileAsYamlCppDoes) {
    std::size_t plain = 0;
    const std::vector<std::string> texts = shipped_texts();
    for (const std::string& text : texts) {
        EXPECT_EQ(difference(text), "");
        plain += parse_plain_yaml(text, file()) ? 1U : 0U;
    }
    EXPECT_GE(plain, texts.size() * 9 / 10) << "of " << texts.size();
}

RC_GTEST_PROP(PlainYaml, AgreesWithYamlCppOnAnyText, ()) {
    std::string text = *rc::gen::elementOf(seeds());
    const auto changes = *rc::gen::inRange(1, 8);
    for (int i = 0; i < changes; ++i) {
        static const std::string kLetters = "ab1:-,#?[]{}'\" \n\t.&*!|>%@`~\\=<_\x80\x01";
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
        const char letter = kLetters[*rc::gen::inRange<std::size_t>(0, kLetters.size())];
        switch (*rc::gen::inRange(0, 4)) {
            case 0:
                text.insert(at, 1, letter);
                break;
            case 1:
                text.insert(at, std::string(*rc::gen::inRange<std::size_t>(1, 5), ' '));
                break;
            case 2:
                text.erase(at, *rc::gen::inRange<std::size_t>(1, 6));
                break;
            default:
                text.insert(at, text.substr(*rc::gen::inRange<std::size_t>(0, text.size() + 1), 12));
        }
    }
    RC_ASSERT(difference(text) == "");
}

TEST(PlainYaml, LeavesWhatIsNotPlain) {
    for (const char* text : {"a: *x\n", "a: !t 1\n", "a: b\n  c\n", "a: 1\na: 2\n", "? a\n: b\n", "--- \na: 1\n",
                             "%YAML 1.2\n", "a: [b, c\n", "a: b: c\n", "a: {b, c}\n", "- a\n b\n", "", "a:\n", "-\n",
                             "a: \xc2\xb1 1\n", "a: 1\n---\nb: 2\n"}) {
        EXPECT_EQ(parse_plain_yaml(text, file()), nullptr) << text;
    }
}

}  // namespace
}  // namespace berth
