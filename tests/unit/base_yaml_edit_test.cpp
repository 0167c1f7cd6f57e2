// Overrides and inheritance of YAML documents.
#include <gtest/gtest.h>

#include "berth/base/yaml_reader.h"

namespace berth {
namespace {

constexpr std::string_view kScenario =
    "scenario: query\n"
    "stages:\n"
    "  - {name: embed, tokens: 24}\n"
    "  - {name: rerank, tokens: 122, buckets: [512]}\n"
    "  - {name: rerank.fast, tokens: 7}\n"
    "models:\n"
    "  Qwen2.5: {layers: 28}\n"
    "  Qwen2: {layers: 24}\n"
    "runtime:\n"
    "budget: 200 ms\n";

YamlDocument document_of(std::string_view text, const std::string& name = "s.yaml") {
    Diagnostics diagnostics;
    auto document = YamlDocument::parse(text, name, diagnostics);
    EXPECT_TRUE(document.has_value()) << diagnostics.text();
    return document.value();
}

YamlNode at(const YamlDocument& document, std::initializer_list<std::string_view> steps, Diagnostics& diagnostics) {
    YamlNode node = document.root(diagnostics);
    for (const std::string_view step : steps) {
        node = node.is_sequence() ? node.sequence().at(static_cast<std::size_t>(step[0] - '0')) : node.require(step);
    }
    return node;
}

std::string set_errors(std::string_view path, std::string_view value = "1") {
    YamlDocument document = document_of(kScenario);
    Diagnostics diagnostics;
    EXPECT_FALSE(document.set(path, value, diagnostics)) << path;
    return diagnostics.text();
}

TEST(BaseYamlSet, ReplacesAValueAndNamesItself) {
    YamlDocument document = document_of(kScenario);
    const YamlDocument before = document;
    Diagnostics diagnostics;
    EXPECT_TRUE(document.set("budget", "soon", diagnostics));
    EXPECT_TRUE(document.set("stages.rerank.tokens", "64", diagnostics));
    EXPECT_EQ(document.root(diagnostics).require("budget").quantity<Time>(), std::nullopt);
    EXPECT_EQ(diagnostics.text(),
              "--set budget:1:1: error: 'soon' does not begin with a number (expected a time such as 30 us)\n");
    const YamlNode stages = document.root(diagnostics).require("stages");
    EXPECT_EQ(stages.sequence()[1].require("tokens").integer(), 64);
    EXPECT_EQ(stages.sequence()[1].require("tokens").where(), SourceLocation("--set stages.rerank.tokens", 1, 1));
    EXPECT_EQ(stages.sequence()[0].require("tokens").integer(), 24);
    EXPECT_EQ(before.root(diagnostics).require("budget").text(), "200 ms") << "a copy is a value of its own";
}

TEST(BaseYamlSet, APlusAddsAnItemAtTheEnd) {
    YamlDocument document = document_of(kScenario);
    Diagnostics diagnostics;
    EXPECT_TRUE(document.set("stages.rerank.buckets.+", "128", diagnostics));
    const auto buckets = document.root(diagnostics).require("stages").sequence()[1].require("buckets").sequence();
    ASSERT_EQ(buckets.size(), 2U);
    EXPECT_EQ(buckets[0].integer(), 512);
    EXPECT_EQ(buckets[1].integer(), 128);
    EXPECT_EQ(set_errors("stages.+.tokens"),
              "--set stages.+.tokens: error: 'stages' has no item '+' (expected embed, rerank or rerank.fast)\n");
}

TEST(BaseYamlSet, FindsItemsByNameOrIndex) {
    YamlDocument document = document_of(kScenario);
    Diagnostics diagnostics;
    EXPECT_TRUE(document.set("stages.0.tokens", "1", diagnostics));
    EXPECT_TRUE(document.set("stages.rerank.fast.tokens", "2", diagnostics)) << "the longest name wins";
    EXPECT_TRUE(document.set("stages.rerank.buckets.0", "128", diagnostics));
    EXPECT_EQ(at(document, {"stages", "0"}, diagnostics).require("tokens").integer(), 1);
    EXPECT_EQ(at(document, {"stages", "2"}, diagnostics).require("tokens").integer(), 2);
    EXPECT_EQ(at(document, {"stages", "1"}, diagnostics).require("buckets").sequence()[0].integer(), 128);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.text();
}

TEST(BaseYamlSet, KeysMayHoldDots) {
    YamlDocument document = document_of(kScenario);
    Diagnostics diagnostics;
    EXPECT_TRUE(document.set("models.Qwen2.5.layers", "1", diagnostics));
    EXPECT_TRUE(document.set("models.Qwen2.layers", "2", diagnostics));
    EXPECT_EQ(at(document, {"models", "Qwen2.5", "layers"}, diagnostics).integer(), 1);
    EXPECT_EQ(at(document, {"models", "Qwen2", "layers"}, diagnostics).integer(), 2);
}

TEST(BaseYamlSet, AddsKeysToMapsThatExist) {
    YamlDocument document = document_of(kScenario);
    Diagnostics diagnostics;
    EXPECT_TRUE(document.set("stages.embed.buckets", "[128, 256]", diagnostics));
    EXPECT_TRUE(document.set("runtime.name", "rknn", diagnostics)) << "nothing becomes a map";
    EXPECT_TRUE(document.set("objective", "{kind: latency}", diagnostics));
    EXPECT_EQ(at(document, {"stages", "0"}, diagnostics).require("buckets").sequence().size(), 2U);
    EXPECT_EQ(at(document, {"runtime", "name"}, diagnostics).text(), "rknn");
    EXPECT_EQ(at(document, {"objective", "kind"}, diagnostics).text(), "latency");
    const YamlNode stage = at(document, {"stages", "0"}, diagnostics);
    (void)stage.find("name");
    (void)stage.find("tokens");
    (void)stage.find("bucket");
    stage.reject_unknown_keys();
    EXPECT_EQ(diagnostics.text(),
              "--set stages.embed.buckets:1:1: error: unknown key 'buckets' in 'stages.0' (did you mean bucket?)\n");
}

TEST(BaseYamlSet, ReportsPathsThatLeadNowhere) {
    EXPECT_EQ(set_errors("stagse.rerank.tokens"),
              "--set stagse.rerank.tokens: error: the document has no key 'stagse' "
              "(expected scenario, stages, models, runtime or budget, did you mean stages?)\n");
    EXPECT_EQ(set_errors("stages.rernk.tokens"),
              "--set stages.rernk.tokens: error: 'stages' has no item 'rernk' "
              "(expected embed, rerank or rerank.fast, did you mean rerank?)\n");
    EXPECT_EQ(set_errors("stages.rerank.buckets.3"),
              "--set stages.rerank.buckets.3: error: 'stages.rerank.buckets' has no item '3' "
              "(expected an index from 0 to 0)\n");
    EXPECT_EQ(set_errors("extends"),
              "--set extends: error: 'extends' has been followed before anything is changed "
              "(expected the keys that it brings)\n");
    EXPECT_EQ(set_errors("set.budget"),
              "--set set.budget: error: 'set' has been followed before anything is changed "
              "(expected the keys that it brings)\n");
    EXPECT_EQ(set_errors("budget.x"), "--set budget.x: error: 'budget' is a single value and has no 'x'\n");
    EXPECT_EQ(set_errors("models.Qwen3.layers"),
              "--set models.Qwen3.layers: error: 'models' has no key 'Qwen3' "
              "(expected Qwen2.5 or Qwen2, did you mean Qwen2?)\n");
    for (const std::string_view path : {"", ".", "budget.", ".budget", "stages..tokens"}) {
        EXPECT_NE(set_errors(path).find("is not a path (expected keys joined by dots)"), std::string::npos) << path;
    }
    EXPECT_EQ(set_errors("budget", "[1").substr(0, 15), "--set budget:1:") << "the value itself is no YAML";
}

TEST(BaseYamlOverlay, MergesMapsAndReplacesTheRest) {
    const YamlDocument base = document_of("npu: {clock: 1 GHz, cores: 3}\nlist: [1, 2]\nkept: {x: 1}\n", "base.yaml");
    YamlDocument derived = document_of("list: [3]\nnpu:\n  clock: 2 GHz\nadded: 4\n", "derived.yaml");
    derived.overlay(base);
    Diagnostics diagnostics;
    const YamlNode root = derived.root(diagnostics);
    const YamlNode npu = root.require("npu");
    EXPECT_EQ(npu.require("clock").quantity<Frequency>(), gigahertz(2));
    EXPECT_EQ(npu.require("clock").where(), SourceLocation("derived.yaml", 3, 10));
    EXPECT_EQ(npu.require("cores").integer(), 3);
    EXPECT_EQ(npu.require("cores").where(), SourceLocation("base.yaml", 1, 28));
    EXPECT_EQ(root.require("list").sequence().size(), 1U);
    EXPECT_EQ(root.require("kept").require("x").integer(), 1);
    EXPECT_EQ(root.require("added").integer(), 4);
    std::vector<std::string> keys;
    for (const YamlEntry& entry : root.entries()) {
        keys.push_back(entry.key);
    }
    EXPECT_EQ(keys, (std::vector<std::string>{"npu", "list", "kept", "added"})) << "the base's order, then what is new";
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.text();
}

TEST(BaseYamlOverlay, AnotherKindOfValueReplaces) {
    const YamlDocument base = document_of("a: {x: 1}\nb: 2\nc: {y: 1}\n", "base.yaml");
    YamlDocument derived = document_of("a: 5\nb: {z: 3}\nc:\n", "derived.yaml");
    derived.overlay(base);
    Diagnostics diagnostics;
    EXPECT_EQ(at(derived, {"a"}, diagnostics).integer(), 5);
    EXPECT_EQ(at(derived, {"b", "z"}, diagnostics).integer(), 3);
    EXPECT_EQ(derived.root(diagnostics).find("c"), std::nullopt) << "an explicit nothing takes a key away";
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.text();
}

}  // namespace
}  // namespace berth
