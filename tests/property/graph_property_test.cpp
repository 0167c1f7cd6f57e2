// Laws of graphs: growth of work with batch, tokens and layers, and consistency of instantiated graphs.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "graph_fixtures.h"

namespace berth {
namespace {

const Model& encoder() {
    static const Model model = shipped_model("ms-marco-MiniLM-L-12-v2");
    return model;
}

/// An encoder of arbitrary, small sizes that obeys the checks.
Model any_encoder() {
    Model model = encoder();
    const int heads = *rc::gen::inRange(1, 9);
    const bool pooler = *rc::gen::arbitrary<bool>();
    const bool mean = !pooler && *rc::gen::arbitrary<bool>();
    set_layers(model, *rc::gen::inRange(1, 6));
    model.sizes["groups"] = model.sizes["layers"];  // every block has separate weights
    model.sizes["heads"] = heads;
    model.sizes["hidden"] = heads * *rc::gen::inRange(1, 17);
    model.sizes["ffn"] = *rc::gen::inRange(1, 100);
    model.sizes["vocab"] = *rc::gen::inRange(1, 1000);
    model.sizes["token_types"] = *rc::gen::inRange(0, 3);
    model.sizes["pooler"] = pooler ? 1 : 0;
    model.sizes["classes"] = pooler ? *rc::gen::inRange(0, 4) : 0;
    model.sizes["mean_pooling"] = mean ? 1 : 0;
    model.sizes["normalize"] = mean && *rc::gen::arbitrary<bool>() ? 1 : 0;
    return model;
}

Workload any_workload() { return {*rc::gen::inRange<std::int64_t>(1, 9), *rc::gen::inRange<std::int64_t>(1, 257)}; }

/// Multiply-accumulates of the operators of one kind within blocks.
double block_macs(const Graph& graph, OperatorKind kind) {
    Operations sum;
    for (const Operator& op : graph.operators) {
        sum += op.kind == kind && op.block >= 0 ? macs(op.dims) : Operations{};
    }
    return in_operations(sum);
}

RC_GTEST_PROP(GraphProperty, WorkIsLinearInTheBatch, ()) {
    const Model model = any_encoder();
    const Workload one{1, any_workload().tokens};
    const auto batch = *rc::gen::inRange<std::int64_t>(1, 20);
    RC_ASSERT(totals(lay_out(model, {batch, one.tokens})).macs ==
              static_cast<double>(batch) * totals(lay_out(model, one)).macs);
}

RC_GTEST_PROP(GraphProperty, LayersAreAllAlike, ()) {
    Model model = any_encoder();
    const Workload workload = any_workload();
    const Graph many = lay_out(model, workload);
    const double layers = model.sizes.at("layers");
    set_layers(model, 1);
    model.sizes["groups"] = 1;
    const Graph one = lay_out(model, workload);
    for (const OperatorKind kind : {OperatorKind::kMatmul, OperatorKind::kAttention}) {
        RC_ASSERT(block_macs(many, kind) == layers * block_macs(one, kind));
    }
    const auto in_blocks = [](const Graph& graph) {
        return std::count_if(graph.operators.begin(), graph.operators.end(),
                             [](const Operator& op) { return op.block >= 0; });
    };
    RC_ASSERT(static_cast<double>(in_blocks(many)) == layers * static_cast<double>(in_blocks(one)));
    for (const Operator& op : many.operators) {
        if (op.block > 0) {
            const std::string first = "layer.0" + op.name.substr(op.name.find('.', 6));
            RC_ASSERT(op.dims == operator_named(many, first).dims);
        }
    }
}

RC_GTEST_PROP(GraphProperty, TwiceTheTokensAreTwiceTheMatmulsAndFourTimesTheAttention, ()) {
    const Model model = any_encoder();
    const Workload workload = any_workload();
    const Graph once = lay_out(model, workload);
    const Graph twice = lay_out(model, {workload.batch, 2 * workload.tokens});
    RC_ASSERT(block_macs(twice, OperatorKind::kMatmul) == 2 * block_macs(once, OperatorKind::kMatmul));
    RC_ASSERT(block_macs(twice, OperatorKind::kAttention) == 4 * block_macs(once, OperatorKind::kAttention));
    RC_ASSERT(totals(twice).parameters == totals(once).parameters);
}

RC_GTEST_PROP(GraphProperty, TensorsAndOperatorsAgree, ()) {
    const Graph graph = lay_out(any_encoder(), any_workload());
    std::set<std::string> names;
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator& op = graph.operators[i];
        const auto id = static_cast<OperatorId>(i);
        RC_ASSERT(names.insert(op.name).second);
        const Tensor& made = graph.tensors.at(static_cast<std::size_t>(op.output));
        RC_ASSERT(made.producer == id);
        RC_ASSERT(made.name == op.name);
        RC_ASSERT(made.elements() == output_elements(op.kind, op.dims));
        for (const TensorId input : op.inputs) {
            const Tensor& read = graph.tensors.at(static_cast<std::size_t>(input));
            RC_ASSERT(read.producer < id);  // produced earlier, or an input
            RC_ASSERT(std::count(read.consumers.begin(), read.consumers.end(), id) == 1);
        }
    }
    std::size_t reads = 0;
    std::size_t outputs = 0;
    for (const Tensor& tensor : graph.tensors) {
        reads += tensor.consumers.size();
        outputs += tensor.graph_output ? 1U : 0U;
        RC_ASSERT(tensor.graph_output == tensor.consumers.empty());
    }
    std::size_t inputs = 0;
    for (const Operator& op : graph.operators) {
        inputs += op.inputs.size();
    }
    RC_ASSERT(reads == inputs);
    RC_ASSERT(outputs == 1U);
}

RC_GTEST_PROP(GraphProperty, ActivationsReadAreThoseThatWereMade, ()) {
    const Graph graph = lay_out(any_encoder(), any_workload());
    for (const Operator& op : graph.operators) {
        std::int64_t held = 0;
        for (const TensorId input : op.inputs) {
            held += graph.tensors.at(static_cast<std::size_t>(input)).elements();
        }
        // The position gather reads no ids, its sum repeats over the batch, and the pooler takes the first token only.
        if (op.name != "embeddings.position" && op.name != "embeddings.add_position" &&
            op.name != "pooler.first_token") {
            RC_ASSERT(held == input_elements(op.kind, op.dims));
        }
    }
}

RC_GTEST_PROP(GraphProperty, ShufflingAndSortingKeepsTheGraph, ()) {
    const Graph original = lay_out(any_encoder(), any_workload());
    const auto count = static_cast<OperatorId>(original.operators.size());
    std::vector<OperatorId> order(original.operators.size());
    for (OperatorId i = 0; i < count; ++i) {
        order[static_cast<std::size_t>(i)] = i;
    }
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
    }
    Graph graph = original;
    for (OperatorId i = 0; i < count; ++i) {
        const OperatorId old = order[static_cast<std::size_t>(i)];
        graph.operators[static_cast<std::size_t>(i)] = original.operators[static_cast<std::size_t>(old)];
        graph.tensors[static_cast<std::size_t>(original.operators[static_cast<std::size_t>(old)].output)].producer = i;
    }
    for (Tensor& tensor : graph.tensors) {
        tensor.consumers.clear();
    }
    for (OperatorId i = 0; i < count; ++i) {
        for (const TensorId input : graph.operators[static_cast<std::size_t>(i)].inputs) {
            graph.tensors[static_cast<std::size_t>(input)].consumers.push_back(i);
        }
    }
    Diagnostics diagnostics;
    RC_ASSERT(sort_topologically(graph, diagnostics));
    for (const Tensor& tensor : graph.tensors) {
        RC_ASSERT(std::is_sorted(tensor.consumers.begin(), tensor.consumers.end()));
    }
    for (OperatorId i = 0; i < count; ++i) {
        const Operator& op = graph.operators[static_cast<std::size_t>(i)];
        RC_ASSERT(graph.tensors[static_cast<std::size_t>(op.output)].producer == i);
        RC_ASSERT(op.inputs == operator_named(original, op.name).inputs);
        for (const TensorId input : op.inputs) {
            const Tensor& read = graph.tensors[static_cast<std::size_t>(input)];
            RC_ASSERT(read.producer < i);
            RC_ASSERT(std::count(read.consumers.begin(), read.consumers.end(), i) == 1);
        }
    }
}

RC_GTEST_PROP(GraphProperty, VisibleScoresAreCountedOneByOne, ()) {
    AttentionDims d;
    d.kv_seq = *rc::gen::inRange<std::int64_t>(1, 40);
    d.seq = *rc::gen::inRange<std::int64_t>(1, 40);
    d.causal = *rc::gen::arbitrary<bool>();
    d.window = *rc::gen::inRange<std::int64_t>(0, 50);
    std::int64_t counted = 0;
    for (std::int64_t query = 0; query < d.seq; ++query) {
        const std::int64_t place = d.kv_seq - d.seq + query;  // position of the query among the keys
        std::int64_t keys = d.causal ? std::max<std::int64_t>(0, place + 1) : d.kv_seq;
        keys = d.window > 0 ? std::min(keys, d.window) : keys;
        // Without a mask a window lies around the query, unless it shows everything or the queries are more than the
        // keys.
        if (!d.causal && d.window > 0 && d.window < d.kv_seq && d.seq <= d.kv_seq) {
            keys = 0;
            for (std::int64_t key = 0; key < d.kv_seq; ++key) {
                keys += key >= place - d.window / 2 && key < place - d.window / 2 + d.window ? 1 : 0;
            }
        }
        counted += keys;
    }
    RC_ASSERT(visible_scores(d) == counted);
}

RC_GTEST_PROP(GraphProperty, PatternsMatchAsRegularExpressionsDo, ()) {
    const auto letters = [](const std::string& alphabet) {
        return *rc::gen::resize(8, rc::gen::container<std::string>(rc::gen::elementOf(alphabet)));
    };
    const std::string pattern = letters("ab.*?*");
    const std::string text = letters("ab.");
    std::string expression;
    for (const char c : pattern) {
        expression += c == '*' ? ".*" : c == '?' ? "." : c == '.' ? "\\." : std::string(1, c);
    }
    RC_ASSERT(matches_pattern(pattern, text) == std::regex_match(text, std::regex(expression)));
}

RC_GTEST_PROP(GraphProperty, NarrowerWeightsAreNeverLarger, ()) {
    Graph graph = lay_out(any_encoder(), {1, 8});
    Diagnostics diagnostics;
    std::vector<Bytes> sizes;
    for (const DType dtype : {DType::kFp32, DType::kInt8, DType::kInt4}) {
        RC_ASSERT(apply_precision(graph, {dtype, {}}, diagnostics));
        sizes.push_back(weight_bytes(graph));
    }
    RC_ASSERT(sizes[0] == 4.0 * bytes(static_cast<double>(totals(graph).parameters)));
    RC_ASSERT(sizes[0] >= sizes[1]);
    RC_ASSERT(sizes[1] >= sizes[2]);
}

}  // namespace
}  // namespace berth
