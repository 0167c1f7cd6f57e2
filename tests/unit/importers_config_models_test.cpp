// Published configurations of every architecture: each becomes the shipped model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "architecture_fixtures.h"
#include "berth/import_config.h"

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

TEST(ConfigParts, ANameThatIsNotGivenSaysWhichPart) {
    Diagnostics diagnostics;
    EXPECT_EQ(imported("whisper-base", "decoder", diagnostics).value().model.name, "whisper-base-decoder");
    EXPECT_EQ(imported("t5-small", "encoder", diagnostics).value().model.name, "t5-encoder");
}

}  // namespace
}  // namespace berth
