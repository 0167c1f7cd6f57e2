// Published configurations: mapped keys, ignored keys, refusals and their locations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "architecture_fixtures.h"
#include "berth/importers/import_config.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::optional<ImportedConfig> imported(const std::string& text, Diagnostics& diagnostics,
                                       const std::string& name = "") {
    const auto document = YamlDocument::parse(text, "config.json", diagnostics);
    return document ? import_config(document->root(diagnostics), shipped_architectures(), name) : std::nullopt;
}

std::optional<ImportedConfig> imported_file(const std::string& file, Diagnostics& diagnostics) {
    const auto path = std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/configs" / (file + ".json");
    const auto document = YamlDocument::load(path, diagnostics);
    return document ? import_config(document->root(diagnostics), shipped_architectures(), "") : std::nullopt;
}

std::string said_of(const std::string& text) {
    Diagnostics diagnostics;
    EXPECT_FALSE(imported(text, diagnostics));
    return diagnostics.text();
}

constexpr const char* kSmall =
    R"({"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
 "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 32, "type_vocab_size": 2)";

TEST(ConfigImport, ARerankerIsTheShippedModel) {
    Diagnostics diagnostics;
    const auto import = imported_file("minilm-l12", diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    const Model shipped = shipped_model("ms-marco-MiniLM-L-12-v2");
    EXPECT_EQ(import->model.name, shipped.name);
    EXPECT_EQ(import->model.sizes, shipped.sizes);
    EXPECT_FALSE(diagnostics.has_errors());
    EXPECT_THAT(import->ignored,
                ElementsAre("attention_probs_dropout_prob", "gradient_checkpointing", "hidden_dropout_prob",
                            "initializer_range", "label2id", "layer_norm_eps", "pad_token_id",
                            "sbert_ce_default_activation_function", "transformers_version", "use_cache"));
}

TEST(ConfigImport, OtherNamesOfTheSameSizes) {
    Diagnostics diagnostics;
    const auto distilled = imported_file("distilbert-base", diagnostics);
    ASSERT_TRUE(distilled) << diagnostics.text();
    EXPECT_EQ(distilled->model.sizes, shipped_model("distilbert-base-uncased").sizes);
    const auto reserved = imported_file("roberta-base", diagnostics);
    ASSERT_TRUE(reserved) << diagnostics.text();
    Symbols expected = shipped_model("roberta-base").sizes;
    expected["pooler"] = 0;  // the file describes a model with another head
    EXPECT_EQ(reserved->model.sizes, expected);
    EXPECT_THAT(diagnostics.text(), HasSubstr("the head of RobertaForMaskedLM is left out"));
}

TEST(ConfigImport, ImagesAndTheTextBesideThem) {
    Diagnostics diagnostics;
    const std::string blocks =
        "\"num_hidden_layers\": 12, \"num_attention_heads\": 12, \"hidden_size\": 768, "
        "\"intermediate_size\": 3072, \"image_size\": 224, \"num_channels\": 3, ";
    const auto image = imported("{\"model_type\": \"vit\", \"architectures\": [\"ViTForImageClassification\"], " +
                                    blocks + "\"patch_size\": 16, \"qkv_bias\": true, \"num_labels\": 1000}",
                                diagnostics);
    ASSERT_TRUE(image) << diagnostics.text();
    EXPECT_EQ(image->model.sizes, shipped_model("vit-b-16").sizes);
    const auto pair = imported(
        "{\"model_type\": \"clip_vision_model\", \"architectures\": "
        "[\"CLIPVisionModelWithProjection\"], " +
            blocks + "\"patch_size\": 32, \"projection_dim\": 512}",
        diagnostics);
    ASSERT_TRUE(pair) << diagnostics.text();
    EXPECT_EQ(pair->model.sizes, shipped_model("clip-vit-b-32-image").sizes);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.text();
}

TEST(ConfigImport, TheFileThatIsWrittenIsReadBack) {
    Diagnostics diagnostics;
    const auto import = imported_file("minilm-l12", diagnostics);
    ASSERT_TRUE(import);
    const auto document = YamlDocument::parse(import->yaml, "model.yaml", diagnostics);
    const auto model = read_model(document->root(diagnostics), shipped_models() / "architectures");
    ASSERT_TRUE(model) << diagnostics.text();
    EXPECT_EQ(model->sizes, import->model.sizes);
    EXPECT_EQ(model->name, import->model.name);
}

TEST(ConfigImport, AnUnknownTypeIsToldTheNearestAndTheWaysOut) {
    const auto known = importable_model_types(shipped_architectures());
    EXPECT_THAT(known, testing::IsSupersetOf({"bert", "distilbert", "electra", "roberta"}));
    EXPECT_EQ(
        said_of("{\n  \"model_type\": \"bertt\"\n}\n"),
        "config.json:2:17: error: no architecture stands for model_type 'bertt' (expected the model as an ONNX file "
        "(berth import model.onnx), or an architecture of your own in models/architectures (docs/yaml.md), did you "
        "mean "
        "bert?)\n");
    EXPECT_THAT(said_of("{\"hidden_size\": 64}"), HasSubstr("config.json:1:1: error: missing key 'model_type'"));
    EXPECT_THAT(said_of("[1, 2]"), HasSubstr("config.json:1:1: error: this is no configuration"));
}

// An architecture shadowed by another one would never be imported.
TEST(ConfigImport, EveryTypeHasOneMappingPerPart) {
    std::set<std::string> seen;
    for (const Architecture& architecture : shipped_architectures()) {
        for (const ConfigMapping& mapping : architecture.huggingface) {
            for (const std::string& type : mapping.model_types) {
                const std::string when = mapping.when ? " " + mapping.when->text() : "";
                EXPECT_TRUE(seen.insert(type + " " + mapping.part + when).second) << type << " " << mapping.part;
            }
        }
    }
    // A type that denotes one whole model has no parts, except for a vision tower.
    for (const std::string& type : importable_model_types(shipped_architectures())) {
        const auto whole = seen.contains(type + " ");
        const bool in_parts = std::ranges::any_of(seen, [&](const std::string& one) {
            return one.starts_with(type + " ") && one.size() > type.size() + 1 && one[type.size() + 1] != ' ' &&
                   !one.ends_with(" image");
        });
        EXPECT_FALSE(whole && in_parts) << type;
    }
}

TEST(ConfigImport, MissingAndWrongFieldsAreTold) {
    std::string text = kSmall;
    text.replace(text.find("hidden_size"), 11, "hidden_siez");
    EXPECT_EQ(said_of(text + "}"),
              "config.json:1:1: error: missing field 'hidden_size' (expected width of the activations, did you mean "
              "hidden_siez?)\n");
    text = kSmall;
    text.replace(text.find("64"), 2, "\"wide\"");
    EXPECT_EQ(said_of(text + "}"),
              "config.json:1:63: error: field 'hidden_size' is no number, but 'wide' (expected a number)\n");
    text = kSmall;
    text.replace(text.find("\"num_attention_heads\": 4"), 24, "\"num_attention_heads\": 5");
    EXPECT_THAT(said_of(text + "}"), HasSubstr("error: hidden 64 is not divisible by heads 5"));
}

// A list is no number, nor is the number of its entries one that its field means.
TEST(ConfigImport, AListOfEqualNumbersIsThatNumberAndAnotherIsRefused) {
    const auto image = [](const std::string& sides) {
        return R"({"model_type": "dinov2", )" + sides + R"(, "architectures": ["Dinov2Model"]})";
    };
    Diagnostics diagnostics;
    const auto listed = imported(image(R"("image_size": [518, 518], "patch_size": [14, 14])"), diagnostics);
    const auto plain = imported(image(R"("image_size": 518, "patch_size": 14)"), diagnostics);
    ASSERT_TRUE(listed && plain) << diagnostics.text();
    EXPECT_EQ(listed->model.sizes, plain->model.sizes);
    EXPECT_EQ(
        said_of(image(R"("image_size": [518, 256], "patch_size": 14)")),
        "config.json:1:40: error: field 'image_size' is no number, but [518, 256] (expected a number, or a list of "
        "equal numbers)\n");
    EXPECT_EQ(said_of(image(R"("image_size": {"height": 518, "width": 518}, "patch_size": 14)")),
              "config.json:1:40: error: field 'image_size' is no number, but a map of 2 (expected a number)\n");
}

TEST(ConfigImport, ANumberInPlaceOfAListIsEachItem) {
    Diagnostics diagnostics;
    const auto square =
        imported(R"({"model_type": "yolos", "image_size": 320, "architectures": ["YolosModel"]})", diagnostics);
    ASSERT_TRUE(square) << diagnostics.text();
    EXPECT_EQ(square->model.sizes.at("image"), 320);
    EXPECT_EQ(square->model.sizes.at("image_width"), 320);
}

// The library's constant is for an absent field; `null` says that there is none of what the field counts.
TEST(ConfigImport, NullIsNoneWhereTheMappingSaysSoAndNoConstant) {
    const auto latent = [](const std::string& experts) {
        return R"({"model_type": "deepseek_v3", "num_hidden_layers": 2, "first_k_dense_replace": 0, )" + experts + "}";
    };
    Diagnostics diagnostics;
    const auto dense = imported(latent(R"("n_routed_experts": null, "n_shared_experts": null)"), diagnostics);
    ASSERT_TRUE(dense) << diagnostics.text();
    EXPECT_EQ(dense->model.sizes.at("experts"), 1);
    EXPECT_EQ(dense->model.sizes.at("active"), 1);
    EXPECT_EQ(dense->model.sizes.at("shared_ffn"), 0);
    EXPECT_EQ(said_of(latent(R"("kv_lora_rank": null)")),
              "config.json:1:83: error: field 'kv_lora_rank' is null, which has no form in mla-decoder (expected a "
              "number)\n");
}

TEST(ConfigImport, WhatTheArchitectureHasNoFormForIsRefused) {
    EXPECT_EQ(said_of(std::string(kSmall) + ",\n \"hidden_act\": \"relu\"}"),
              "config.json:3:16: error: hidden_act 'relu' has no form in bert-encoder (expected gelu, gelu_new or "
              "gelu_fast)\n");
    EXPECT_THAT(said_of(R"({"model_type": "deberta-v2", "conv_kernel_size": 3, "conv_groups": 2})"),
                HasSubstr("config.json:1:68: error: conv_groups '2' has no form in deberta-encoder (expected 1)"));
}

std::string refused_part(const std::string& text, const std::string& part) {
    Diagnostics diagnostics;
    const auto document = YamlDocument::parse(text, "config.json", diagnostics);
    EXPECT_FALSE(import_config(document->root(diagnostics), shipped_architectures(), "", part));
    return diagnostics.text();
}

// Sizes that all come from defaults while the file states them one level down would be those of another model.
TEST(ConfigImport, SizesInAMapThatIsNotReadAreRefused) {
    EXPECT_THAT(said_of(R"({"model_type": "llama", "vocab_size": 128256, "model_config": {"hidden_size": 2048,
 "num_hidden_layers": 16}})"),
                HasSubstr("error: its sizes are in 'model_config', where llama has none (expected that map as a "
                          "configuration of its own, with its model_type)"));
    EXPECT_THAT(said_of(std::string(kSmall) + R"(, "is_decoder": true, "add_cross_attention": true})"),
                HasSubstr("add_cross_attention 'true' has no form in bert-encoder (expected false)"));
}

TEST(ConfigImport, APartByAnotherWordIsToldItsName) {
    EXPECT_THAT(refused_part(R"({"model_type": "clip"})", "vision"),
                HasSubstr("model_type 'clip' has no part 'vision' (expected image or text, did you mean image?)"));
    EXPECT_THAT(refused_part(R"({"model_type": "qwen2_5_vl", "vision_config": {}})", "vision"),
                HasSubstr("model_type 'qwen2_5_vl' has no part 'vision' (expected image, did you mean image?)"));
    EXPECT_THAT(refused_part(R"({"model_type": "llava", "text_config": {"model_type": "llama"},
                                 "vision_config": {"model_type": "clip_vision_model"}})",
                             "vision"),
                HasSubstr("model_type 'llava' has no part 'vision' (expected image or text, did you mean image?)"));
}

TEST(ConfigImport, FieldsThatChangeTheStructureAreReadOrRefused) {
    const std::string mpt =
        R"({"model_type": "mpt", "d_model": 64, "n_heads": 4, "n_layers": 2, "vocab_size": 100, "attn_config": {)";
    Diagnostics diagnostics;
    const auto shared = imported(mpt + R"("attn_type": "multiquery_attention"}})", diagnostics);
    ASSERT_TRUE(shared) << diagnostics.text();
    EXPECT_EQ(shared->model.sizes.at("kv_heads"), 1);
    EXPECT_THAT(said_of(mpt + R"(}, "ffn_config": {"ffn_type": "mptglu"}})"),
                HasSubstr("ffn_config.ffn_type 'mptglu' has no form in dense-decoder"));
    EXPECT_THAT(said_of(mpt + R"(}, "no_bias": false})"), HasSubstr("no_bias 'false' has no form in dense-decoder"));
    const std::string sound =
        R"({"model_type": "wav2vec2", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
 "intermediate_size": 128, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
 "do_stable_layer_norm": false, )";
    const auto narrow = imported(sound + R"("conv_dim": [256, 256, 256, 256, 256, 256, 256]})", diagnostics);
    ASSERT_TRUE(narrow) << diagnostics.text();
    EXPECT_EQ(narrow->model.sizes.at("channels"), 256);
    EXPECT_THAT(said_of(sound + R"("conv_dim": [256, 256, 256]})"),
                HasSubstr("3 convolutions over the samples instead"));
    EXPECT_THAT(said_of(sound + R"("conv_stride": [5, 2, 2, 2, 2, 2, 1]})"), HasSubstr("conv_stride other than 5, 2"));
    EXPECT_THAT(said_of(sound + R"("add_adapter": true})"), HasSubstr("add_adapter 'true' has no form in wav2vec2"));
}

TEST(ConfigImport, ClassesAreCountedWhereTheyAreNotGiven) {
    const std::string head = ", \"architectures\": [\"BertForSequenceClassification\"]";
    Diagnostics diagnostics;
    const auto two = imported(kSmall + head + "}", diagnostics);
    const auto three =
        imported(kSmall + head + ", \"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}}", diagnostics);
    const auto five = imported(kSmall + head + ", \"num_labels\": 5}", diagnostics, "named");
    ASSERT_TRUE(two && three && five) << diagnostics.text();
    EXPECT_EQ(two->model.sizes.at("classes"), 2);
    EXPECT_EQ(three->model.sizes.at("classes"), 3);
    EXPECT_EQ(five->model.sizes.at("classes"), 5);
    EXPECT_EQ(five->model.sizes.at("pooler"), 1);
    EXPECT_EQ(two->model.name, "bert");
    EXPECT_EQ(five->model.name, "named");
    EXPECT_THAT(five->yaml, HasSubstr("head: {pooler: true, classes: 5}\n"));
}

TEST(ConfigImport, NamesThatYamlWouldReadOtherwiseAreQuoted) {
    for (const std::string name : {"true", "1e3", "a: b", "x\ty", "#x", "-", "\"q\""}) {
        Diagnostics diagnostics;
        const auto import = imported(std::string(kSmall) + "}", diagnostics, name);
        ASSERT_TRUE(import) << diagnostics.text();
        const auto document = YamlDocument::parse(import->yaml, "model.yaml", diagnostics);
        ASSERT_TRUE(document) << import->yaml << diagnostics.text();
        EXPECT_EQ(document->root(diagnostics).require("model").text(), name);
    }
}

TEST(ConfigImport, AMappingNamesSizesThatThereAre) {
    WrittenModel model(
        "architecture: tiny\nsizes: {width: columns}\nhuggingface:\n"
        "  - {model_types: [t], sizes: {widht: hidden_size}}\ninputs: {x: {shape: [width]}}\n"
        "sections:\n  - section: s\n    result: a\n    operators:\n"
        "      - {name: a, op: gelu, inputs: [x], rows: 1, cols: width, shape: [width]}\n",
        "sizes: {width: 4}\n");
    EXPECT_EQ(model.said(), "tiny.yaml:4:32: error: unknown size 'widht' (did you mean width?)\n");
}

}  // namespace
}  // namespace berth
