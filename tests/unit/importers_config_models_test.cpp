// Published configurations of every architecture: each becomes the shipped model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "architecture_fixtures.h"
#include "berth/importers/import_config.h"

namespace berth {
namespace {

using testing::HasSubstr;

std::optional<ImportedConfig> imported(const std::string& file, const std::string& part, Diagnostics& diagnostics) {
    const auto path = std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/configs" / (file + ".json");
    const auto document = YamlDocument::load(path, diagnostics);
    return document ? import_config(document->root(diagnostics), shipped_architectures(), "", part) : std::nullopt;
}

struct Published {
    std::string file, part, model;
};

class PublishedConfigs : public testing::TestWithParam<Published> {};

TEST_P(PublishedConfigs, BecomeTheShippedModel) {
    Diagnostics diagnostics;
    const auto import = imported(GetParam().file, GetParam().part, diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    const Model shipped = shipped_model(GetParam().model);
    EXPECT_EQ(import->model.architecture->name, shipped.architecture->name);
    EXPECT_EQ(import->model.sizes, shipped.sizes) << import->yaml;
    EXPECT_THAT(diagnostics.text(), testing::Not(HasSubstr("is left out")));
}

INSTANTIATE_TEST_SUITE_P(
    All, PublishedConfigs,
    testing::Values(Published{"llama-3.2-1b", "", "llama-3.2-1b"}, Published{"qwen2.5-1.5b", "", "qwen2.5-1.5b"},
                    Published{"qwen3-0.6b", "", "qwen3-0.6b"}, Published{"mistral-7b", "", "mistral-7b"},
                    Published{"phi-3-mini-4k", "", "phi3-3.8b"}, Published{"gemma-2-2b", "", "gemma2-2b"},
                    Published{"internlm2-1.8b", "", "internlm2-1.8b"}, Published{"chatglm3-6b", "", "chatglm3-6b"},
                    Published{"mixtral-8x7b", "", "mixtral-8x7b"}, Published{"olmoe-1b-7b", "", "olmoe-1b-7b"},
                    Published{"qwen1.5-moe-a2.7b", "", "qwen1.5-moe-a2.7b"},
                    Published{"qwen3-30b-a3b", "", "qwen3-30b-a3b"}, Published{"gpt2", "", "gpt2"},
                    Published{"t5-small", "encoder", "t5-small-encoder"},
                    Published{"t5-small", "decoder", "t5-small-decoder"},
                    Published{"flan-t5-base", "encoder", "flan-t5-base-encoder"},
                    Published{"flan-t5-base", "decoder", "flan-t5-base-decoder"},
                    Published{"whisper-base", "encoder", "whisper-base-encoder"},
                    Published{"whisper-base", "decoder", "whisper-base-decoder"},
                    Published{"clip-vit-base-patch32", "image", "clip-vit-b-32-image"},
                    Published{"clip-vit-base-patch32", "text", "clip-vit-b-32-text"},
                    Published{"siglip-base-patch16-224", "image", "siglip-b-16-image"},
                    Published{"siglip-base-patch16-224", "text", "siglip-b-16-text"},
                    Published{"rwkv-4-430m", "", "rwkv-4-430m"}),
    [](const auto& config) {
        std::string name = config.param.file + config.param.part;
        std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
        return name;
    });

TEST(ConfigParts, AnImageClassifierCountsItsLabels) {
    Diagnostics diagnostics;
    const auto import = imported("vit-base-patch16-224", "", diagnostics);
    ASSERT_TRUE(import) << diagnostics.text();
    Symbols expected = shipped_model("vit-b-16").sizes;
    expected["classes"] = 2;  // the test file keeps two of the thousand labels
    EXPECT_EQ(import->model.sizes, expected);
}

struct HeadOf {
    std::string config, head;
    std::int64_t parameters;  ///< with this head, as the reference implementation counts them
};

class ConfigHeads : public testing::TestWithParam<HeadOf> {};

TEST_P(ConfigHeads, CountAsTheReferenceImplementationDoes) {
    Diagnostics diagnostics;
    const std::string text = "{" + GetParam().config + ", \"architectures\": [\"" + GetParam().head + "\"]}";
    const auto model = model_from_config(text, "", diagnostics);
    ASSERT_TRUE(model) << diagnostics.text();
    EXPECT_EQ(totals(lay_out(*model, {1, 16})).parameters, GetParam().parameters) << diagnostics.text();
    EXPECT_EQ(diagnostics.text(), "");
}

constexpr std::string_view kNineLabels = R"("num_labels": 9, )";
constexpr std::string_view kGpt2 = R"("model_type": "gpt2")";
constexpr std::string_view kBertBase =
    R"("model_type": "bert", "num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12,
"intermediate_size": 3072, "vocab_size": 30522)";
constexpr std::string_view kMamba = R"("model_type": "mamba", "num_hidden_layers": 24, "vocab_size": 50280)";
constexpr std::string_view kRwkv =
    R"("model_type": "rwkv", "num_hidden_layers": 12, "hidden_size": 768, "vocab_size": 50277)";
constexpr std::string_view kJamba =
    R"("model_type": "jamba", "num_hidden_layers": 4, "hidden_size": 256, "intermediate_size": 512, "vocab_size": 1000,
"num_attention_heads": 8)";

std::int64_t bare(std::string_view config) {
    Diagnostics diagnostics;
    const auto model =
        model_from_config("{" + std::string(config) + ", \"architectures\": [\"Model\"]}", "", diagnostics);
    return totals(lay_out(model.value(), {1, 16})).parameters;
}

std::string with(std::string_view first, std::string_view second) { return std::string(first) + std::string(second); }

// Classifiers of decoders have no bias if they see the last position only; those of all positions have one.
INSTANTIATE_TEST_SUITE_P(
    All, ConfigHeads,
    testing::Values(HeadOf{std::string(kGpt2), "GPT2LMHeadModel", 124439808},
                    HeadOf{std::string(kGpt2), "GPT2Model", 124439808},
                    HeadOf{std::string(kGpt2), "GPT2ForSequenceClassification", 124439808 + 2 * 768},
                    HeadOf{with(kNineLabels, kGpt2), "GPT2ForTokenClassification", 124439808 + 9 * 769},
                    HeadOf{std::string(kMamba), "MambaModel", 129135360},
                    HeadOf{std::string(kRwkv), "RwkvForCausalLM", 169342464},
                    HeadOf{std::string(kRwkv), "RwkvModel", 169342464 - 50277 * 768},
                    HeadOf{with(kNineLabels, kJamba), "JambaForSequenceClassification", bare(kJamba) + 9 * 256},
                    HeadOf{std::string(kJamba), "JambaForCausalLM", bare(kJamba) + 1000 * 256},
                    HeadOf{with(kNineLabels, kBertBase), "BertForTokenClassification", 108891648 + 9 * 769},
                    HeadOf{std::string(kBertBase), "BertForQuestionAnswering", 108891648 + 2 * 769},
                    HeadOf{std::string(kBertBase), "BertForSequenceClassification", 109482240 + 2 * 769}),
    [](const auto& row) { return row.param.head; });

TEST(ConfigParts, OneOfSeveralModelsMustBeChosen) {
    Diagnostics missing;
    EXPECT_FALSE(imported("whisper-base", "", missing));
    EXPECT_THAT(missing.text(),
                HasSubstr("error: model_type 'whisper' describes 2 models (expected --part decoder or encoder)"));
    Diagnostics unknown;
    EXPECT_FALSE(imported("whisper-base", "encodr", unknown));
    EXPECT_THAT(unknown.text(), HasSubstr("error: model_type 'whisper' has no part 'encodr' (expected decoder or "
                                          "encoder, did you mean encoder?)"));
    Diagnostics one;
    const auto sam = YamlDocument::parse(R"({"model_type": "sam"})", "config.json", one);
    EXPECT_FALSE(import_config(sam->root(one), shipped_architectures(), "", ""));
    EXPECT_THAT(one.text(), HasSubstr("no architecture stands for all of model_type 'sam', only for a part (expected "
                                      "--part image)"));
    Diagnostics whole;
    EXPECT_FALSE(imported("gpt2", "decoder", whole));
    EXPECT_THAT(whole.text(), HasSubstr("error: model_type 'gpt2' has no part 'decoder' (expected no part)"));
}

TEST(ConfigParts, ListsOfAnInnerConfigurationCountAsRead) {
    Diagnostics diagnostics;
    const auto model =
        model_from_config(R"({"model_type": "internvl", "vision_config": {"model_type": "internvl_vision",
"image_size": [448, 448], "patch_size": [14, 14]}})",
                          "image", diagnostics);
    ASSERT_TRUE(model) << diagnostics.text();
    EXPECT_EQ(diagnostics.text(), "");
}

TEST(ConfigParts, ANameThatIsNotGivenSaysWhichPart) {
    Diagnostics diagnostics;
    EXPECT_EQ(imported("whisper-base", "decoder", diagnostics).value().model.name, "whisper-base-decoder");
    EXPECT_EQ(imported("t5-small", "encoder", diagnostics).value().model.name, "t5-encoder");
}

}  // namespace
}  // namespace berth
