// Families of published configurations: each becomes a model with the parameter count of its authors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "architecture_fixtures.h"
#include "berth/importers/import_config.h"

namespace berth {
namespace {

using testing::HasSubstr;

/// Parameters of the model from a configuration, after a round trip through its model file.
double parameters_of(const std::optional<YamlDocument>& document, Diagnostics& diagnostics, const std::string& part,
                     std::string& architecture) {
    const auto import =
        document ? import_config(document->root(diagnostics), shipped_architectures(), "", part) : std::nullopt;
    if (!import) {
        return 0;
    }
    const auto written = YamlDocument::parse(import->yaml, "model.yaml", diagnostics);
    const auto model =
        written ? read_model(written->root(diagnostics), shipped_models() / "architectures") : std::nullopt;
    if (!model) {
        return 0;
    }
    EXPECT_EQ(model->sizes, import->model.sizes) << import->yaml;
    architecture = model->architecture->name;
    return static_cast<double>(totals(lay_out(*model, {1, 8})).parameters);
}

struct FamilyFile {
    std::string file, part, architecture;
    double published;
    std::string source;  ///< source of the count
};

class FamilyFiles : public testing::TestWithParam<FamilyFile> {};

TEST_P(FamilyFiles, HaveTheirPublishedParameters) {
    Diagnostics diagnostics;
    const auto path = std::filesystem::path(BERTH_SOURCE_DIR) / "tests/data/configs" / (GetParam().file + ".json");
    std::string architecture;
    const double held =
        parameters_of(YamlDocument::load(path, diagnostics), diagnostics, GetParam().part, architecture);
    EXPECT_EQ(architecture, GetParam().architecture) << diagnostics.text();
    EXPECT_NEAR(held / GetParam().published, 1, 0.005) << GetParam().source;
}

std::string test_name(std::string name) {
    std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
    return name;
}

INSTANTIATE_TEST_SUITE_P(
    All, FamilyFiles,
    testing::Values(
        FamilyFile{"qwen3-vl-2b", "text", "llama-decoder", 1720574976, "Qwen3-1.7B, whose text model it is"},
        FamilyFile{"qwen3.5-27b", "text", "gated-delta-decoder", 26.9e9,
                   "27 B with the layer that predicts further tokens and the image tower"},
        FamilyFile{"mimo-7b", "", "llama-decoder", 7620000000,
                   "safetensors of MiMo-7B-Base less the layer that predicts further tokens"},
        FamilyFile{"gemma-4-26b-a4b", "text", "gemma-4-decoder", 25.2e9, "model card: 25.2 B in all"},
        FamilyFile{"llama-4-maverick", "text", "moe-decoder", 400.7e9, "model card: 400 B in all"},
        FamilyFile{"nemotron-3-nano-30b-a3b", "", "hybrid-decoder", 31.6e9, "model card: 31.6 B in all"},
        FamilyFile{"gpt-oss-120b", "", "moe-decoder", 116.83e9, "model card: 116.83 B"},
        FamilyFile{"albert-base-v1", "", "bert-encoder", 11683584, "AlbertModel of the library"},
        FamilyFile{"mpt-7b", "", "dense-decoder", 6649286656, "safetensors of mosaicml/mpt-7b"},
        FamilyFile{"aya-23-8b", "", "dense-decoder", 8028033024, "safetensors of CohereForAI/aya-23-8B"},
        FamilyFile{"baichuan2-7b", "", "llama-decoder", 7505973248, "checkpoint of Baichuan2-7B"},
        FamilyFile{"deepseek-v2-lite", "", "mla-decoder", 15.706e9, "safetensors of deepseek-ai/DeepSeek-V2-Lite"},
        FamilyFile{"gemma-3-1b", "", "llama-decoder", 999885952, "safetensors of google/gemma-3-1b-it"},
        FamilyFile{"gemma-2b", "", "llama-decoder", 2506172416, "safetensors of google/gemma-2b"},
        FamilyFile{"gpt-bigcode-1b", "", "dense-decoder", 1124624384,
                   "bigcode/starcoderbase-1b with 2048 of its 8192 positions"},
        FamilyFile{"gpt-j-6b", "", "dense-decoder", 6050882784, "model card of EleutherAI/gpt-j-6b"},
        FamilyFile{"internlm-7b", "", "llama-decoder", 7321948160, "checkpoint of internlm-7b"},
        FamilyFile{"minicpm-moe-8x2b", "", "moe-decoder", 13.87e9, "checkpoint of openbmb/MiniCPM-MoE-8x2B"},
        FamilyFile{"ministral-3-3b", "text", "llama-decoder", 3430000000, "model card: a language model of 3.4 B"},
        FamilyFile{"olmo-2-13b", "", "llama-decoder", 13.716e9, "safetensors of allenai/OLMo-2-1124-13B"},
        FamilyFile{"orion-14b", "", "dense-decoder", 14.5e9, "model card: 14.5 B"},
        FamilyFile{"phi-1.5", "", "dense-decoder", 1418270720, "safetensors of microsoft/phi-1_5"},
        FamilyFile{"qwen-1.8b", "", "llama-decoder", 1836828672, "safetensors of Qwen/Qwen-1_8B"},
        FamilyFile{"redpajama-3b", "", "dense-decoder", 2775864320, "checkpoint of RedPajama-INCITE-3B-v1"},
        FamilyFile{"stablelm-2-1.6b", "", "dense-decoder", 1644515328, "safetensors of stabilityai/stablelm-2-1_6b"},
        FamilyFile{"starcoder2-7b", "", "dense-decoder", 7173923840, "safetensors of bigcode/starcoder2-7b"},
        FamilyFile{"modernbert-base", "", "modernbert-encoder", 149655232, "149 M; with the head of masked words"},
        FamilyFile{"nomic-embed-text-v1.5", "", "bert-encoder", 136731648,
                   "safetensors of nomic-ai/nomic-embed-text-v1.5"},
        FamilyFile{"all-mpnet-base-v2", "", "bert-encoder", 109486464,
                   "safetensors of sentence-transformers/all-mpnet-base-v2"},
        FamilyFile{"deberta-v3-base", "", "deberta-encoder", 183831552, "checkpoint of microsoft/deberta-v3-base"},
        FamilyFile{"bloom-1-layer", "", "dense-decoder", 564168704,
                   "by hand: 250880 h + 2 h, 12 h^2 + 13 h for the block, 2 h; h = 2048"},
        FamilyFile{"falcon-1-layer", "", "dense-decoder", 179318784,
                   "by hand: 65024 h, 2 h^2 + 2 h 1024 + 8 h^2 for the block, three norms"},
        FamilyFile{"opt-1-layer", "", "dense-decoder", 157517824,
                   "by hand: (50272 + 2050) h, 12 h^2 + 13 h for the block, 2 h"},
        FamilyFile{"phi-2-1-layer", "", "dense-decoder", 340871680,
                   "by hand: 2 x 51200 h + 51200, 12 h^2 + 11 h for the block, 2 h; h = 2560"},
        FamilyFile{"deepseek-v3-4-layers", "", "mla-decoder", 2976353344,
                   "by hand: 111347712 for each attention, three networks, 65 experts"},
        FamilyFile{"jamba-4-layers", "", "hybrid-decoder", 895707928,
                   "by hand: 27328776 for each of three Mambas, one attention, six networks"}),
    [](const auto& row) { return test_name(row.param.file); });

struct FamilyConfig {
    std::string name;
    double published;
    std::string config;  ///< keys of the published configuration; others have the defaults of the library's class
};

class FamilyConfigs : public testing::TestWithParam<FamilyConfig> {};

TEST_P(FamilyConfigs, HaveTheirPublishedParameters) {
    Diagnostics diagnostics;
    std::string architecture;
    const double held = parameters_of(YamlDocument::parse(GetParam().config, "config.json", diagnostics), diagnostics,
                                      "", architecture);
    EXPECT_NEAR(held / GetParam().published, 1, 0.0005) << diagnostics.text();
}

INSTANTIATE_TEST_SUITE_P(
    All, FamilyConfigs,
    testing::Values(FamilyConfig{"jamba default v0.1", 51570323328, R"({"model_type": "jamba"})"},
                    FamilyConfig{"deepseek v3", 671026419200, R"({"model_type": "deepseek_v3"})"},
                    FamilyConfig{"mamba-130m", 129135360,
                                 R"({"model_type": "mamba", "num_hidden_layers": 24, "vocab_size": 50280})"},
                    FamilyConfig{"falcon-mamba-7b", 7272665088,
                                 R"({"model_type": "falcon_mamba", "hidden_size": 4096,
"num_hidden_layers": 64, "vocab_size": 65024, "tie_word_embeddings": false})"},
                    FamilyConfig{"falcon-7b", 6921720704,
                                 R"({"model_type": "falcon", "multi_query": true, "parallel_attn": true,
"bias": false, "alibi": false, "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71,
"new_decoder_architecture": false, "vocab_size": 65024})"},
                    FamilyConfig{"falcon-40b", 41300000000,
                                 R"({"model_type": "falcon", "hidden_size": 8192, "num_hidden_layers": 60,
"num_attention_heads": 128, "num_kv_heads": 8, "new_decoder_architecture": true, "vocab_size": 65024})"},
                    FamilyConfig{"falcon-rw-1b", 1311625216,
                                 R"({"model_type": "falcon", "alibi": true, "bias": true,
"hidden_size": 2048, "multi_query": false, "n_head": 32, "n_layer": 24, "parallel_attn": false,
"vocab_size": 50304, "new_decoder_architecture": false})"},
                    FamilyConfig{"opt-125m", 125239296,
                                 R"({"model_type": "opt", "hidden_size": 768, "num_hidden_layers": 12,
"ffn_dim": 3072, "num_attention_heads": 12, "word_embed_proj_dim": 768, "vocab_size": 50272,
"do_layer_norm_before": true})"},
                    FamilyConfig{"opt-350m", 331196416,
                                 R"({"model_type": "opt", "hidden_size": 1024, "num_hidden_layers": 24,
"ffn_dim": 4096, "num_attention_heads": 16, "word_embed_proj_dim": 512, "vocab_size": 50272,
"do_layer_norm_before": false})"},
                    FamilyConfig{"opt-1.3b", 1315758080,
                                 R"({"model_type": "opt", "hidden_size": 2048, "num_hidden_layers": 24,
"ffn_dim": 8192, "num_attention_heads": 32, "word_embed_proj_dim": 2048, "vocab_size": 50272})"},
                    FamilyConfig{"bloom-560m", 559214592,
                                 R"({"model_type": "bloom", "n_embed": 1024, "n_layer": 24,
"num_attention_heads": 16, "vocab_size": 250880})"},
                    FamilyConfig{"pythia-160m", 162322944,
                                 R"({"model_type": "gpt_neox", "hidden_size": 768,
"num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50304})"},
                    FamilyConfig{"gpt-neox-20b", 20554567680,
                                 R"({"model_type": "gpt_neox", "vocab_size": 50432, "hidden_size": 6144,
"num_hidden_layers": 44})"},
                    FamilyConfig{"phi-2", 2779683840,
                                 R"({"model_type": "phi", "hidden_size": 2560, "intermediate_size": 10240,
"num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 51200})"},
                    FamilyConfig{"gpt-neo-125m", 125198592,
                                 R"({"model_type": "gpt_neo", "hidden_size": 768, "num_layers": 12,
"num_heads": 12, "vocab_size": 50257, "intermediate_size": null, "attention_layers": ["global", "local",
"global", "local", "global", "local", "global", "local", "global", "local", "global", "local"]})"},
                    FamilyConfig{"codegen-350m", 356712448,
                                 R"({"model_type": "codegen", "n_embd": 1024, "n_layer": 20, "n_head": 16,
"n_inner": null, "vocab_size": 51200})"},
                    FamilyConfig{"gemma-7b", 8537680896, R"({"model_type": "gemma"})"},
                    FamilyConfig{"gemma3-4b text", 3880263168,
                                 R"({"model_type": "gemma3",
"architectures": ["Gemma3ForConditionalGeneration"], "text_config": {"hidden_size": 2560,
"intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
"sliding_window": 1024}})"},
                    FamilyConfig{"gemma3-270m", 268098176,
                                 R"({"model_type": "gemma3_text", "hidden_size": 640,
"intermediate_size": 2048, "num_hidden_layers": 18, "num_attention_heads": 4, "num_key_value_heads": 1,
"head_dim": 256, "vocab_size": 262144})"},
                    FamilyConfig{"minicpm-2b", 2724880896,
                                 R"({"model_type": "minicpm", "hidden_size": 2304,
"intermediate_size": 5760, "num_attention_heads": 36, "num_hidden_layers": 40, "num_key_value_heads": 36,
"vocab_size": 122753})"},
                    FamilyConfig{"minicpm3-4b", 4073000000, R"({"model_type": "minicpm3"})"},
                    FamilyConfig{"deepseek-v2", 235741434880,
                                 R"({"model_type": "deepseek_v2", "vocab_size": 102400,
"hidden_size": 5120, "intermediate_size": 12288, "moe_intermediate_size": 1536, "num_hidden_layers": 60,
"num_attention_heads": 128, "n_shared_experts": 2, "n_routed_experts": 160, "num_experts_per_tok": 6,
"first_k_dense_replace": 1, "q_lora_rank": 1536})"},
                    FamilyConfig{"deepseek-moe-16b", 16375728128,
                                 R"({"model_type": "deepseek", "vocab_size": 102400, "hidden_size": 2048,
"intermediate_size": 10944, "moe_intermediate_size": 1408, "num_hidden_layers": 28,
"num_attention_heads": 16, "n_shared_experts": 2, "n_routed_experts": 64, "num_experts_per_tok": 6,
"first_k_dense_replace": 1})"},
                    FamilyConfig{"gpt-oss-20b", 20914757184,
                                 R"({"model_type": "gpt_oss", "num_hidden_layers": 24,
"num_local_experts": 32})"},
                    FamilyConfig{"llama4 scout", 107769861120, R"({"model_type": "llama4_text"})"},
                    FamilyConfig{"smollm3-3b", 3075098624, R"({"model_type": "smollm3"})"},
                    FamilyConfig{"olmo2-7b", 7298617344, R"({"model_type": "olmo2", "vocab_size": 100352})"},
                    FamilyConfig{"olmo2-1b", 1484916736,
                                 R"({"model_type": "olmo2", "vocab_size": 100352, "hidden_size": 2048,
"intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 16})"},
                    FamilyConfig{"olmo-1b", 1176764416,
                                 R"({"model_type": "olmo", "hidden_size": 2048, "intermediate_size": 8192,
"num_hidden_layers": 16, "num_attention_heads": 16, "tie_word_embeddings": true, "vocab_size": 50304})"},
                    FamilyConfig{"starcoder2-3b", 3030371328, R"({"model_type": "starcoder2"})"},
                    FamilyConfig{"starcoderbase-1b", 1137207296,
                                 R"({"model_type": "gpt_bigcode", "n_embd": 2048, "n_head": 16,
"n_inner": 8192, "n_layer": 24, "n_positions": 8192, "vocab_size": 49152})"},
                    FamilyConfig{"command-r 35b", 34980831232, R"({"model_type": "cohere", "vocab_size": 256000})"},
                    FamilyConfig{"command-r7b", 8028033024,
                                 R"({"model_type": "cohere2", "hidden_size": 4096,
"intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
"vocab_size": 256000})"},
                    FamilyConfig{"stablelm-3b-4e1t", 2795443200, R"({"model_type": "stablelm"})"},
                    FamilyConfig{"phi-4-mini", 3836021760,
                                 R"({"model_type": "phi3", "hidden_size": 3072, "intermediate_size": 8192,
"num_hidden_layers": 32, "num_attention_heads": 24, "num_key_value_heads": 8, "vocab_size": 200064,
"tie_word_embeddings": true})"},
                    FamilyConfig{"qwen2.5-7b", 7615616512,
                                 R"({"model_type": "qwen2", "hidden_size": 3584,
"intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
"vocab_size": 152064})"},
                    FamilyConfig{"qwen3-next-80b", 79674391296, R"({"model_type": "qwen3_next"})"},
                    FamilyConfig{"qwen-7b", 7721324544, R"({"model_type": "qwen"})"},
                    FamilyConfig{"glm4-9b", 9399951360, R"({"model_type": "glm", "attention_bias": true})"},
                    FamilyConfig{"mistral 7b", 7241732096, R"({"model_type": "mistral"})"},
                    FamilyConfig{"granite-3.0-1b-a400m", 1334628352,
                                 R"({"model_type": "granitemoe", "hidden_size": 1024,
"intermediate_size": 512, "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 8,
"vocab_size": 49155, "num_local_experts": 32, "num_experts_per_tok": 8, "tie_word_embeddings": true})"},
                    FamilyConfig{"mamba2 codestral", 7285403648, R"({"model_type": "mamba2"})"},
                    FamilyConfig{"nemotron-h-8b", 8101000000,
                                 R"({"model_type": "nemotron_h", "hidden_size": 4096,
"num_hidden_layers": 52,
"hybrid_override_pattern": "M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-"})"},
                    FamilyConfig{"albert-xxlarge", 222595584,
                                 R"({"model_type": "albert", "architectures": ["AlbertModel"]})"},
                    FamilyConfig{"deberta-v3-small", 141304320,
                                 R"({"model_type": "deberta-v2", "hidden_size": 768,
"num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 3072, "relative_attention": true,
"position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": true, "pos_att_type": "p2c|c2p",
"position_biased_input": false, "vocab_size": 128100})"},
                    FamilyConfig{"deberta-v3-xsmall", 70682112,
                                 R"({"model_type": "deberta-v2", "hidden_size": 384,
"num_hidden_layers": 12, "num_attention_heads": 6, "intermediate_size": 1536, "relative_attention": true,
"position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": true, "pos_att_type": ["p2c",
"c2p"], "position_biased_input": false, "vocab_size": 128100})"},
                    FamilyConfig{"modernbert-large", 394781696,
                                 R"({"model_type": "modernbert", "hidden_size": 1024,
"intermediate_size": 2624, "num_hidden_layers": 28, "num_attention_heads": 16,
"architectures": ["ModernBertModel"]})"},
                    FamilyConfig{"electra-base", 108891648,
                                 R"({"model_type": "electra", "embedding_size": 768, "hidden_size": 768,
"num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30522,
"max_position_embeddings": 512, "type_vocab_size": 2})"},
                    FamilyConfig{"bamba-9b", 9780000000,
                                 R"({"model_type": "bamba", "attn_layer_indices": [9, 18, 27],
"vocab_size": 128256, "mamba_d_state": 128})"},
                    FamilyConfig{"granite-4.0-h-tiny", 6939037248,
                                 R"({"model_type": "granitemoehybrid", "hidden_size": 1536,
"intermediate_size": 512, "num_hidden_layers": 40, "num_attention_heads": 12, "num_key_value_heads": 4,
"vocab_size": 100352, "num_local_experts": 64, "num_experts_per_tok": 6,
"shared_intermediate_size": 1024, "mamba_n_heads": 48, "mamba_d_state": 128, "mamba_n_groups": 1,
"tie_word_embeddings": true, "layer_types": ["mamba", "mamba", "mamba", "mamba", "mamba", "attention",
"mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "attention", "mamba",
"mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "attention", "mamba", "mamba",
"mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "mamba", "attention", "mamba", "mamba", "mamba",
"mamba"]})"},
                    FamilyConfig{"kimi k2", 1026408232448,
                                 R"({"model_type": "kimi_k2", "first_k_dense_replace": 1,
"n_routed_experts": 384, "num_attention_heads": 64, "vocab_size": 163840})"},
                    FamilyConfig{"kimi k2.5 text", 1026408232448,
                                 R"({"model_type": "kimi_k25", "text_config": {"model_type": "kimi_k2",
"first_k_dense_replace": 1, "n_routed_experts": 384, "num_attention_heads": 64, "vocab_size": 163840}})"},
                    // 106 B.
                    FamilyConfig{"glm-4.5v text", 106852251264,
                                 R"({"model_type": "glm4v_moe", "text_config": {
"model_type": "glm4v_moe_text", "vocab_size": 151552, "head_dim": 128}})"},
                    // One of 81 languages.
                    FamilyConfig{"xmod-base", 284544768,
                                 R"({"model_type": "xmod", "architectures": ["XmodModel"],
"vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1})"},
                    // 309 B.
                    FamilyConfig{"mimo-v2-flash", 308778780864,
                                 R"({"model_type": "mimo_v2_flash",
"hybrid_layer_pattern": [0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1,
1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0], "moe_layer_freq": [0, 1, 1, 1,
1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]})"},
                    FamilyConfig{"minimax-m2", 228689764864, R"({"model_type": "minimax_m2"})"}),
    [](const auto& row) { return test_name(row.param.name); });

}  // namespace
}  // namespace berth
