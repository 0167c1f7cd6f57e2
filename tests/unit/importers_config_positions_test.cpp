// Models with positions as score biases or as windows, and with mixers besides attention: parameters and work by hand.
#include <gtest/gtest.h>

#include <string>

#include "architecture_fixtures.h"
#include "berth/importers/import_config.h"

namespace berth {
namespace {

std::optional<Model> model_of_config(const std::string& config, const std::string& part = "") {
    Diagnostics diagnostics;
    auto model = model_from_config(config, part, diagnostics);
    EXPECT_TRUE(model) << diagnostics.text();
    return model;
}

double macs_of(const Graph& graph, std::string_view prefix, std::string_view name_end) {
    double sum = 0;
    for (const Operator& op : graph.operators) {
        if (op.name.starts_with(prefix) && op.name.ends_with(name_end)) {
            sum += in_operations(macs(op.dims));
        }
    }
    return sum;
}

struct Counted {
    std::string name, part;
    std::int64_t parameters;
    std::string config;
};

class Positions : public testing::TestWithParam<Counted> {};

TEST_P(Positions, HaveTheParametersThatTheLibraryCounts) {
    const auto model = model_of_config(GetParam().config, GetParam().part);
    ASSERT_TRUE(model);
    const auto counted = static_cast<double>(GetParam().parameters);
    EXPECT_NEAR(static_cast<double>(totals(lay_out(*model, {1, 8})).parameters) / counted, 1, 0.00005);
}

const std::string kSwinTiny =
    R"({"model_type": "swin", "architectures": ["SwinForImageClassification"], "depths": [2, 2, 6, 2], "embed_dim": 96,
"image_size": 224, "num_heads": [3, 6, 12, 24], "patch_size": 4, "window_size": 7, "num_labels": 1000})";
const std::string kBeitBase =
    R"({"model_type": "beit", "architectures": ["BeitForImageClassification"], "use_relative_position_bias": true,
"num_labels": 1000})";
const std::string kLongformerBase =
    R"({"model_type": "longformer", "architectures": ["LongformerModel"], "attention_window": [512, 512, 512, 512, 512,
512, 512, 512, 512, 512, 512, 512], "max_position_embeddings": 4098, "type_vocab_size": 1, "vocab_size": 50265})";
const std::string kWavlmBase = R"({"model_type": "wavlm", "architectures": ["WavLMModel"]})";
const std::string kLfm2 =
    R"({"model_type": "lfm2", "architectures": ["Lfm2ForCausalLM"], "block_ff_dim": 6656, "hidden_size": 1024,
"layer_types": ["conv", "conv", "full_attention", "conv", "conv", "full_attention", "conv", "conv", "full_attention",
"conv", "full_attention", "conv", "full_attention", "conv", "full_attention", "conv"], "num_attention_heads": 16,
"num_hidden_layers": 16})";

INSTANTIATE_TEST_SUITE_P(
    All, Positions,
    testing::Values(
        // As published by torchvision and timm. By hand: patches 4*4*3*96 + 96 and a norm; per block of width c with h
        // heads 12 c^2 + 13 c and 13*13 h; mergers 8 c^2 + 8 c of 96, 192, 384 to the double; a norm of 768; the
        // classifier.
        Counted{"swin-tiny", "", 28288354, kSwinTiny},
        // As published by timm. By hand: patches 768*768 + 768, a class token; per block 12*768^2 + 13*768 less the
        // bias of the keys, 2 factors of 768 and a table of (27*27 + 3) * 12; a norm and the classifier.
        Counted{"beit-base", "", 86530984, kBeitBase},
        // RoBERTa's 124645632 with 3584 positions more and three matrices 768^2 + 768 more per block.
        Counted{"longformer-base", "", 148659456, kLongformerBase},
        // HuBERT's 94371712, a table of 320 * 12 and per block gates of 64 * 8 + 8 and 12 numbers of the heads. Not
        // laid out: the scales of the norm by channel (1024) and of the taps (128), and the embedding of masked sound
        // (768).
        Counted{"wavlm-base", "", 94381936, kWavlmBase},
        // As published for LFM2-350M. By hand: 65536*1024 and a norm; per block a network of 3*1024*4608 and two norms;
        // 10 convolutions of 4*1024^2 + 3*1024; 6 attentions of 3*1024^2 and two norms of 64.
        Counted{"lfm2-350m", "", 354483968, kLfm2},
        // As published. 24 blocks of 12*1024^2 + 13*1024, 256008*1024 words and a norm, 564463616; and 2050 sines.
        Counted{"xglm-564m", "", 564463616 + 2050 * 1024,
                R"({"model_type": "xglm", "architectures": ["XGLMForCausalLM"]})"},
        // As published for Phi-3.5-MoE-instruct. By hand: two tables of 32064*4096 and 32064 biases; per block
        // attention of 2*4096^2 + 2*4096*1024 with 10240 biases, four rows of norms, a router of 4096*16, 16 experts of
        // 3*4096*6400; the last norm.
        Counted{"phi-3.5-moe", "", 41873153344,
                R"({"model_type": "phimoe", "architectures": ["PhiMoEForCausalLM"], "attention_bias": true,
"lm_head_bias": true})"},
        // 400 million, as its makers say. 24 blocks of 4*1024^2 + 3*1024*4096 + 2*1024, patches 3*16*16*1024, a norm.
        Counted{"pixtral-12b tower", "image", 403489792,
                R"({"model_type": "llava", "vision_config": {"model_type": "pixtral"}})"}),
    [](const auto& row) {
        std::string name = row.param.name;
        std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
        return name;
    });

TEST(Positions, WindowsOfSwinSeeThemselvesOnly) {
    const auto model = model_of_config(kSwinTiny);
    ASSERT_TRUE(model);
    const Graph graph = lay_out(*model, {1, 1});
    // 64 windows of 49 positions, 3 heads of 32, in each of two blocks.
    EXPECT_EQ(macs_of(graph, "stage_1.", "attention.products"), 2.0 * 64 * 49 * 49 * 96);
    // The last stage is a single window without shifts; in the first stage one of two blocks is shifted.
    std::size_t shifted = 0;
    for (const Operator& op : graph.operators) {
        shifted += op.name.ends_with("attention.shift") ? 1U : 0U;
        EXPECT_FALSE(op.name.starts_with("stage_4.") && op.name.ends_with("attention.shift"));
    }
    EXPECT_EQ(shifted, 1U + 1U + 3U);
    // 4.5 G multiplications, from table 1 of the paper.
    EXPECT_NEAR(in_operations(totals(graph).macs) / 4.5e9, 1, 0.01);
}

TEST(Positions, BiasesByDistanceAreReadAndAdded) {
    const auto model = model_of_config(kBeitBase);
    ASSERT_TRUE(model);
    const Graph graph = lay_out(*model, {2, 1});
    std::size_t tables = 0;
    for (const Operator& op : graph.operators) {
        if (op.name.ends_with("attention.bias")) {
            ++tables;
            EXPECT_EQ(graph.tensors[static_cast<std::size_t>(op.output)].elements(), 197 * 197 * 12);  // for the batch
        }
        if (op.name.ends_with("attention.biased")) {
            EXPECT_EQ(graph.tensors[static_cast<std::size_t>(op.output)].elements(), 2 * 197 * 197 * 12);
        }
    }
    EXPECT_EQ(tables, 12U);
}

TEST(Positions, LongformerGrowsWithTheTextNotWithItsSquare) {
    const auto model = model_of_config(kLongformerBase);
    ASSERT_TRUE(model);
    const double once = macs_of(lay_out(*model, {1, 2048}), "layer.", "attention.scores");
    const double twice = macs_of(lay_out(*model, {1, 4096}), "layer.", "attention.scores");
    // Windows are truncated at both ends of the text.
    EXPECT_NEAR(twice / once, 2, 0.1);
    // A global query attends to all keys.
    EXPECT_EQ(macs_of(lay_out(*model, {1, 4096}), "layer.0.", "global.scores"), 2.0 * 4096 * 768);
}

TEST(Positions, GatesOfWavlmAreProductsOfEachHead) {
    const auto model = model_of_config(kWavlmBase);
    ASSERT_TRUE(model);
    const Graph graph = lay_out(*model, {1, 100});
    EXPECT_EQ(macs_of(graph, "layer.0.", "attention.gates"), 100.0 * 12 * 64 * 8);
    EXPECT_EQ(macs_of(graph, "layer.0.", "attention.products"), 12.0 * 100 * 100 * 64);
}

TEST(Positions, ShortConvolutionsNeedNoContext) {
    const auto model = model_of_config(kLfm2);
    ASSERT_TRUE(model);
    const Graph near = lay_out(*model, {1, 1, 16});
    const Graph far = lay_out(*model, {1, 1, 4096});
    EXPECT_EQ(macs_of(near, "layer.0.", "convolution.taps"), 3.0 * 1024);
    EXPECT_EQ(macs_of(near, "layer.0.", ""), macs_of(far, "layer.0.", ""));
    EXPECT_LT(macs_of(near, "layer.2.", ""), macs_of(far, "layer.2.", ""));
}

}  // namespace
}  // namespace berth
