// Translation models, relatives of supported families, and vision towers: hand-counted parameters, equal to those that
// the library counts.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "architecture_fixtures.h"
#include "berth/importers/import_config.h"

namespace berth {
namespace {

using testing::HasSubstr;

/// Result of importing a configuration: the number of parameters, or 0, and the diagnostics.
struct Relative {
    double parameters = 0;
    std::string said;

    explicit Relative(const std::string& config, const std::string& part = "") {
        Diagnostics diagnostics;
        const auto model = model_from_config(config, part, diagnostics);
        parameters = model ? static_cast<double>(totals(lay_out(*model, {1, 8})).parameters) : 0;
        said = diagnostics.text();
    }
};

constexpr std::string_view kBart =
    R"("d_model": 768, "vocab_size": 50265, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 12,
"decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "max_position_embeddings": 1024})";
constexpr std::string_view kNllb =
    R"("d_model": 1024, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16,
"decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "max_position_embeddings": 1024,
"activation_function": "relu", )";

struct RelativeCount {
    std::string name, part;
    double counted;
    std::string config;
};

class Relatives : public testing::TestWithParam<RelativeCount> {};

TEST_P(Relatives, HaveTheParametersThatTheLibraryCounts) {
    const Relative found(GetParam().config, GetParam().part);
    // Sines count as the constants that they are.
    EXPECT_NEAR(found.parameters / GetParam().counted, 1, 0.0005) << found.said;
}

INSTANTIATE_TEST_SUITE_P(
    All, Relatives,
    testing::Values(
        RelativeCount{"RWKV-5 World 1.5B", "", 1577754624,
                      R"({"model_type": "rwkv5", "hidden_size": 2048, "attention_hidden_size": 2048,
"num_hidden_layers": 24, "head_size": 64, "intermediate_size": null, "vocab_size": 65536})"},
        // Per block 13 matrices, 5 shares by matrices of 32 columns, a decay by matrices of 64, and 16 rows.
        RelativeCount{"RWKV-6 World 1.6B", "",
                      2.0 * 65536 * 2048 + 4 * 2048 + 24.0 * (13 * 2048 * 2048 + (10 * 32 + 2 * 64 + 16) * 2048),
                      R"({"model_type": "rwkv6", "hidden_size": 2048, "attention_hidden_size": 2048,
"num_hidden_layers": 24, "head_size": 64, "intermediate_size": null, "vocab_size": 65536})"},
        RelativeCount{"RWKV-7 World 1.5B", "", 1527404544,
                      R"({"model_type": "rwkv7", "hidden_size": 2048, "num_hidden_layers": 24, "vocab_size": 65536,
"decay_low_rank_dim": 96, "a_low_rank_dim": 96, "v_low_rank_dim": 64, "gate_low_rank_dim": 256, "hidden_ratio": 4.0,
"intermediate_size": null, "attn": null})"},
        // As published, with experts in every second block, which share a bias.
        RelativeCount{"nomic-embed-text-v2-moe", "", 475292928,
                      R"({"model_type": "nomic_bert", "activation_function": "gelu", "n_embd": 768, "n_head": 12,
"n_inner": 3072, "n_layer": 12, "vocab_size": 250048, "type_vocab_size": 1, "rotary_emb_fraction": 1.0,
"num_experts": 8, "moe_top_k": 2, "moe_every_n_layers": 2})"},
        RelativeCount{"e5-mistral-7b-instruct", "", 7110660096,
                      R"({"model_type": "mistral", "architectures": ["MistralModel"], "hidden_size": 4096,
"num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
"vocab_size": 32000, "max_position_embeddings": 32768, "sliding_window": 4096})"},
        // A block of 6 matrices by 4 groups of keys, a table of words, and a score.
        RelativeCount{"Llama 3.2 1B with a score", "", 128256.0 * 2048 + 16.0 * (10485760 + 50331648 + 4096) + 2 * 2048,
                      R"({"model_type": "llama", "architectures": ["LlamaForSequenceClassification"],
"hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8,
"intermediate_size": 8192, "vocab_size": 128256, "max_position_embeddings": 131072, "num_labels": 1,
"tie_word_embeddings": false})"},
        // As published, without the pooler.
        RelativeCount{"jina-embeddings-v2-base-en", "", 137368320 - 590592,
                      R"({"model_type": "bert", "position_embedding_type": "alibi", "feed_forward_type": "geglu",
"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
"vocab_size": 30528, "max_position_embeddings": 8192, "type_vocab_size": 2})"},
        RelativeCount{"Phi-4 multimodal, text", "", 3836021760,
                      R"({"model_type": "phi4mm", "hidden_size": 3072, "intermediate_size": 8192,
"num_attention_heads": 24, "num_key_value_heads": 8, "num_hidden_layers": 32, "vocab_size": 200064,
"tie_word_embeddings": true, "hidden_act": "silu"})"},
        RelativeCount{"Ling-lite", "", 16801974272,
                      R"({"model_type": "bailing_moe", "hidden_size": 2048, "intermediate_size": 5632,
"moe_intermediate_size": 1408, "num_attention_heads": 16, "num_key_value_heads": 4, "num_hidden_layers": 28,
"vocab_size": 126464, "num_experts": 64, "num_experts_per_tok": 6, "num_shared_experts": 2, "hidden_act": "silu"})"},
        RelativeCount{"GPT", "", 116534784,
                      R"({"model_type": "openai-gpt", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 40478,
"n_positions": 512, "afn": "gelu"})"},
        // Tables of words and positions and a norm, and 12 blocks of 4 + 8 matrices with 13 rows.
        RelativeCount{"xlm-mlm-en-2048", "", (30145.0 + 512 + 2) * 2048 + 12 * (12.0 * 2048 + 13) * 2048,
                      R"({"model_type": "xlm", "emb_dim": 2048, "n_layers": 12, "n_heads": 16, "n_words": 30145,
"max_position_embeddings": 512, "gelu_activation": true, "n_langs": 1})"},
        RelativeCount{"flaubert-base", "", (68729.0 + 512 + 2) * 768 + 12 * (12.0 * 768 + 13) * 768,
                      R"({"model_type": "flaubert", "emb_dim": 768, "n_layers": 12, "n_heads": 12, "n_words": 68729,
"max_position_embeddings": 512, "gelu_activation": true, "n_langs": 1})"},
        RelativeCount{"recurrentgemma-2b", "", 2682862080,
                      R"({"model_type": "recurrent_gemma", "hidden_size": 2560, "intermediate_size": 15360,
"num_attention_heads": 10, "num_key_value_heads": 1, "num_hidden_layers": 26, "vocab_size": 256000, "lru_width": 2560,
"attention_window_size": 2048, "conv1d_width": 4, "block_types": ["recurrent", "recurrent", "attention"]})"},
        // Encoder and decoder without the shared table: 139420416, as published.
        RelativeCount{"bart-base encoder", "encoder", 81920256,
                      R"({"model_type": "bart", "activation_function": "gelu", )" + std::string(kBart)},
        RelativeCount{"bart-base decoder", "decoder", 96103680,
                      R"({"model_type": "bart", "activation_function": "gelu", )" + std::string(kBart)},
        // 615073792 in all.
        RelativeCount{"nllb-200-distilled-600M encoder", "encoder", 413511680,
                      "{" + std::string(kNllb) + R"("model_type": "m2m_100", "vocab_size": 256206})"},
        RelativeCount{"nllb-200-distilled-600M decoder", "decoder", 463917056,
                      "{" + std::string(kNllb) + R"("model_type": "m2m_100", "vocab_size": 256206})"},
        RelativeCount{"mbart-large-50 encoder", "encoder", 408264704,
                      "{" + std::string(kNllb) + R"("model_type": "mbart", "vocab_size": 250054})"},
        RelativeCount{"opus-mt-en-de encoder", "encoder", 48662016,
                      R"({"model_type": "marian", "d_model": 512, "vocab_size": 58101, "encoder_layers": 6,
"encoder_attention_heads": 8, "encoder_ffn_dim": 2048, "max_position_embeddings": 512,
"activation_function": "swish"})"},
        // 300176768 in all, with the tables of relative positions.
        RelativeCount{"mt5-small encoder", "encoder", 146940416,
                      R"({"model_type": "mt5", "d_model": 512, "d_kv": 64, "d_ff": 1024, "num_layers": 8,
"num_heads": 6, "vocab_size": 250112, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false})"},
        RelativeCount{"mt5-small decoder", "decoder", 281293312,
                      R"({"model_type": "mt5", "d_model": 512, "d_kv": 64, "d_ff": 1024, "num_layers": 8,
"num_heads": 6, "vocab_size": 250112, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false})"},
        RelativeCount{"hubert-base", "", 94371712,
                      R"({"model_type": "hubert", "num_hidden_layers": 12, "hidden_size": 768,
"num_attention_heads": 12, "intermediate_size": 3072, "num_conv_pos_embeddings": 128,
"num_conv_pos_embedding_groups": 16, "do_stable_layer_norm": false, "architectures": ["HubertModel"]})"},
        RelativeCount{"seed-oss-36b", "", 36151104512, R"({"model_type": "seed_oss", "hidden_size": 5120})"},
        RelativeCount{"exaone-3.5-2.4b", "", 2405327360,
                      R"({"model_type": "exaone", "num_layers": 30, "hidden_size": 2560, "intermediate_size": 7168,
"num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 80, "vocab_size": 102400})"},
        RelativeCount{"exaone-4-1.2b", "", 1279391488,
                      R"({"model_type": "exaone4", "num_hidden_layers": 30, "hidden_size": 2048,
"intermediate_size": 4096, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 102400,
"sliding_window": null, "tie_word_embeddings": true})"},
        RelativeCount{"hunyuan-1.8b", "", 1791080448,
                      R"({"model_type": "hunyuan_v1_dense", "hidden_size": 2048, "intermediate_size": 6144,
"num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 128, "vocab_size": 120818,
"tie_word_embeddings": true})"},
        RelativeCount{"dots.llm1", "", 142774381696,
                      R"({"model_type": "dots1", "hidden_size": 4096, "vocab_size": 152064})"},
        RelativeCount{"ernie-4.5-21b-a3b", "", 21825437888, R"({"model_type": "ernie4_5_moe"})"},
        // As published, unless a sum says how they are counted.
        RelativeCount{"afm-4.5b", "", 4619179520,
                      R"({"model_type": "arcee", "hidden_size": 2560, "intermediate_size": 18432,
"num_hidden_layers": 36, "num_attention_heads": 20, "num_key_value_heads": 4, "head_dim": 128, "vocab_size": 128003,
"hidden_act": "relu2"})"},
        RelativeCount{"apertus-8b", "", 8053338176,
                      R"({"model_type": "apertus", "hidden_size": 4096, "intermediate_size": 21504,
"num_attention_heads": 32, "num_key_value_heads": 8, "hidden_act": "xielu"})"},
        RelativeCount{"persimmon-8b", "", 9397175296, R"({"model_type": "persimmon", "hidden_act": "relu2"})"},
        RelativeCount{"biogpt", "", 346763264, R"({"model_type": "biogpt", "hidden_act": "gelu"})"},
        RelativeCount{"bitnet-b1.58-2b", "", 2412820480,
                      R"({"model_type": "bitnet", "hidden_act": "relu2", "tie_word_embeddings": true})"},
        RelativeCount{"dbrx", "", 131596523520,
                      R"({"model_type": "dbrx", "d_model": 6144, "n_heads": 48, "n_layers": 40, "max_seq_len": 32768,
"vocab_size": 100352, "attn_config": {"kv_n_heads": 8, "clip_qkv": 8}, "ffn_config": {"ffn_hidden_size": 10752,
"moe_num_experts": 16, "moe_top_k": 4}})"},
        RelativeCount{"gte-base-en-v1.5", "", 136776192,
                      R"({"model_type": "new", "type_vocab_size": 0, "vocab_size": 30528, "hidden_act": "gelu",
"position_embedding_type": "rope", "layer_norm_type": "layer_norm", "architectures": ["NewModel"]})"},
        RelativeCount{"gte-multilingual-base", "", 305368320,
                      R"({"model_type": "new", "type_vocab_size": 1, "vocab_size": 250048, "hidden_act": "gelu",
"position_embedding_type": "rope", "layer_norm_type": "layer_norm", "architectures": ["NewModel"]})"},
        // 50000 + 2 rows of the tables, their norm, and 12 blocks as in BERT: 38401536 + 1536 + 85054464.
        RelativeCount{"roformer-base", "", 123457536,
                      R"({"model_type": "roformer", "architectures": ["RoFormerModel"]})"},
        // 250814 rows of 256 and their norm, 296064 that widen, 32 blocks of 15940224, the pooler of 1328256.
        RelativeCount{"rembert", "", 575920384, R"({"model_type": "rembert", "architectures": ["RemBertModel"]})"},
        RelativeCount{
            "mvp encoder", "encoder", 81920256,
            R"({"model_type": "mvp", "activation_function": "gelu", "use_prompt": false, )" + std::string(kBart)},
        RelativeCount{
            "mvp decoder", "decoder", 96103680,
            R"({"model_type": "mvp", "activation_function": "gelu", "use_prompt": false, )" + std::string(kBart)},
        // BERT base, and four tables of 1024 places on a page.
        RelativeCount{"layoutlm-base", "", 109482240 + 4 * 1024 * 768,
                      R"({"model_type": "layoutlm", "hidden_act": "gelu", "architectures": ["LayoutLMModel"]})"},
        // 50265 + 514 + 1 rows of 768 and their norm, tables of places as wide together, 590592 for the patches, 198
        // rows and two norms behind them, a bias for each of 32 + 2 * 64 distances and 12 heads, and 12 blocks as in
        // BERT.
        RelativeCount{"layoutlmv3-base", "",
                      50780 * 768 + 1536 + 4 * 1024 * 128 + 590592 + 198 * 768 + 2 * 1536 + 160 * 12 + 85054464,
                      R"({"model_type": "layoutlmv3", "max_position_embeddings": 514, "type_vocab_size": 1,
"has_relative_attention_bias": true, "has_spatial_attention_bias": true, "visual_embed": true, "pad_token_id": 1,
"architectures": ["LayoutLMv3Model"]})"},
        // Vision, without the token of masked patches, which takes no part in a result.
        RelativeCount{"dinov2-with-registers-base", "", 86582784,
                      R"({"model_type": "dinov2_with_registers", "image_size": 518, "patch_size": 14,
"hidden_act": "gelu", "architectures": ["Dinov2WithRegistersModel"]})"},
        RelativeCount{"dinov3-vitb16", "", 85659648,
                      R"({"model_type": "dinov3_vit", "hidden_size": 768, "num_attention_heads": 12,
"intermediate_size": 3072, "num_register_tokens": 4, "hidden_act": "gelu", "architectures": ["DINOv3ViTModel"]})"},
        RelativeCount{"deit-tiny-distilled", "", 5717416 + 2 * 192,
                      R"({"model_type": "deit", "image_size": 224, "patch_size": 16, "num_hidden_layers": 12,
"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768, "num_channels": 3, "num_labels": 1000,
"architectures": ["DeiTForImageClassification"]})"},
        // 590592 for the patches, 256 positions, 12 blocks of 7087872, two norms' worth of 1536.
        RelativeCount{"ijepa of the size of vit-b", "", 590592 + 196 * 768 + 12 * 7087872 + 1536,
                      R"({"model_type": "ijepa", "architectures": ["IJepaModel"]})"},
        // The tower of SigLIP base with 256 positions: 92884224 with 196.
        RelativeCount{"siglip2-base-naflex tower", "image", 92884224 + 60 * 768,
                      R"({"model_type": "siglip2", "vision_config": {"model_type": "siglip2_vision_model"}})"},
        // Batch norms, two numbers per channel in the published counts, are folded into biases.
        RelativeCount{"resnet-50", "", 25557032 - 26560,
                      R"({"model_type": "resnet", "depths": [3, 4, 6, 3], "hidden_sizes": [256, 512, 1024, 2048],
"layer_type": "bottleneck", "num_labels": 1000, "architectures": ["ResNetForImageClassification"]})"},
        RelativeCount{"resnet-18", "", 11689512 - 4800,
                      R"({"model_type": "resnet", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512],
"layer_type": "basic", "num_labels": 1000, "architectures": ["ResNetForImageClassification"]})"},
        RelativeCount{"convnext-tiny", "", 28589128,
                      R"({"model_type": "convnext", "depths": [3, 3, 9, 3], "hidden_sizes": [96, 192, 384, 768],
"num_labels": 1000, "architectures": ["ConvNextForImageClassification"]})"},
        RelativeCount{"convnextv2-tiny", "", 28635496,
                      R"({"model_type": "convnextv2", "depths": [3, 3, 9, 3], "hidden_sizes": [96, 192, 384, 768],
"num_labels": 1000, "architectures": ["ConvNextV2ForImageClassification"]})"},
        // The batch norm of the decoder, two numbers per channel, is folded into a bias.
        RelativeCount{"segformer-b0-ade", "", 3752694 - 256,
                      R"({"model_type": "segformer", "image_size": 512, "num_labels": 150,
"architectures": ["SegformerForSemanticSegmentation"]})"},
        RelativeCount{"segformer-b5-ade", "", 84708694 - 768,
                      R"({"model_type": "segformer", "image_size": 640, "num_labels": 150, "decoder_hidden_size": 768,
"depths": [3, 6, 40, 3], "hidden_sizes": [64, 128, 320, 512],
"architectures": ["SegformerForSemanticSegmentation"]})"},
        // Batch norms are frozen and not among the published 41524768; folded, they are a bias per channel.
        RelativeCount{"detr-resnet-50", "", 41524768 + 26560,
                      R"({"model_type": "detr", "backbone": "resnet50", "num_labels": 91,
"architectures": ["DetrForObjectDetection"]})"},
        // Vision towers.
        RelativeCount{"internvit-300m", "image", 304012288,
                      R"({"model_type": "internvl_chat", "vision_config": {"model_type": "intern_vit_6b",
"hidden_size": 1024, "image_size": 448, "intermediate_size": 4096, "num_attention_heads": 16,
"num_hidden_layers": 24, "patch_size": 14}})"},
        RelativeCount{"qwen2-vl-7b tower", "image", 675759104,
                      R"({"model_type": "qwen2_vl", "vision_config": {"model_type": "qwen2_vl", "depth": 32,
"embed_dim": 1280, "mlp_ratio": 4, "num_heads": 16, "hidden_size": 3584, "patch_size": 14}})"},
        RelativeCount{"qwen2.5-vl-3b tower", "image", 668684288,
                      R"({"model_type": "qwen2_5_vl", "vision_config": {"model_type": "qwen2_5_vl", "depth": 32,
"hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 2048, "patch_size": 14,
"window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31]}})"},
        // The parameters of Qwen3-VL-2B besides the 1720574976 of its text model.
        RelativeCount{"qwen3-vl-2b tower", "image", 406957056,
                      R"({"model_type": "qwen3_vl", "text_config": {"model_type": "qwen3_vl_text"},
"vision_config": {"model_type": "qwen3_vl", "depth": 24, "hidden_size": 1024, "intermediate_size": 4096,
"num_heads": 16, "out_hidden_size": 2048, "patch_size": 16, "num_position_embeddings": 2304,
"deepstack_visual_indexes": [5, 11, 17]}})"},
        RelativeCount{"smolvlm vision", "image", 86433024,
                      R"({"model_type": "smolvlm", "vision_config": {"model_type": "smolvlm_vision",
"hidden_size": 768, "image_size": 512, "num_attention_heads": 12, "patch_size": 16}})"}),
    [](const auto& row) {
        std::string name = row.param.name;
        std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
        return name;
    });

/// Score and value products per head and element of its width: twice the number of visible keys of all queries.
double seen_in_chunks(std::int64_t chunk, std::int64_t tokens, std::int64_t context) {
    Diagnostics diagnostics;
    const auto document = YamlDocument::parse(
        fmt::format(
            "model: m\narchitecture: moe-decoder\nsizes: {{layers: 1, hidden: 8, heads: 1, head_dim: 8, experts: 2, "
            "active: 1, expert_ffn: 8, vocab: 8, max_positions: 100000, window: {}, chunked: true}}\n",
            chunk),
        "m.yaml", diagnostics);
    const auto model = read_model(document.value().root(diagnostics), shipped_models() / "architectures");
    const Graph graph = lay_out(model.value(), {1, tokens, context});
    const auto attention = std::ranges::find(graph.operators, OperatorKind::kAttention, &Operator::kind);
    return in_operations(macs(attention->dims)) / 8 / 2;
}

TEST(Relatives, AQuerySeesNothingBeforeItsChunk) {
    const auto exactly = [](std::int64_t chunk, std::int64_t tokens, std::int64_t context) {
        double seen = 0;
        for (std::int64_t i = context; i < context + tokens; ++i) {
            seen += static_cast<double>(i % chunk + 1);
        }
        return seen;
    };
    // Within a chunk, and the next token wherever it stands.
    for (const auto& [tokens, context] : {std::pair{500, 0}, {1, 500}, {1, 1000}, {1, 5900}, {300, 1200}}) {
        EXPECT_EQ(seen_in_chunks(1000, tokens, context), exactly(1000, tokens, context)) << tokens << " " << context;
    }
    for (const auto& [tokens, context] :
         {std::pair{1100, 0}, {1500, 0}, {2000, 0}, {4500, 0}, {32000, 0}, {3000, 1200}}) {
        EXPECT_NEAR(seen_in_chunks(1000, tokens, context) / exactly(1000, tokens, context), 1, 0.06) << tokens;
    }
}

// A vision-language model may have the type of its text model, but does not have its sizes.
TEST(Relatives, ATowerWithoutAnArchitectureIsNotTheTextModel) {
    const Relative seeing(R"({"model_type": "eyes", "vision_config": {"model_type": "qwen2", "hidden_size": 1536}})",
                          "image");
    EXPECT_EQ(seeing.said,
              "config.json:1:16: error: no architecture stands for the image model 'qwen2' of model_type 'eyes' "
              "(expected the model as an ONNX file (berth import model.onnx), or an architecture of your own in "
              "models/architectures (docs/yaml.md))\n");
}

TEST(Relatives, TheTextModelBesideATowerIsReadAsBefore) {
    const std::string outer = R"({"model_type": "qwen2_vl", "vision_config": {"model_type": "qwen2_vl"}, )";
    const std::string sizes =
        R"("hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,
"num_key_value_heads": 2, "vocab_size": 151936, "tie_word_embeddings": true})";
    // Qwen2-VL-2B: the sizes of Qwen2-1.5B, once beside the tower, as published, once nested.
    for (const std::string& config :
         {outer + sizes, outer + R"("text_config": {"model_type": "qwen2_vl_text", )" + sizes + "}"}) {
        EXPECT_EQ(Relative(config).parameters, 1543714304) << Relative(config).said;
    }
    EXPECT_EQ(Relative(outer + R"("text_config": {"model_type": "qwen2_vl_text", )" + sizes + "}", "text").parameters,
              1543714304);
}

// A decoder whose configuration says that every position sees all others, as embedders and rerankers do.
TEST(Relatives, DecodersThatSeeBothWaysAreEncoders) {
    const auto work = [](const std::string& extra) {
        Diagnostics diagnostics;
        const auto model = model_from_config(
            R"({"model_type": "qwen2", "hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 2,
"num_hidden_layers": 1, "intermediate_size": 64, "vocab_size": 64, "architectures": ["Qwen2Model"])" +
                extra + "}",
            "", diagnostics);
        return model ? in_operations(totals(lay_out(*model, {1, 100})).macs) : 0;
    };
    EXPECT_EQ(work(R"(, "is_causal": false)") - work(""), 2.0 * 64 * (100 * 100 - 100 * 101 / 2));
    EXPECT_EQ(work(R"(, "is_causal": true)"), work(""));
}

TEST(Relatives, ATextModelInsideAVisionLanguageModelInsideARetriever) {
    const Relative inner(R"({"model_type": "colqwen2", "vlm_config": {"model_type": "qwen2_vl", "text_config": {
"model_type": "qwen2", "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28,
"num_attention_heads": 12, "num_key_value_heads": 2, "vocab_size": 151936, "tie_word_embeddings": true}}})",
                         "text");
    EXPECT_EQ(inner.parameters, 1543714304) << inner.said;
}

TEST(Relatives, OtherTurnsAndTablesAreRefused) {
    EXPECT_THAT(Relative(R"({"model_type": "recurrent_gemma", "block_types": ["recurrent", "attention"]})").said,
                HasSubstr("blocks that take turns by 2 instead of 3 have no form here"));
    EXPECT_THAT(Relative(R"({"model_type": "xlm", "n_langs": 15})").said,
                HasSubstr("a table of 15 languages has no form here"));
    EXPECT_THAT(Relative(R"({"model_type": "bailing_moe", "norm_head": true})").said,
                HasSubstr("norm_head 'true' has no form in moe-decoder"));
}

TEST(Relatives, AttentionInBlocksIsRefused) {
    EXPECT_THAT(Relative(R"({"model_type": "big_bird", "num_hidden_layers": 12, "hidden_size": 768,
"num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50358, "attention_type": "block_sparse"})")
                    .said,
                HasSubstr("attention_type 'block_sparse' has no form in bert-encoder (expected original_full)"));
}

}  // namespace
}  // namespace berth
