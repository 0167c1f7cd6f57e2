// Families that run on small devices, each from its configuration: parameters and multiplications.
//
// Both numbers were counted apart from the architectures, layer by layer from the shapes of the reference
// implementations. A published count, where one is known, is named beside the row and agrees within 0.5 %.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "architecture_fixtures.h"
#include "berth/importers/import_config.h"

namespace berth {
namespace {

using testing::HasSubstr;

std::optional<Model> imported(const std::string& config, const std::string& part, std::string& said) {
    Diagnostics diagnostics;
    auto model = model_from_config(config, part, diagnostics);
    said = diagnostics.text();
    return model;
}

struct EdgeModel {
    std::string name, part;
    std::int64_t tokens;
    std::int64_t parameters;
    std::int64_t macs;  ///< of one input of so many tokens
    std::string config;
};

class EdgeModels : public testing::TestWithParam<EdgeModel> {};

TEST_P(EdgeModels, HaveTheParametersAndTheWorkThatWereCountedApart) {
    const EdgeModel& expected = GetParam();
    std::string said;
    const auto model = imported(expected.config, expected.part, said);
    ASSERT_TRUE(model) << said;
    const auto found = totals(lay_out(*model, {1, expected.tokens}));
    EXPECT_EQ(found.parameters, expected.parameters);
    EXPECT_EQ(in_operations(found.macs), static_cast<double>(expected.macs));
}

constexpr std::string_view kSam2Base =
    R"({"model_type": "sam2_video", "vision_config": {"model_type": "sam2_vision_model", "backbone_config": {
"model_type": "sam2_hiera_det_model", "hidden_size": 112, "blocks_per_stage": [2, 3, 16, 3],
"num_attention_heads_per_stage": [2, 4, 8, 16], "global_attention_blocks": [12, 16, 20],
"window_positional_embedding_background_size": [14, 14]}}})";
constexpr std::string_view kFlorenceText =
    R"({"model_type": "florence2", "text_config": {"vocab_size": 51289, "d_model": 768, "encoder_layers": 6,
"decoder_layers": 6, "encoder_attention_heads": 12, "decoder_attention_heads": 12, "encoder_ffn_dim": 3072,
"decoder_ffn_dim": 3072, "max_position_embeddings": 1024}})";
constexpr std::string_view kLed =
    R"({"model_type": "led", "d_model": 768, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 12,
"decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "attention_window": [1024, 1024, 1024,
1024, 1024, 1024]})";

constexpr std::string_view kOpenElm =
    R"({"model_type": "openelm", "architectures": ["OpenELMForCausalLM"], "model_dim": 1280, "head_dim": 64,
"num_transformer_layers": 16, "num_query_heads": [12, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 16, 20, 20, 20, 20],
"num_kv_heads": [3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5], "ffn_multipliers": [0.5, 0.73, 0.97, 1.2, 1.43, 1.67,
1.9, 2.13, 2.37, 2.6, 2.83, 3.07, 3.3, 3.53, 3.77, 4.0], "ffn_with_glu": true, "normalize_qk_projections": true,
"vocab_size": 32000})";

std::string longt5(const std::string& attention) {
    return R"({"model_type": "longt5", "d_model": 768, "d_ff": 2048, "num_layers": 12, "num_heads": 12,
"feed_forward_proj": "gated-gelu", "tie_word_embeddings": false, "encoder_attention_type": ")" +
           attention + "\"}";
}

std::string dinov3(const std::string& sizes) {
    return R"({"model_type": "dinov3_vit", "architectures": ["DINOv3ViTModel"], "num_register_tokens": 4,
"use_gated_mlp": true, "hidden_act": "silu", )" +
           sizes + "}";
}

std::string deberta(const std::string& layers) {
    return R"({"model_type": "deberta-v2", "architectures": ["DebertaV2Model"], "conv_act": "gelu",
"conv_kernel_size": 3, "relative_attention": true, "position_buckets": 256, "norm_rel_ebd": "layer_norm",
"share_att_key": true, "pos_att_type": "p2c|c2p", "position_biased_input": false, "num_hidden_layers": )" +
           layers + "}";
}

std::string t5gemma() {
    const std::string blocks = R"({"hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 8,
"num_attention_heads": 8, "num_key_value_heads": 8, "head_dim": 64})";
    return R"({"model_type": "t5gemma", "architectures": ["T5GemmaForConditionalGeneration"], "encoder": )" + blocks +
           R"(, "decoder": )" + blocks + "}";
}

INSTANTIATE_TEST_SUITE_P(
    All, EdgeModels,
    testing::Values(
        // 89.67 M, 308.3 M and 637.0 M; 486 G and 2.98 T multiplications (Zhang et al., "EfficientViT-SAM", table 1).
        EdgeModel{"sam-vit-base", "image", 1, 89670912, 486038667264, R"({"model_type": "sam"})"},
        EdgeModel{"sam-vit-huge", "image", 1, 637026048, 2980541415424,
                  R"({"model_type": "sam", "vision_config": {"hidden_size": 1280, "num_hidden_layers": 32,
"num_attention_heads": 16, "global_attn_indexes": [7, 15, 23, 31], "mlp_dim": null}})"},
        // 51.52 M and 9.40 G, 27.91 M and 4.91 G (timm).
        EdgeModel{"hiera-base", "", 1, 51524968, 9375200256,
                  R"({"model_type": "hiera", "architectures": ["HieraForImageClassification"], "num_labels": 1000})"},
        EdgeModel{"hiera-tiny", "", 1, 27910216, 4900830720,
                  R"({"model_type": "hiera", "architectures": ["HieraForImageClassification"], "num_labels": 1000,
"depths": [1, 2, 7, 2]})"},
        // Without the four projections of the maps 26.85 M and 68.68 M (timm).
        EdgeModel{"sam2-hiera-tiny", "image", 1, 27219136, 145391697408, R"({"model_type": "sam2"})"},
        EdgeModel{"sam2-hiera-base-plus", "image", 1, 69106816, 322570762752, std::string(kSam2Base)},
        // 0.6 B and 1.1 B, as their makers say; 100 positions are 8 seconds.
        EdgeModel{"parakeet-ctc-0.6b", "", 100, 608750593, 64635262976,
                  R"({"model_type": "parakeet_ctc", "architectures": ["ParakeetForCTC"]})"},
        EdgeModel{"parakeet-ctc-1.1b", "", 100, 1061723137, 112554334208,
                  R"({"model_type": "parakeet_ctc", "architectures": ["ParakeetForCTC"], "encoder_config": {
"num_hidden_layers": 42, "attention_bias": false, "convolution_bias": false}})"},
        // 580 M, without the row for masked sound.
        EdgeModel{"w2v-bert-2.0", "", 100, 580492096, 58711244800,
                  R"({"model_type": "wav2vec2-bert", "architectures": ["Wav2Vec2BertModel"]})"},
        // Checkpoints have 20973824 and 31461120 more, in matrices for keys that are another block's. With towers of
        // 0.3 B and 0.68 B the published 5.44 B and 7.85 B.
        EdgeModel{"gemma-3n-e2b", "text", 16, 4435182688, 30718006784,
                  R"({"model_type": "gemma3n", "text_config": {"model_type": "gemma3n_text", "num_hidden_layers": 30,
"intermediate_size": 8192, "num_kv_shared_layers": 10}})"},
        EdgeModel{"gemma-3n-e4b", "text", 16, 6835235568, 63754874624,
                  R"({"model_type": "gemma3n", "text_config": {"model_type": "gemma3n_text"}})"},
        // Image, encoder and decoder without the table that both share: the published 0.23 B.
        EdgeModel{"florence-2-base", "image", 1, 91207168, 190341709824,
                  R"({"model_type": "florence2", "vision_config": {"model_type": "davit", "projection_dim": 768}})"},
        EdgeModel{"florence-2-base", "encoder", 8, 82706688, 340328448, std::string(kFlorenceText)},
        // 38603520 of both are one table: together the published 161844480.
        EdgeModel{"led-base-16384", "encoder", 4096, 104345856, 239283330048, std::string(kLed)},
        EdgeModel{"led-base-16384", "decoder", 8, 96102144, 117607373568, std::string(kLed)},
        // Encoder, and decoder with 12 tables of biases, without the word table that both have: the published
        // 247587456.
        EdgeModel{"long-t5-tglobal-base", "encoder", 4000, 109637376, 400358965248, longt5("transient-global")},
        EdgeModel{"long-t5-tglobal-base", "decoder", 1, 162623232, 232354007040, longt5("transient-global")},
        EdgeModel{"long-t5-local-base", "encoder", 4096, 109628160, 376883380224, longt5("local")},
        // 28.43 M and 4.42 G, 28.65 M and 4.49 G (timm).
        EdgeModel{"focalnet-tiny", "", 1, 28427116, 4403335680,
                  R"({"model_type": "focalnet", "architectures": ["FocalNetForImageClassification"],
"num_labels": 1000})"},
        EdgeModel{"focalnet-tiny-lrf", "", 1, 28647928, 4474836480,
                  R"({"model_type": "focalnet", "architectures": ["FocalNetForImageClassification"],
"num_labels": 1000, "focal_levels": [3, 3, 3, 3]})"},
        // Both, with projections of 656384 each and two numbers, less the shifts of 64 bands: the published 153492890.
        EdgeModel{"clap-htsat-unfused", "audio", 1, 153492890 - 124645632 - 656384 - 2 - 64, 5908332544,
                  R"({"model_type": "clap", "audio_config": {"model_type": "clap_audio_model"}})"},
        EdgeModel{"clap-htsat-unfused", "text", 8, 124645632, 681246720,
                  R"({"model_type": "clap", "text_config": {"model_type": "clap_text_model"}})"},
        // Convolutions and LSTM 7423472 and 7423345, 14.85 M, as published; 8 tables of 1024 rows.
        EdgeModel{"encodec-24khz", "encoder", 75, 8472048, 1568409600, R"({"model_type": "encodec"})"},
        EdgeModel{"encodec-24khz", "decoder", 75, 8471921, 1489766400, R"({"model_type": "encodec"})"},
        // 587 M with T5's encoder of 110 M, EnCodec of 57 M for 32 kHz and a product of 787456 between them.
        EdgeModel{"musicgen-small", "decoder", 8, 419584000, 6075121664,
                  R"({"model_type": "musicgen", "decoder": {"model_type": "musicgen_decoder"}})"},
        // 121.4 M and 0.59 T for three views, from tables 1 and 2 of the paper. The class token's place is folded into
        // it.
        EdgeModel{"timesformer-base", "", 1, 121566352 - 768, 195830280192,
                  R"({"model_type": "timesformer", "architectures": ["TimesformerForVideoClassification"],
"num_labels": 400})"},
        // The library has a shift per column of each norm, too: 1112672.
        EdgeModel{"patchtst-etth1", "", 1, 1111904, 186955776,
                  R"({"model_type": "patchtst", "architectures": ["PatchTSTForPrediction"], "num_input_channels": 7,
"context_length": 512, "patch_length": 12, "patch_stride": 12, "num_attention_heads": 16, "prediction_length": 96,
"pooling_type": null})"},
        // 19.98 M and 4.53 G, from table 2 of the paper; batch norms have 12864 more.
        EdgeModel{"cvt-13", "", 1, 19984616, 4566089216,
                  R"({"model_type": "cvt", "architectures": ["CvtForImageClassification"], "num_labels": 1000})"},
        // The published 7.78 M, 9.21 M, 12.29 M and 31.41 M (timm), less what batch norms have beside the
        // bias that they are folded to: 20592, 25072, 31920 and 58432. 305 M, 406 M, 1.30 G and 3.93 G.
        EdgeModel{"levit-128S", "", 1, 7756466, 304660832,
                  R"({"model_type": "levit", "architectures": ["LevitForImageClassificationWithTeacher"],
"num_labels": 1000, "num_attention_heads": [4, 6, 8], "depths": [2, 3, 4]})"},
        EdgeModel{"levit-128", "", 1, 9188864, 405321728,
                  R"({"model_type": "levit", "architectures": ["LevitForImageClassificationWithTeacher"],
"num_labels": 1000})"},
        EdgeModel{"efficientformer-l1", "", 1, 12258008, 1291284736,
                  R"({"model_type": "efficientformer", "num_labels": 1000,
"architectures": ["EfficientFormerForImageClassificationWithTeacher"]})"},
        EdgeModel{"efficientformer-l3", "", 1, 31347568, 3906573312,
                  R"({"model_type": "efficientformer", "num_labels": 1000, "hidden_sizes": [64, 128, 320, 512],
"depths": [4, 4, 12, 6], "num_meta3d_blocks": 4, "dim": 512,
"architectures": ["EfficientFormerForImageClassificationWithTeacher"]})"},
        // 521411104, of which 1728 are decays and direct paths.
        EdgeModel{"falcon-h1-0.5b", "", 16, 521409376, 7304626176,
                  R"({"model_type": "falcon_h1", "architectures": ["FalconH1ForCausalLM"], "hidden_size": 1024,
"intermediate_size": 2048, "num_hidden_layers": 36, "num_attention_heads": 8, "num_key_value_heads": 2,
"head_dim": 64, "mamba_d_ssm": 1536, "mamba_n_heads": 24, "mamba_d_state": 128, "mamba_n_groups": 1,
"vocab_size": 32784})"},
        // 8.3 B, of which 1.5 B are active (Liquid AI).
        EdgeModel{"lfm2-8b-a1b", "", 16, 8339930560, 22912303104,
                  R"({"model_type": "lfm2_moe", "architectures": ["Lfm2MoeForCausalLM"], "num_hidden_layers": 24,
"layer_types": ["conv", "conv", "full_attention", "conv", "conv", "conv", "full_attention", "conv", "conv", "conv",
"full_attention", "conv", "conv", "conv", "full_attention", "conv", "conv", "conv", "full_attention", "conv",
"conv", "full_attention", "conv", "conv"]})"},
        // 210 M.
        EdgeModel{"eurobert-210m", "", 16, 211766016, 1816657920,
                  R"({"model_type": "eurobert", "architectures": ["EuroBertModel"]})"},
        // 124.6 M (Liu et al., "MobileLLM", table 12).
        EdgeModel{"mobilellm-125m", "", 16, 124635456, 1721825280,
                  R"({"model_type": "mobilellm", "architectures": ["MobileLLMForCausalLM"], "hidden_size": 576,
"num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536})"},
        EdgeModel{"vaultgemma-1b", "", 16, 1038741120, 12202442752,
                  R"({"model_type": "vaultgemma", "architectures": ["VaultGemmaForCausalLM"], "hidden_size": 1152,
"intermediate_size": 6912, "num_hidden_layers": 26, "num_attention_heads": 4, "num_key_value_heads": 4})"},
        // The published 572 M have 12.9 M in adapters of five tasks.
        EdgeModel{"jina-embeddings-v3", "", 16, 559364096, 4845469696,
                  R"({"model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"], "lora_rank": 4,
"lora_adaptations": ["retrieval.query"], "position_embedding_type": "rotary", "num_hidden_layers": 24,
"hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 250002,
"max_position_embeddings": 8194, "type_vocab_size": 1})"},
        // 3.5 B, without the pooler.
        EdgeModel{"xlm-roberta-xl", "", 16, 3475929600, 45345669120,
                  R"({"model_type": "xlm-roberta-xl", "architectures": ["XLMRobertaXLModel"]})"},
        // 345 M with the heads of its training.
        EdgeModel{"megatron-bert-345m", "", 16, 332591104, 4844421120,
                  R"({"model_type": "megatron-bert", "architectures": ["MegatronBertModel"]})"},
        EdgeModel{"esm2-8m", "", 16, 7408960, 118947840,
                  R"({"model_type": "esm", "architectures": ["EsmModel"], "hidden_size": 320,
"num_hidden_layers": 6, "num_attention_heads": 20, "intermediate_size": 1280, "vocab_size": 33,
"position_embedding_type": "rotary"})"},
        EdgeModel{"owlvit-base-patch32", "text", 16, 63396864, 605913088,
                  R"({"model_type": "owlvit", "text_config": {"model_type": "owlvit_text_model"}})"},
        // 304 M (InternViT-300M).
        EdgeModel{"internvl3-vision", "image", 1, 304012288, 361796517888,
                  R"({"model_type": "internvl", "vision_config": {"model_type": "internvl_vision",
"image_size": [448, 448], "patch_size": [14, 14], "attention_bias": true}})"},
        // 986 M (EVA-CLIP g).
        EdgeModel{"blip2-vision", "image", 1, 985897344, 260359630080,
                  R"({"model_type": "blip-2", "vision_config": {"model_type": "blip_2_vision_model"}})"},
        EdgeModel{"chinese-clip-vit-base-patch16", "text", 16, 101677056, 1363673088,
                  R"({"model_type": "chinese_clip", "text_config": {"model_type": "chinese_clip_text_model",
"vocab_size": 21128}})"},
        // Together 144.4 M.
        EdgeModel{"speecht5-tts", "encoder", 50, 85138688, 4315852800,
                  R"({"model_type": "speecht5", "architectures": ["SpeechT5ForTextToSpeech"]})"},
        EdgeModel{"speecht5-tts", "decoder", 8, 58102946, 3625170432,
                  R"({"model_type": "speecht5", "architectures": ["SpeechT5ForTextToSpeech"]})"},
        EdgeModel{"speecht5-tts", "postnet", 100, 1188944, 118784000,
                  R"({"model_type": "speecht5", "architectures": ["SpeechT5ForTextToSpeech"]})"},
        // Checkpoints have 8388736 more, in a convolution for positions that is not used.
        EdgeModel{"wav2vec2-conformer-rel-pos-large", "", 100, 610176544, 68919241728,
                  R"({"model_type": "wav2vec2-conformer", "architectures": ["Wav2Vec2ConformerForCTC"],
"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
"conv_bias": true, "conv_dim": [512, 512, 512, 512, 512, 512, 512], "position_embeddings_type": "relative"})"},
        // 1300865.
        EdgeModel{"superpoint", "", 1, 1300865, 26051788800, R"({"model_type": "superpoint"})"},
        // 3.48 M and 0.6 G (Shaker et al., table 1); batch norms have 4648 more.
        EdgeModel{"swiftformer-xs", "", 1, 3470712, 602434988,
                  R"({"model_type": "swiftformer", "architectures": ["SwiftFormerForImageClassification"],
"num_labels": 1000})"},
        // 86 M and 17.1 G, 90 M and 18.6 G (Xu et al.).
        EdgeModel{"vitpose-base-simple", "", 1, 85912337, 17461149696,
                  R"({"model_type": "vitpose", "architectures": ["VitPoseForPoseEstimation"],
"use_simple_decoder": true, "scale_factor": 4, "backbone_config": {"image_size": [256, 192], "patch_size": [16,
16]}})"},
        EdgeModel{"vitpose-base", "", 1, 89994001, 18522832896,
                  R"({"model_type": "vitpose", "architectures": ["VitPoseForPoseEstimation"],
"use_simple_decoder": false, "scale_factor": 4, "backbone_config": {"image_size": [256, 192], "patch_size": [16,
16]}})"},
        // 29 M, as their makers say.
        EdgeModel{"dinov3-convnext-tiny", "", 1, 27820128, 4454763264,
                  R"({"model_type": "dinov3_convnext", "architectures": ["DINOv3ConvNextModel"]})"},
        EdgeModel{"minicpm-v-2.6", "text", 16, 7612763648, 104975481856,
                  R"({"model_type": "minicpmv", "version": 2.6, "hidden_size": 3584, "num_hidden_layers": 28,
"num_attention_heads": 28, "num_key_value_heads": 4, "intermediate_size": 18944, "vocab_size": 151666})"},
        EdgeModel{"qwen2.5-omni-3b", "text", 16, 3397103616, 44723732480,
                  R"({"model_type": "qwen2_5_omni", "thinker_config": {"text_config": {"hidden_size": 2048,
"num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2, "intermediate_size": 11008,
"vocab_size": 151936}}})"},
        // 36.3 M as published, of which 8011543 are of the training.
        EdgeModel{"mms-tts-eng", "", 100, 28273049, 63663654400, R"({"model_type": "vits"})"},
        EdgeModel{"speecht5-hifigan", "", 100, 12656257, 13665894400, R"({"model_type": "hifigan"})"},
        // Checkpoint: 271527168. Heads and widths grow from block to block.
        EdgeModel{"openelm-270m", "", 16, 271527168, 3733712896, std::string(kOpenElm)},
        // 222 M; 250 M with the head for masked words.
        EdgeModel{"neobert", "", 16, 221665536, 3181903872,
                  R"({"model_type": "neobert", "architectures": ["NeoBERT"], "hidden_act": "SwiGLU"})"},
        // 93.2 M, without the row for masked sound.
        EdgeModel{"data2vec-audio-base", "", 100, 93163520, 13984689152,
                  R"({"model_type": "data2vec-audio", "architectures": ["Data2VecAudioModel"],
"feat_extract_norm": "layer"})"},
        EdgeModel{"sew-tiny", "", 50, 42297472, 2709341568,
                  R"({"model_type": "sew", "architectures": ["SEWModel"], "hidden_size": 512,
"num_attention_heads": 8, "intermediate_size": 2048})"},
        EdgeModel{"wav2vec2-conformer-rope", "", 100, 167903488, 21448727552,
                  R"({"model_type": "wav2vec2-conformer", "architectures": ["Wav2Vec2ConformerModel"],
"position_embeddings_type": "rotary"})"},
        // 76.7 M, with tables and the matrices behind them once: 73728, 73728 and 1024 less.
        EdgeModel{"dac-44khz", "encoder", 10, 22529672, 3559178240, R"({"model_type": "dac"})"},
        EdgeModel{"dac-44khz", "decoder", 10, 54239585, 8041512960, R"({"model_type": "dac"})"},
        // 96.2 M, with the tables of 16777216 once.
        EdgeModel{"mimi", "encoder", 25, 55906592, 2883104768, R"({"model_type": "mimi"})"},
        EdgeModel{"mimi", "decoder", 300, 56956449, 32698060800, R"({"model_type": "mimi"})"},
        EdgeModel{"jais-13b", "", 16, 13020811920, 201814179840,
                  R"({"model_type": "jais", "architectures": ["JAISLMHeadModel"], "n_embd": 5120, "n_layer": 40,
"n_head": 40, "n_inner": 13653, "n_positions": 2048, "vocab_size": 84992, "activation_function": "swiglu",
"position_embedding_type": "alibi"})"},
        // 303 M; with two dense layers behind the mean of the tokens 308 M.
        EdgeModel{"embeddinggemma-300m", "", 600, 302863104, 70516162560,
                  R"({"model_type": "gemma3_text", "architectures": ["Gemma3TextModel"], "hidden_size": 768,
"intermediate_size": 1152, "num_hidden_layers": 24, "num_attention_heads": 3, "num_key_value_heads": 1,
"vocab_size": 262144, "sliding_window": 512, "_sliding_window_pattern": 6, "use_bidirectional_attention": true})"},
        // 150 M (Ettin).
        EdgeModel{"ettin-decoder-150m", "", 200, 149690560, 22721396736,
                  R"({"model_type": "modernbert-decoder", "architectures": ["ModernBertDecoderForCausalLM"]})"},
        // Both with 35 gates: the published 10670220835.
        EdgeModel{"llama-3.2-11b-vision", "image", 1, 895028736, 9500951838720,
                  R"({"model_type": "mllama", "text_config": {"model_type": "mllama_text_model"},
"vision_config": {"model_type": "mllama_vision_model", "image_size": 560}})"},
        EdgeModel{"llama-3.2-11b-vision", "text", 16, 9775192064, 575553929216,
                  R"({"model_type": "mllama", "text_config": {"model_type": "mllama_text_model",
"cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38]}})"},
        // 106 M (Jiang et al., table 3).
        EdgeModel{"convbert-base", "", 16, 105680520, 1310662656,
                  R"({"model_type": "convbert", "architectures": ["ConvBertModel"]})"},
        // 1136480768, of which 1536 are of the training.
        EdgeModel{"dinov2-giant", "", 1, 1136480768 - 1536, 1783342958592,
                  R"({"model_type": "dinov2", "architectures": ["Dinov2Model"], "hidden_size": 1536,
"num_hidden_layers": 40, "num_attention_heads": 24, "image_size": 518, "patch_size": 14, "use_swiglu_ffn": true})"},
        EdgeModel{"dinov2-with-registers-giant", "", 1, 1136485376, 1789221537792,
                  R"({"model_type": "dinov2_with_registers", "architectures": ["Dinov2WithRegistersModel"],
"hidden_size": 1536, "num_hidden_layers": 40, "num_attention_heads": 24, "image_size": 518, "patch_size": 14,
"use_swiglu_ffn": true})"},
        // 840 M and 6716 M, as their makers say.
        EdgeModel{"dinov3-vit-h-plus", "", 1, 840591360, 172113346560,
                  dinov3(R"("hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
"num_attention_heads": 20)")},
        EdgeModel{"dinov3-vit-7b", "", 1, 6716030976, 1362743328768,
                  dinov3(R"("hidden_size": 4096, "intermediate_size": 8192, "num_hidden_layers": 40,
"num_attention_heads": 32, "query_bias": false, "value_bias": false)")},
        // 0.9 B and 1.5 B, as their makers say.
        EdgeModel{"deberta-v2-xlarge", "", 16, 884593152, 69589794816, deberta("24")},
        EdgeModel{"deberta-v2-xxlarge", "", 16, 1564549632, 139066343424, deberta("48")},
        // 355 M as RoBERTa-large, without the pooler.
        EdgeModel{"efficient-mlm-m0.40", "", 16, 354312192, 4844421120,
                  R"({"model_type": "roberta-prelayernorm", "architectures": ["RobertaPreLayerNormModel"],
"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
"max_position_embeddings": 514, "type_vocab_size": 1})"},
        EdgeModel{"ernie-m-base", "", 16, 278042880, 1364262912,
                  R"({"model_type": "ernie_m", "architectures": ["ErnieMModel"]})"},
        EdgeModel{"uie-m-base", "", 16, 278042880 - 590592 + 1538, 1364262912 - 589824 + 24576,
                  R"({"model_type": "ernie_m", "architectures": ["ErnieMForInformationExtraction"]})"},
        // 125 M as RoBERTa-base, without the pooler.
        EdgeModel{"ibert-roberta-base", "", 16, 124055040, 1363673088,
                  R"({"model_type": "ibert", "architectures": ["IBertModel"], "hidden_size": 768,
"num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265,
"max_position_embeddings": 514, "type_vocab_size": 1})"},
        // Together the published 312517632.
        EdgeModel{"t5gemma-s-s", "encoder", 16, 152060416, 337641472, t5gemma()},
        EdgeModel{"t5gemma-s-s", "decoder", 8, 160457216, 2513731584, t5gemma()},
        EdgeModel{"qwen3.5-27b", "image", 64, 460730096, 112632791040,
                  R"({"model_type": "qwen3_5", "text_config": {"model_type": "qwen3_5_text"}, "vision_config": {
"model_type": "qwen3_5", "deepstack_visual_indexes": [], "out_hidden_size": 5120}})"},
        // With the text side of 107769861120 the published 109 B.
        EdgeModel{"llama-4-scout", "image", 1, 871932416, 507814278656,
                  R"({"model_type": "llama4", "text_config": {"model_type": "llama4_text"}, "vision_config": {
"hidden_size": 1408, "image_size": 336, "vision_output_dim": 4096}})"},
        // 25549352 and 217319080 (timm).
        EdgeModel{"bit-50", "", 1, 25549352, 16350593024,
                  R"({"model_type": "bit", "architectures": ["BitForImageClassification"], "num_labels": 1000})"},
        EdgeModel{"bit-50x3", "", 1, 217319080, 144310714368,
                  R"({"model_type": "bit", "architectures": ["BitForImageClassification"], "num_labels": 1000,
"width_factor": 3, "embedding_size": 192})"},
        // 83 M (Lee-Thorp et al., table 1).
        EdgeModel{"fnet-base", "", 16, 82861056, 1147207680,
                  R"({"model_type": "fnet", "architectures": ["FNetModel"]})"},
        // With the text side of 25233137920 and 3870 single numbers beside it the published 25805936206.
        EdgeModel{"gemma-4-26b-a4b", "image", 280, 572794416, 1771437588480,
                  R"({"model_type": "gemma4", "text_config": {"model_type": "gemma4_text", "hidden_size": 2816},
"vision_config": {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
"num_attention_heads": 16, "head_dim": 72, "standardize": true}})"},
        EdgeModel{"nezha-cn-base", "", 16, 101283840, 1368391680,
                  R"({"model_type": "nezha", "architectures": ["NezhaModel"]})"}),
    [](const auto& row) {
        std::string name = row.param.name + row.param.part;
        std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
        return name;
    });

struct EdgeRefusal {
    std::string name, part, config, said;
};

class EdgeRefusals : public testing::TestWithParam<EdgeRefusal> {};

TEST_P(EdgeRefusals, SayWhatHasNoForm) {
    std::string said;
    EXPECT_FALSE(imported(GetParam().config, GetParam().part, said));
    EXPECT_THAT(said, HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    All, EdgeRefusals,
    testing::Values(
        EdgeRefusal{"WholeSam", "", R"({"model_type": "sam"})", "(expected --part image)"},
        EdgeRefusal{
            "Everywhere", "image",
            R"({"model_type": "sam2", "vision_config": {"backbone_config": {"global_attention_blocks": [1, 5, 9]}}})",
            "blocks 1 to 9, which attend to all positions, are not all of the third stage"},
        EdgeRefusal{"Versions", "text", R"({"model_type": "minicpmv", "version": 4.0})",
                    "version '4.0' has no form in llama-decoder (expected 2.5, 2.6 or 4.5)"},
        EdgeRefusal{"Hearing", "encoder", R"({"model_type": "speecht5", "architectures": ["SpeechT5ForSpeechToText"]})",
                    "models that hear have other layers in front"},
        EdgeRefusal{
            "Turning", "", R"({"model_type": "wav2vec2-conformer", "position_embeddings_type": "learned"})",
            "position_embeddings_type 'learned' has no form in wav2vec2-conformer (expected relative or rotary)"},
        EdgeRefusal{
            "Blocks", "",
            R"({"model_type": "openelm", "num_transformer_layers": 3, "model_dim": 64, "num_query_heads": [1, 1, 1],
"num_kv_heads": [1, 1, 1], "ffn_multipliers": [1.5, 2.5]})",
            "ffn_multipliers has 2 items, but there are 3 layers (expected one for each)"},
        EdgeRefusal{"Windows", "", R"({"model_type": "hiera", "masked_unit_attention": [true, true, true, false]})",
                    "windows in other stages than the first two have no form here"},
        EdgeRefusal{"Factor", "", R"({"model_type": "parakeet_encoder", "subsampling_factor": 4})",
                    "subsampling_factor '4' has no form in conformer (expected 8)"},
        EdgeRefusal{"Distances", "", R"({"model_type": "wav2vec2-bert", "position_embeddings_type": "rotary"})",
                    "position_embeddings_type 'rotary' has no form in conformer (expected relative_key)"},
        EdgeRefusal{
            "Streams", "text",
            R"({"model_type": "gemma3n", "text_config": {"model_type": "gemma3n_text", "altup_num_inputs": 2}})",
            "altup_num_inputs '2' has no form in gemma-3n-decoder (expected 4)"},
        EdgeRefusal{"Strides", "image",
                    R"({"model_type": "florence2", "vision_config": {"patch_stride": [4, 4, 2, 2]}})",
                    "strides of 4 and 4 instead of 4 and 2"},
        EdgeRefusal{"Speakers", "", R"({"model_type": "vits", "num_speakers": 109, "speaker_embedding_size": 256})",
                    "num_speakers '109' has no form in vits (expected 1)"},
        EdgeRefusal{
            "Fusion", "audio",
            R"({"model_type": "clap", "audio_config": {"model_type": "clap_audio_model", "enable_fusion": true}})",
            "enable_fusion 'true' has no form in clap-audio (expected false)"},
        EdgeRefusal{"ChannelAttention", "", R"({"model_type": "patchtst", "channel_attention": true})",
                    "channel_attention 'true' has no form in patchtst (expected false)"},
        EdgeRefusal{"Stereo", "encoder",
                    R"({"model_type": "encodec", "normalize": true, "norm_type": "time_group_norm"})",
                    "norm_type 'time_group_norm' has no form in encodec (expected weight_norm)"},
        EdgeRefusal{"Levels", "", R"({"model_type": "focalnet", "focal_levels": [2, 2, 3, 3]})",
                    "stages that differ in their convolutions have no form here"},
        EdgeRefusal{"Queries", "", R"({"model_type": "cvt", "stride_q": [2, 1, 1]})",
                    "queries that are fewer have no form here"},
        EdgeRefusal{"Keys", "", R"({"model_type": "levit", "key_dim": [16, 16, 32]})",
                    "keys that differ in width have no form here"},
        EdgeRefusal{"Resolution", "", R"({"model_type": "efficientformer", "resolution": 10})",
                    "10 positions in each direction instead of a 32nd of 224"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace berth
