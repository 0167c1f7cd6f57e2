// Features of the configuration mapping: texts that denote sizes, lists per round, defaults, conditions, nested
// configurations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "berth/importers/import_config.h"

namespace berth {
namespace {

using testing::HasSubstr;

constexpr const char* kOperators =
    "inputs: {x: {shape: [width]}}\nsections:\n  - section: s\n    result: a\n    operators:\n"
    "      - {name: a, op: gelu, inputs: [x], rows: 1, cols: width, shape: [width]}\n";

/// Import of a configuration with the mappings of an architecture with the sizes `layers`, `width` and `kind`, the last
/// one per layer.
struct Imported {
    std::optional<ImportedConfig> result;
    std::string said;

    Imported(const std::string& mappings, const std::string& config, const std::string& part = "") {
        Diagnostics diagnostics;
        const auto document = YamlDocument::parse(
            "architecture: tiny\nsizes: {layers: l, width: w, kind: {per: layers, default: 0, min: 0, meaning: k}}\n"
            "huggingface:\n" +
                mappings + kOperators,
            "tiny.yaml", diagnostics);
        auto architecture = document ? read_architecture(document->root(diagnostics)) : std::nullopt;
        if (!architecture) {
            throw std::runtime_error(diagnostics.text());
        }
        const std::vector<Architecture> all{std::move(*architecture)};
        const auto read = YamlDocument::parse(config, "config.json", diagnostics);
        result = read ? import_config(read->root(diagnostics), all, "m", part) : std::nullopt;
        said = diagnostics.text();
    }

    [[nodiscard]] std::string sizes() const {
        if (!result) {
            return said;
        }
        const std::size_t start = result->yaml.find("sizes: ") + 7;
        return result->yaml.substr(start, result->yaml.find('\n', start) - start);
    }
};

TEST(ConfigWords, TextsOfAListMeanASizePerRound) {
    const std::string mapping =
        "  - model_types: [t]\n    sizes: {kind: [{field: types, means: {far: 0, near: reach}}, i % 2], layers: n, "
        "width: 4}\n";
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "n": 4, "reach": 9, "types": ["near", "near", "far", "near"]})")
                  .sizes(),
              "{layers: 4, width: 4, kind: [9, 9, 0]}");
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "n": 5})").sizes(), "{layers: 5, width: 4, kind: [0, 1]}");
    EXPECT_THAT(Imported(mapping, R"({"model_type": "t", "n": 2, "reach": 9, "types": ["near", "fra"]})").said,
                HasSubstr("error: types 'fra' has no form in tiny (expected far or near, did you mean far?)"));
    EXPECT_THAT(
        Imported(mapping, R"({"model_type": "t", "n": 3, "reach": 9, "types": ["near"]})").said,
        HasSubstr("config.json:1:50: error: types has 1 items, but there are 3 layers (expected one for each)"));
}

TEST(ConfigWords, LettersAndNumbersStandForRoundsToo) {
    const std::string letters =
        "  - model_types: [t]\n    sizes: {layers: n, width: 4, kind: {field: types, means: {M: 1, \"*\": 2}}}\n";
    EXPECT_EQ(Imported(letters, R"({"model_type": "t", "n": 3, "types": "MM*"})").sizes(),
              "{layers: 3, width: 4, kind: [1, 1, 2]}");
    const std::string numbers = "  - model_types: [t]\n    sizes: {layers: n, width: 4, kind: {field: widths}}\n";
    EXPECT_EQ(Imported(numbers, R"({"model_type": "t", "n": 2, "widths": [7, 7]})").sizes(),
              "{layers: 2, width: 4, kind: 7}");
    // One number is that of all rounds, and no list of its digits.
    const std::string both =
        "  - model_types: [t]\n    sizes: {layers: n, width: 4, kind: [{field: widths}, widths]}\n";
    EXPECT_EQ(Imported(both, R"({"model_type": "t", "n": 2, "widths": 47})").sizes(),
              "{layers: 2, width: 4, kind: 47}");
    const std::string listed =
        "  - model_types: [t]\n    sizes: {layers: n, width: 4, kind: {listed_in: dense, then: 0, else: i + 1}}\n";
    EXPECT_EQ(Imported(listed, R"({"model_type": "t", "n": 3, "dense": [1]})").sizes(),
              "{layers: 3, width: 4, kind: [1, 0, 3]}");
}

TEST(ConfigWords, ATextOrANullMeansASize) {
    const std::string mapping =
        "  - model_types: [t]\n    sizes: {layers: 1, width: [{field: reach, means: {\"null\": 1, all: 5}}, 8]}\n";
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t"})").sizes(), "{layers: 1, width: 8}");
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "reach": null})").sizes(), "{layers: 1, width: 1}");
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "reach": "all"})").sizes(), "{layers: 1, width: 5}");
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "reach": 3})").sizes(), "{layers: 1, width: 3}");
}

TEST(ConfigWords, FieldsThatAreLeftOutHaveDefaults) {
    const std::string mapping =
        "  - model_types: [t]\n    defaults: {n: [n_layer, 6], wide: 2 * n}\n    sizes: {layers: n, width: wide}\n";
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t"})").sizes(), "{layers: 6, width: 12}");
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "n_layer": 2, "wide": null})").sizes(), "{layers: 2, width: 4}");
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "n": 3, "n_layer": 2, "wide": 5})").sizes(),
              "{layers: 3, width: 5}");
}

TEST(ConfigWords, AConditionChoosesAmongMappingsOfAType) {
    const std::string mappings =
        "  - {model_types: [t], when: experts > 0, sizes: {layers: 2, width: experts}}\n"
        "  - {model_types: [t], sizes: {layers: 1, width: 1}}\n";
    EXPECT_EQ(Imported(mappings, R"({"model_type": "t", "experts": 8})").sizes(), "{layers: 2, width: 8}");
    EXPECT_EQ(Imported(mappings, R"({"model_type": "t", "experts": 0})").sizes(), "{layers: 1, width: 1}");
    EXPECT_EQ(Imported(mappings, R"({"model_type": "t"})").sizes(), "{layers: 1, width: 1}");
}

TEST(ConfigWords, AConfigurationCarriesAnother) {
    const std::string mapping =
        "  - {model_types: [t_text], text_of: [t], defaults: {wide: 3}, sizes: {layers: n, width: wide}}\n";
    const std::string named = R"({"model_type": "eyes", "n": 1, "text_config": {"model_type": "t_text", "n": 4}})";
    const Imported found(mapping, named);
    EXPECT_EQ(found.sizes(), "{layers: 4, width: 3}");
    EXPECT_THAT(found.said, HasSubstr("config.json:1:16: warning: of model_type 'eyes' only the text model is read"));
    EXPECT_EQ(Imported(mapping, named, "text").said, "");
    // A wrapper whose class assumes the type of its text model.
    EXPECT_EQ(Imported(mapping, R"({"model_type": "t", "text_config": {"n": 2}})").sizes(), "{layers: 2, width: 3}");
    EXPECT_THAT(Imported(mapping, R"({"model_type": "eyes", "text_config": {"n": 2}})").said,
                HasSubstr("no architecture stands for model_type 'eyes'"));
    EXPECT_THAT(Imported(mapping, named, "image").said,
                HasSubstr("model_type 'eyes' has no part 'image' (expected text)"));
    const std::string seeing = R"({"model_type": "eyes", "vision_config": {"model_type": "t_text", "n": 7}})";
    EXPECT_EQ(Imported(mapping, seeing, "image").sizes(), "{layers: 7, width: 3}");
    EXPECT_THAT(
        Imported(mapping, seeing).said,
        HasSubstr("no architecture stands for all of model_type 'eyes', only for parts (expected --part image)"));
}

TEST(ConfigWords, AnUnknownFamilyIsToldTheWaysOut) {
    const Imported unknown("  - {model_types: [tiny], sizes: {layers: 1, width: 1}}\n", R"({"model_type": "tinny"})");
    EXPECT_EQ(
        unknown.said,
        "config.json:1:16: error: no architecture stands for model_type 'tinny' (expected the model as an ONNX file "
        "(berth import model.onnx), or an architecture of your own in models/architectures (docs/yaml.md), did you "
        "mean "
        "tiny?)\n");
}

}  // namespace
}  // namespace berth
