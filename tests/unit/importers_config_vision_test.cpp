// Configurations of models that see, hear or read on small devices: their parameters, one by one, and what is refused.
//
// The library's counts are those of its checkpoints. A batch norm there has two numbers per channel, of which one
// remains when it is folded into the convolution before it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "architecture_fixtures.h"
#include "berth/importers/import_config.h"

namespace berth {
namespace {

using testing::HasSubstr;

std::filesystem::path config_file(const std::string& name) {
    return std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/configs" / (name + ".json");
}

/// Result of importing a configuration: the number of parameters, or 0, and the diagnostics.
struct Seen {
    std::int64_t parameters = 0;
    std::string said;

    Seen(const std::optional<YamlDocument>& document, Diagnostics& diagnostics, const std::string& part) {
        const auto model = model_from_config(document, part, diagnostics);
        parameters = model ? static_cast<std::int64_t>(totals(lay_out(*model, {1, 8})).parameters) : 0;
        said = diagnostics.text();
    }
};

Seen seen(const std::string& config, const std::string& part = "") {
    Diagnostics diagnostics;
    return {YamlDocument::parse(config, "config.json", diagnostics), diagnostics, part};
}

struct VisionCount {
    std::string file, part;
    std::int64_t library;  ///< parameters that the library counts
    std::int64_t without;  ///< of these, how many have no operator here; negative: how many are counted here only
    std::string why;
};

class VisionFiles : public testing::TestWithParam<VisionCount> {};

TEST_P(VisionFiles, HaveTheParametersThatTheLibraryCounts) {
    const VisionCount& expected = GetParam();
    Diagnostics diagnostics;
    const Seen found(YamlDocument::load(config_file(expected.file), diagnostics), diagnostics, expected.part);
    EXPECT_EQ(found.parameters, expected.library - expected.without) << expected.why << "\n" << found.said;
    EXPECT_LT(std::abs(static_cast<double>(expected.without)), 0.005 * static_cast<double>(expected.library));
}

INSTANTIATE_TEST_SUITE_P(
    All, VisionFiles,
    testing::Values(VisionCount{"mobilenet-v1", "", 4233001, 10944, "channels of 27 batch norms"},
                    VisionCount{"mobilenet-v2", "", 3506153, 17056, "channels of 52 batch norms"},
                    VisionCount{"efficientnet-b0", "", 5288548, 21008, "channels of 49 batch norms"},
                    VisionCount{"efficientnet-b4", "", 19341616, 62600, "channels of 96 batch norms"},
                    VisionCount{"mobilevit-small", "", 5578632, 6128, "channels of 32 batch norms"},
                    VisionCount{"mobilevit-v2-1.0", "", 4901841, 7776, "channels of batch norms"},
                    VisionCount{"poolformer-s12", "", 11915176, 0, ""},
                    VisionCount{"regnet-y-040", "", 20646656, 31136, "channels of batch norms"},
                    VisionCount{"pvt-v2-b0", "", 3666760, 0, ""},
                    // A table of 225 rows of 2 coordinates for each of 12 blocks; 8 by 8 windows.
                    VisionCount{"swin-v2-tiny", "", 28347154, -5400, "coordinates of biases by distance"},
                    VisionCount{"yolos-tiny", "", 6488736, 0, ""},
                    VisionCount{"audio-spectrogram-transformer", "", 86594063, 0, ""},
                    VisionCount{"videomae-base", "", 86534800, 0, ""}, VisionCount{"vivit-base", "", 88954000, 0, ""},
                    // The row for masked patches, and a unit of two 3x3 convolutions that nothing reads.
                    VisionCount{"depth-anything-small", "", 24785089, 384 + 2 * (64 * 64 * 9 + 64), "unused"},
                    VisionCount{"dpt-large", "", 343030465, 2048 + 2 * (256 * 256 * 9 + 256), "unused norm and unit"},
                    // Batch norms are frozen in these three, and the library counts them as no parameters.
                    VisionCount{"table-transformer", "", 28799431, -4800, "shifts of 20 batch norms"},
                    VisionCount{"conditional-detr-r50", "", 43418401, -26560, "shifts of 53 batch norms"},
                    VisionCount{"deformable-detr-r50", "", 40069665, 1024 - 26560,
                                "rows that tell maps apart, shifts of batch norms"},
                    // A table that training reads; channels of batch norms that are trained, less the shifts of those
                    // that are frozen.
                    VisionCount{"rt-detr-r18", "", 20170512, 81 * 256 + 7680 - 4864, "training, batch norms"},
                    VisionCount{"maskformer-swin-tiny", "", 41758545, 1536, "a norm that nothing reads"},
                    VisionCount{"mask2former-swin-tiny", "", 47421643, 2 * 768, "rows that tell maps apart"},
                    VisionCount{"mobilebert", "", 24581888, 0, ""}, VisionCount{"squeezebert", "", 51094272, 0, ""},
                    VisionCount{"splinter-base", "", 107719680, 0, ""},
                    // With the bias of the head; without the row for masked words.
                    VisionCount{"xlnet-base", "", 116718336 + 32000, 768, "row for masked words"},
                    VisionCount{"transfo-xl", "", 285205322, 0, ""},
                    VisionCount{"trocr-base", "encoder", 86062848, 0, ""},
                    VisionCount{"trocr-base", "decoder", 247268352, 0, ""},
                    VisionCount{"donut-base", "encoder", 74180728, 0, ""},
                    VisionCount{"donut-base", "decoder", 127727616, 0, ""}),
    [](const auto& test) {
        std::string name = test.param.file + test.param.part;
        std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
        return name;
    });

// Channels times 0.35, to the nearest multiple of 8, and up where that takes away more than a tenth: 11 becomes 16.
TEST(VisionConfigs, ANarrowMobileNetRoundsItsChannels) {
    const std::string narrow =
        R"({"model_type": "mobilenet_v2", "architectures": ["MobileNetV2Model"], "depth_multiplier": 0.35})";
    Diagnostics diagnostics;
    const auto document = YamlDocument::parse(narrow, "config.json", diagnostics);
    const auto import = import_config(document->root(diagnostics), shipped_architectures(), "", "");
    ASSERT_TRUE(import) << diagnostics.text();
    EXPECT_THAT(import->yaml, HasSubstr("stem: 16, width_1: 8, width_2: 8, width_3: 16, width_4: 24, width_5: 32, "
                                        "width_6: 56, width_7: 112, last: 1280"));
}

// Windows of 7 do not fill 96 positions: a row of zeros does, which costs time and no parameters.
TEST(VisionConfigs, WindowsThatDoNotFillAStageAreFilled) {
    const auto swin = [](int image) {
        return seen(fmt::format(R"({{"model_type": "swin", "image_size": {}}})", image)).parameters;
    };
    EXPECT_EQ(swin(384), swin(224));
    EXPECT_EQ(swin(224), 27519354);
}

struct Refusal {
    std::string name, config, part, said;
};

class VisionRefusals : public testing::TestWithParam<Refusal> {};

TEST_P(VisionRefusals, SayWhatHasNoForm) {
    const Seen found = seen(GetParam().config, GetParam().part);
    EXPECT_EQ(found.parameters, 0);
    EXPECT_THAT(found.said, HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    All, VisionRefusals,
    testing::Values(
        Refusal{"Refined", R"({"model_type": "deformable_detr", "with_box_refine": true})", "",
                "config.json:1:54: error: with_box_refine 'true' has no form in deformable-detr (expected false)"},
        Refusal{"Dilated", R"({"model_type": "conditional_detr", "dilation": true})", "",
                "dilation 'true' has no form in detr (expected false)"},
        Refusal{"Backbone", R"({"model_type": "mask2former", "backbone_config": {"model_type": "resnet"}})", "",
                "backbone_config.model_type 'resnet' has no form in mask2former (expected swin)"},
        Refusal{"NoBackbone", R"({"model_type": "maskformer", "backbone": "resnet50"})", "",
                "backbone 'resnet50' has no form in maskformer (expected null)"},
        Refusal{"OtherMaps", R"({"model_type": "rt_detr", "encode_proj_layers": [1, 2]})", "",
                "attention over other maps than the last has no form here"},
        Refusal{"Hybrid", R"({"model_type": "dpt", "is_hybrid": true})", "",
                "is_hybrid 'true' has no form in dpt (expected false)"},
        Refusal{"Depth", R"({"model_type": "depth_anything", "backbone_config": {"model_type": "dinov2",
"num_hidden_layers": 4, "out_indices": [3, 6, 9, 12]}})",
                "", "there is no block 12 in 4 blocks"},
        Refusal{"Strides", R"({"model_type": "audio-spectrogram-transformer", "time_stride": 8})", "",
                "strides 10 and 8 differ"},
        Refusal{"Norms", R"({"model_type": "mobilebert", "normalization_type": "layer_norm"})", "",
                "normalization_type 'layer_norm' has no form in mobilebert (expected no_norm)"},
        Refusal{"Dense", R"({"model_type": "efficientnet", "hidden_dim": 1281})", "",
                "hidden_dim 1281 is not the 1280 channels of the last convolution"},
        Refusal{"Memory", R"({"model_type": "transfo-xl", "cutoffs": [20000]})", "", "1 cutoffs instead of 3"},
        Refusal{"Deep", R"({"model_type": "mobilebert",
"num_hidden_layers": 5000})",
                "",
                "config.json:2:22: error: 5000 rounds of 'layer.{i}' make too large a graph (expected at most 20000 "
                "operators)"},
        // A decoder that reads an encoder's result has more matrices than one that generates text alone.
        Refusal{"Joined", R"({"model_type": "vision-encoder-decoder", "decoder": {"model_type": "gpt2"}})", "decoder",
                "no architecture stands for the decoder model 'gpt2' of model_type 'vision-encoder-decoder' (expected "
                "the model as an ONNX file"},
        Refusal{
            "Parts", R"({"model_type": "vision-encoder-decoder", "encoder": {"model_type": "vit"},
"decoder": {"model_type": "trocr"}})",
            "",
            "no architecture stands for all of model_type 'vision-encoder-decoder', only for parts (expected --part "
            "encoder or decoder)"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace berth
