// The shipped models: parameters, work and weights compared with hand counts from their published sizes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "berth/analysis/latency_curve.h"
#include "graph_fixtures.h"

namespace berth {
namespace {

using testing::ElementsAre;

/// Published configuration of a BERT-like encoder.
struct Encoder {
    std::int64_t layers, hidden, ffn, vocab, positions, token_types;
    bool pooler;
    std::int64_t classes;
};

/// Tables and their norm; per layer four projections, two feed-forward matrices with their biases, two norms of a scale
/// and a shift; the heads.
std::int64_t parameters(const Encoder& e) {
    const std::int64_t embeddings = (e.vocab + e.positions + e.token_types) * e.hidden + 2 * e.hidden;
    const std::int64_t attention = 4 * (e.hidden * e.hidden + e.hidden);
    const std::int64_t ffn = 2 * e.hidden * e.ffn + e.ffn + e.hidden;
    const std::int64_t pooler = e.pooler ? e.hidden * e.hidden + e.hidden : 0;
    const std::int64_t classifier = e.classes * e.hidden + e.classes;
    return embeddings + e.layers * (attention + ffn + 4 * e.hidden) + pooler + classifier;
}

struct TextModel {
    std::string name;
    Encoder encoder;
    std::int64_t counted;  ///< from the formula above, by hand
};

const std::vector<TextModel>& text_models() {
    static const std::vector<TextModel> all{
        {"all-MiniLM-L6-v2", {6, 384, 1536, 30522, 512, 2, false, 0}, 22565376},
        {"ms-marco-MiniLM-L-6-v2", {6, 384, 1536, 30522, 512, 2, true, 1}, 22713601},
        {"ms-marco-MiniLM-L-12-v2", {12, 384, 1536, 30522, 512, 2, true, 1}, 33360385},
        {"bert-base-uncased", {12, 768, 3072, 30522, 512, 2, true, 0}, 109482240},
        {"bert-large-uncased", {24, 1024, 4096, 30522, 512, 2, true, 0}, 335141888},
        {"distilbert-base-uncased", {6, 768, 3072, 30522, 512, 0, false, 0}, 66362880},
        {"roberta-base", {12, 768, 3072, 50265, 514, 1, true, 0}, 124645632},
    };
    return all;
}

TEST(GraphModels, ParametersAreExact) {
    for (const TextModel& model : text_models()) {
        EXPECT_EQ(totals(lay_out(model.name, {1, 8})).parameters, model.counted) << model.name;
        EXPECT_EQ(parameters(model.encoder), model.counted) << model.name;
    }
}

std::vector<std::string> model_files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(shipped_models())) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

TEST(GraphModels, EveryFileHoldsWhatItsAuthorsPublished) {
    ASSERT_GE(model_files().size(), text_models().size());
    for (const std::string& name : model_files()) {
        const Model model = shipped_model(name);
        EXPECT_EQ(model.name, name);
        EXPECT_FALSE(model.source.empty()) << name;
        if (!model.published_parameters) {  // no published count, because its weights grow with the input
            EXPECT_LT(totals(lay_out(model, {1, 8})).parameters, totals(lay_out(model, {1, 16})).parameters) << name;
            continue;
        }
        const auto published = static_cast<double>(*model.published_parameters);
        // A graph for short audio keeps only the first rows of a table of fixed positions.
        const std::int64_t tokens = std::min<std::int64_t>(longest_input(model).value_or(8), 1500);
        const Graph graph = lay_out(model, {1, tokens});
        const auto held = static_cast<double>(totals(graph).parameters + model.unused_parameters);
        EXPECT_NEAR(held / published, 1, 0.005) << name;
    }
}

TEST(GraphModels, WorkOfTheRerankerAt512Tokens) {
    // Matmuls: per layer 512 tokens x (4 x 384 x 384 + 2 x 384 x 1536) = 905969664, and 384 x 384 + 384 for the heads.
    // Attention: per layer two products of 512 x 512 scores by 384 columns = 201326592.
    constexpr double kMatmul = 12 * 905969664.0 + 147456 + 384;
    constexpr double kAttention = 12 * 201326592.0;
    const Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 512});
    EXPECT_EQ(totals(graph).macs, operations(13287702912));
    EXPECT_EQ(totals(graph).macs, operations(kMatmul + kAttention));
    Operations attention;
    for (const Operator& op : graph.operators) {
        attention += op.kind == OperatorKind::kAttention ? macs(op.dims) : Operations{};
    }
    EXPECT_EQ(attention, operations(kAttention));
}

TEST(GraphModels, WeightBytesOfTheRerankerByPrecision) {
    // 33360385 parameters. Outside matrices and tables: biases per layer 4 x 384 + 1536 + 384, norms per layer 4 x 384,
    // 2 x 384 for the norm of the embeddings, 384 + 1 for the biases of the heads.
    constexpr double kAll = 33360385;
    constexpr double kBeside = 12 * (4 * 384 + 1536 + 384 + 4 * 384) + 2 * 384 + 384 + 1;
    Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 128});
    Diagnostics diagnostics;
    const auto weights_at = [&](DType dtype) {
        EXPECT_TRUE(apply_precision(graph, {dtype, {}}, diagnostics));
        return in_bytes(weight_bytes(graph));
    };
    EXPECT_EQ(weights_at(DType::kFp32), 4 * kAll);
    EXPECT_EQ(weights_at(DType::kFp16), 2 * kAll);
    EXPECT_EQ(weights_at(DType::kInt8), (kAll - kBeside) + 4 * kBeside);
    EXPECT_EQ(weights_at(DType::kInt4), (kAll - kBeside) / 2 + 4 * kBeside);
}

TEST(GraphModels, NamesCategoriesAndBlocksOfTheReranker) {
    const Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {2, 100});
    EXPECT_EQ(graph.name, "ms-marco-MiniLM-L-12-v2");
    EXPECT_EQ(graph.blocks, 12);
    EXPECT_EQ(graph.operators.size(), 6U + 12 * 12 + 3 + 1);
    EXPECT_EQ(graph.operators.front().name, "embeddings.word");
    EXPECT_EQ(graph.operators.back().name, "classifier.dense");
    const Operator& query = operator_named(graph, "layer.0.attention.query");
    EXPECT_EQ(query.kind, OperatorKind::kMatmul);
    EXPECT_EQ(query.category, Category::kAttention);
    EXPECT_EQ(query.block, 0);
    EXPECT_EQ(query.dims, Dims(MatmulDims{.m = 200, .k = 384, .n = 384, .bias = true}));
    const Operator& scores = operator_named(graph, "layer.11.attention.scores");
    EXPECT_EQ(scores.block, 11);
    EXPECT_EQ(scores.dims,
              Dims(AttentionDims{.batch = 2, .heads = 12, .kv_heads = 12, .seq = 100, .kv_seq = 100, .head_dim = 32}));
    EXPECT_EQ(operator_named(graph, "layer.3.ffn.gelu").category, Category::kFfn);
    EXPECT_EQ(operator_named(graph, "layer.3.attention.residual").category, Category::kAttention);
    EXPECT_EQ(operator_named(graph, "layer.3.ffn.norm").category, Category::kNorm);
    EXPECT_EQ(operator_named(graph, "embeddings.add_position").category, Category::kEmbedding);
    EXPECT_EQ(operator_named(graph, "pooler.tanh").category, Category::kHead);
    EXPECT_EQ(operator_named(graph, "pooler.dense").block, -1);
    EXPECT_FALSE(operator_named(graph, "pooler.dense").where.file_name().empty());
}

TEST(GraphModels, WiringOfTheReranker) {
    const Graph graph = lay_out("ms-marco-MiniLM-L-12-v2", {1, 16});
    EXPECT_THAT(read_by(graph, "layer.0.attention.query"), ElementsAre("embeddings.norm"));
    EXPECT_THAT(read_by(graph, "layer.5.attention.value"), ElementsAre("layer.4.ffn.norm"));
    EXPECT_THAT(read_by(graph, "layer.5.attention.residual"),
                ElementsAre("layer.5.attention.output", "layer.4.ffn.norm"));
    EXPECT_THAT(read_by(graph, "layer.5.ffn.residual"), ElementsAre("layer.5.ffn.down", "layer.5.attention.norm"));
    EXPECT_THAT(read_by(graph, "pooler.first_token"), ElementsAre("layer.11.ffn.norm"));
    EXPECT_THAT(read_by(graph, "classifier.dense"), ElementsAre("pooler.tanh"));
    std::vector<std::string> outputs;
    std::vector<std::string> inputs;
    for (const Tensor& tensor : graph.tensors) {
        if (tensor.graph_output) {
            outputs.push_back(tensor.name);
        }
        if (tensor.producer == kNoOperator) {
            inputs.push_back(tensor.name);
            EXPECT_TRUE(tensor.integer);
            EXPECT_THAT(tensor.shape, ElementsAre(1, 16));
        }
    }
    EXPECT_THAT(outputs, ElementsAre("classifier.dense"));
    EXPECT_THAT(inputs, ElementsAre("token_ids", "token_type_ids"));
}

TEST(GraphModels, FlagsLeaveOperatorsOut) {
    const Graph embedder = lay_out("all-MiniLM-L6-v2", {3, 16});
    EXPECT_EQ(embedder.operators.back().name, "pooling.normalize");
    EXPECT_EQ(embedder.tensors[static_cast<std::size_t>(embedder.operators.back().output)].shape,
              (std::vector<std::int64_t>{3, 384}));
    const Graph distilled = lay_out("distilbert-base-uncased", {1, 16});
    EXPECT_THAT(read_by(distilled, "embeddings.add_position"), ElementsAre("embeddings.word", "embeddings.position"));
    EXPECT_EQ(distilled.operators.back().name, "layer.5.ffn.norm");
    EXPECT_THROW(operator_named(distilled, "embeddings.token_type"), std::runtime_error);
}

TEST(GraphModels, AllPositionsCanBeUsedAndNoMore) {
    EXPECT_EQ(lay_out("roberta-base", {1, 512}).blocks, 12);
    const Model model = shipped_model("roberta-base");
    Diagnostics diagnostics;
    EXPECT_FALSE(instantiate(model, {1, 513}, diagnostics));
    ASSERT_EQ(diagnostics.size(), 1U);
    EXPECT_EQ(diagnostics.all().front().message,
              "513 tokens need more than max_positions 514 (of which 2 are reserved)");
}

}  // namespace
}  // namespace berth
