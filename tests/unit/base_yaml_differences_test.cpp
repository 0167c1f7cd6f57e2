// Semantic comparison of two documents, and stepwise conversion of one into the other.
#include "berth/base/yaml_differences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace berth {
namespace {

using testing::ElementsAre;

YamlDocument yaml_of(const std::string& text) {
    Diagnostics diagnostics;
    auto document = YamlDocument::parse(text, "test", diagnostics);
    if (!document) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*document);
}

std::vector<std::string> differing(const std::string& before, const std::string& after) {
    std::vector<std::string> texts;
    for (const YamlDifference& one : differences_between(yaml_of(before), yaml_of(after))) {
        texts.push_back(one.path() + ": " + one.before.value_or("-") + " -> " + one.after.value_or("-"));
    }
    return texts;
}

TEST(YamlDifferences, LeavesAreComparedByTheirMeaning) {
    EXPECT_THAT(differing("{clock: 1 GHz, size: 4 MiB, on: npu}", "{size: 4096 KiB, clock: 1000 MHz, on: npu}"),
                ElementsAre());
    EXPECT_THAT(differing("a: 7.8 GB/s ± 10%", "a: {value: 7.8 GB/s, spread: 10%}"), ElementsAre());
    EXPECT_THAT(differing("a: [512]", "a: 512"), ElementsAre());
    EXPECT_THAT(differing("a: 1 MB", "a: 1 MiB"), ElementsAre("a: 1 MB -> 1 MiB"));
    EXPECT_THAT(differing("a: 7.8 GB/s", "a: 7.8 GB/s ± 10%"), ElementsAre("a: 7.8 GB/s -> 7.8 GB/s ± 10%"));
    EXPECT_THAT(differing("a: {value: 1 GHz, kind: measured}", "a: {value: 1 GHz, kind: datasheet}"),
                ElementsAre("a: 1 GHz, measured -> 1 GHz, datasheet"));
    EXPECT_THAT(differing("a: {value: 1 GHz, kind: measured}", "a: 1000 MHz"),
                ElementsAre("a: 1 GHz, measured -> 1000 MHz"));
    EXPECT_THAT(differing("a: {b: 1, c: x}", "a: {c: y, d: 2}"),
                ElementsAre("a.b: 1 -> -", "a.c: x -> y", "a.d: - -> 2"));
}

TEST(YamlDifferences, ListsAreComparedByNameByIndexOrAsAWhole) {
    EXPECT_THAT(differing("a: [128, 512]", "a: [512]"), ElementsAre("a: [128, 512] -> [512]"));
    EXPECT_THAT(differing("s: [{name: a, n: 1}, {name: b, n: 2}]", "s: [{name: b, n: 3}, {name: c, n: 4}]"),
                ElementsAre("s.a: {name: a, n: 1} -> -", "s.b.n: 2 -> 3", "s.c: - -> {name: c, n: 4}"));
    EXPECT_THAT(differing("s: [{name: a}, {name: b}]", "s: [{name: b}, {name: a}]"), ElementsAre("s: a, b -> b, a"));
    EXPECT_THAT(differing("l: [{x: 1}, {x: 2}]", "l: [{x: 1}, {x: 3}]"), ElementsAre("l.1.x: 2 -> 3"));
}

// For any differences: applying all of them leaves none, and applying one leaves the others.
TEST(YamlDifferences, TakingOverEachMakesTheOther) {
    const std::vector<std::string> texts{
        "{a: 1, b: {c: 2 GB/s, d: [1, 2]}, s: [{name: x, n: 1}, {name: y, n: 2}]}",
        "{a: 2, b: {c: 2 GB/s ± 5%}, s: [{name: y, n: 3, m: 4}, {name: x, n: 1}], e: {f: 1}}",
        "{b: {c: {value: 3 GB/s, kind: measured}, d: [1]}, s: [{name: z, n: 1}, {name: x, n: 9}], l: [{x: 1}]}",
        "{pin: {layer.0.*: cpu}, l: [{x: 2}], s: [{name: x}]}",
    };
    for (const std::string& one : texts) {
        for (const std::string& other : texts) {
            SCOPED_TRACE(one + " to " + other);
            const YamlDocument after = yaml_of(other);
            YamlDocument changing = yaml_of(one);
            const auto all = differences_between(changing, after);
            for (std::size_t i = 0; i < all.size(); ++i) {
                take_over(changing, all[i], after);
                EXPECT_EQ(differences_between(changing, after).size(), all.size() - i - 1) << all[i].path();
            }
        }
    }
}

TEST(YamlDocumentText, APathTellsWhatStandsThere) {
    const YamlDocument document = yaml_of("{a: [128, 512], s: [{name: x, t: {rate: 5 Hz}}], n: ~, q: \"a: b\"}");
    EXPECT_EQ(document.text_at("a"), "[128, 512]");
    EXPECT_EQ(document.text_at("s.x.t"), "{rate: 5 Hz}");
    EXPECT_EQ(document.text_at("s.0.t.rate"), "5 Hz");
    EXPECT_EQ(document.text_at("q"), "\"a: b\"");
    EXPECT_EQ(document.text_at("n"), std::nullopt);
    EXPECT_EQ(document.text_at("s.y"), std::nullopt);
    EXPECT_EQ(document.text_at("a.b.c"), std::nullopt);
}

}  // namespace
}  // namespace berth
