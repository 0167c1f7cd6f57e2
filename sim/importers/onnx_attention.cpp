// Recognises attention written out as nodes: two products with a softmax in between, and the data movements that split
// and merge heads.
#include <algorithm>
#include <unordered_set>

#include "importers/onnx_patterns.h"
#include "importers/onnx_products.h"
#include "importers/onnx_tables.h"

namespace berth {

namespace {

/// Whether the node is a matrix product of two activations.
bool is_product(const OnnxNetwork& network, NodeId node) {
    return (network.is(node, "MatMul") || network.is(node, "FusedMatMul")) && network.activations(node).size() == 2;
}

/// Searches upwards from the softmax for the product of query and key, through scaling and masks.
NodeId scores_above(const OnnxNetwork& network, ValueId value, std::vector<NodeId>& steps, int depth = 6) {
    const NodeId made_by = network.maker(value);
    if (made_by == kNoNode || depth == 0) {
        return kNoNode;
    }
    if (is_product(network, made_by)) {
        steps.push_back(made_by);
        return made_by;
    }
    bool passes = false;
    for (const std::string_view op : {"Add", "Sub", "Mul", "Div", "Where", "Max", "Min", "Clip", "Tanh", "Reshape"}) {
        passes = passes || network.is(made_by, op);
    }
    if (!passes) {
        return kNoNode;
    }
    if (network.step(made_by).inputs.size() > kMostOperands) {
        return kNoNode;
    }
    for (const ValueId input : network.activations(made_by)) {
        // A mask has fewer elements than the scores, or does not come from a product.
        if (network.elements(input) != network.elements(value)) {
            continue;
        }
        std::vector<NodeId> further = steps;
        further.push_back(made_by);
        if (const NodeId product = scores_above(network, input, further, depth - 1); product != kNoNode) {
            steps = std::move(further);
            return product;
        }
    }
    return kNoNode;
}

/// Whether a value comes from a product, directly or not, through nodes that have not been seen.
bool comes_from_product(const OnnxNetwork& network, std::vector<ValueId> values, std::unordered_set<NodeId>& seen) {
    while (!values.empty()) {
        const NodeId made_by = network.maker(values.back());
        values.pop_back();
        if (made_by == kNoNode || !seen.insert(made_by).second) {
            continue;
        }
        if (multiplies(network.step(made_by).source->op)) {
            return true;
        }
        const auto inputs = network.activations(made_by);
        values.insert(values.end(), inputs.begin(), inputs.end());
    }
    return false;
}

/// Whether something that is added to the scores is itself computed by products, as relative positions that meet the
/// query are (Transformer-XL, DeBERTa). Such scores stay the operators that they are.
bool adds_products(const OnnxNetwork& network, const std::vector<NodeId>& steps, NodeId scores) {
    std::unordered_set<NodeId> seen(steps.begin(), steps.end());
    return std::ranges::any_of(steps, [&](NodeId step) {
        return step != scores && comes_from_product(network, network.activations(step), seen);
    });
}

/// Searches downwards from the softmax for the product with the values.
NodeId values_below(const OnnxNetwork& network, NodeId softmax, std::vector<NodeId>& steps) {
    NodeId node = softmax;
    for (int i = 0; i < 4; ++i) {
        // A guard for fully masked rows reads the result of the softmax twice: to test it for NaN, and to select it.
        const auto all = network.readers(network.output(node));
        if (all.size() == 2 && network.is(all[0], "IsNaN") && network.is(all[1], "Where")) {
            steps.push_back(all[0]);
            node = all[1];
        } else {
            node = network.only_reader(network.output(node));
        }
        if (node == kNoNode) {
            return kNoNode;
        }
        if (is_product(network, node)) {
            return node;
        }
        if (!network.is(node, "Where") && !network.is(node, "Mul") && !network.is(node, "Reshape")) {
            return kNoNode;
        }
        steps.push_back(node);
    }
    return kNoNode;
}

/// Searches upwards through operators that only rearrange heads: transposes, reshapes, scaling by a constant, copies of
/// shared heads.
ValueId before_heads(const OnnxNetwork& network, ValueId value, std::vector<NodeId>& steps) {
    for (int i = 0; i < 8; ++i) {
        const NodeId made_by = network.maker(value);
        if (made_by == kNoNode || network.only_reader(value) == kNoNode) {
            break;
        }
        bool arranges = false;
        for (const std::string_view op : {"Transpose", "Reshape", "Unsqueeze", "Squeeze", "Expand", "Mul", "Div"}) {
            arranges = arranges || network.is(made_by, op);
        }
        const auto inputs = network.activations(made_by);
        if (!arranges || inputs.size() != 1) {
            break;
        }
        steps.push_back(made_by);
        value = inputs.front();
    }
    return value;
}

/// Searches downwards through the transpose and the reshape that merge the heads.
NodeId after_heads(const OnnxNetwork& network, NodeId product, std::vector<NodeId>& steps) {
    NodeId last = product;
    for (const std::string_view op : {"Transpose", "Reshape"}) {
        const NodeId reader = network.only_reader(network.output(last));
        if (!network.is(reader, op)) {
            break;
        }
        steps.push_back(last);
        last = reader;
    }
    return last;
}

/// Derives the sizes from the shapes of the scores, of one head's queries, and of the key and value tensors.
bool take_sizes(AttentionDims& dims, const OnnxNetwork& network, NodeId scores, ValueId query, ValueId key,
                ValueId value, ValueId result) {
    const Shape& made = network.shape(network.output(scores));
    const Shape& left = network.shape(network.input(scores, 0));
    if (made.size() < 2 || made.size() > 4 || left.empty()) {
        return false;
    }
    dims.seq = made[made.size() - 2];
    dims.kv_seq = made.back();
    dims.head_dim = left.back();
    dims.batch = made.size() == 4 ? made[0] : 1;
    dims.heads = made.size() == 2 ? 1 : made[made.size() - 3];
    const std::int64_t per_head = elements_of({dims.batch, dims.kv_seq, dims.head_dim});
    if (per_head == 0 || network.elements(key) % per_head != 0) {
        return false;
    }
    dims.kv_heads = network.elements(key) / per_head;
    const std::int64_t queries = elements_of({dims.batch, dims.heads, dims.seq, dims.head_dim});
    return dims.kv_heads > 0 && dims.heads % dims.kv_heads == 0 && network.elements(value) == network.elements(key) &&
           network.elements(query) == queries && network.elements(result) == queries;
}

void match_attention(OnnxNetwork& network, NodeId softmax, OnnxPatterns& found) {
    std::vector<NodeId> steps{softmax};
    const NodeId scores = scores_above(network, network.input(softmax, 0), steps);
    const NodeId product = scores == kNoNode ? kNoNode : values_below(network, softmax, steps);
    if (product == kNoNode) {
        return;
    }
    const auto above = std::ranges::find(steps, scores);
    const auto learned = [&](NodeId step) { return adds_learned(network, step); };
    if (adds_products(network, {steps.begin(), above + 1}, scores) || std::any_of(steps.begin(), above, learned)) {
        return;
    }
    const bool weights_first = network.shape(network.input(product, 0)) == network.shape(network.output(softmax));
    if (!weights_first) {
        return;
    }
    const ValueId query = before_heads(network, network.input(scores, 0), steps);
    const ValueId key = before_heads(network, network.input(scores, 1), steps);
    const ValueId value = before_heads(network, network.input(product, 1), steps);
    const NodeId last = after_heads(network, product, steps);
    AttentionDims dims;
    if (!take_sizes(dims, network, scores, query, key, value, network.output(last))) {
        return;
    }
    // A step with other readers is kept, so it cannot be part of the group.
    std::vector<NodeId> all = steps;
    all.push_back(last);
    for (const NodeId step : steps) {
        if (step != last && !network.read_only_by(network.output(step), all)) {
            return;
        }
    }
    for (const NodeId step : steps) {
        if (step != last) {
            network.absorb(step);
        }
    }
    network.stand_for_group(last, {query, key, value});
    found.groups.emplace(last, OnnxGroup{OperatorKind::kAttention, dims, {query, key, value}, network.output(last)});
}

}  // namespace

void find_attention(OnnxNetwork& network, OnnxPatterns& found) {
    for (NodeId node = 0; node < network.size(); ++node) {
        if (network.is(node, "Softmax")) {
            match_attention(network, node, found);
        }
    }
}

}  // namespace berth
