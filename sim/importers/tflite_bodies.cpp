// IF and WHILE of TensorFlow Lite, whose branches and bodies are graphs of their own.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>

#include "importers/tflite_writer.h"

namespace berth {

namespace {

using tflite::BuiltinOperator;

/// Limit on nested bodies, because a body may contain itself.
constexpr int kDeepestBodies = 16;
/// Limit on operators and tensors of all bodies; a body counts each time that it is written.
constexpr std::size_t kMostWritten = 4 * kMostOnnxNodes;

const tflite::SubGraph& graph_at(const TfliteStep& step, std::int32_t index) {
    return *step.writer().context().model.subgraphs()->Get(static_cast<unsigned>(index));
}

std::size_t count_of(const flatbuffers::Vector<std::int32_t>* indices) {
    return indices == nullptr ? 0 : indices->size();
}

/// Converts a graph with these names for its inputs; absent if all bodies together are too large.
std::optional<OnnxGraph> written(const TfliteStep& step, std::int32_t index, const std::vector<std::string_view>& given,
                                 std::string_view role) {
    TfliteContext& context = step.writer().context();
    const tflite::SubGraph& graph = graph_at(step, index);
    context.written += (graph.operators() == nullptr ? 0 : graph.operators()->size()) +
                       (graph.tensors() == nullptr ? 0 : graph.tensors()->size());
    if (context.depth >= kDeepestBodies || context.written > kMostWritten) {
        return std::nullopt;
    }
    ++context.depth;
    const std::string_view prefix = context.keep(fmt::format("{}/{}/", step.out(), role));
    auto result = TfliteWriter(context, graph, prefix, given).write();
    --context.depth;
    return result;
}

OnnxAttribute body_attribute(std::string_view name, OnnxGraph graph) {
    OnnxAttribute attribute;
    attribute.name = name;
    attribute.graph = std::make_shared<const OnnxGraph>(std::move(graph));
    return attribute;
}

std::vector<std::string_view> inputs_from(const TfliteStep& step, std::size_t first) {
    std::vector<std::string_view> names;
    for (std::size_t i = first; i < step.inputs(); ++i) {
        names.push_back(step.in(i));
    }
    return names;
}

void add_outputs(const TfliteStep& step, OnnxNode& node) {
    for (std::size_t i = 1; i < step.outputs(); ++i) {
        node.outputs.push_back(step.out(i));
    }
}

bool branch(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_IfOptions();
    if (options == nullptr || step.inputs() < 1) {
        return false;
    }
    auto yes = written(step, options->then_subgraph_index(), inputs_from(step, 1), "then");
    auto no = written(step, options->else_subgraph_index(), inputs_from(step, 1), "else");
    if (!yes || !no || yes->outputs.size() != step.outputs() || no->outputs.size() != step.outputs()) {
        return false;
    }
    OnnxNode& node = step.add("If", {step.in(0)}, step.out());
    node.attributes.push_back(body_attribute("then_branch", std::move(*yes)));
    node.attributes.push_back(body_attribute("else_branch", std::move(*no)));
    add_outputs(step, node);
    return true;
}

/// The operator of the graph that produces a tensor; null for inputs and constants.
const tflite::Operator* maker_of(const tflite::SubGraph& graph, std::int32_t tensor) {
    for (unsigned i = 0; graph.operators() != nullptr && i < graph.operators()->size(); ++i) {
        const auto* made = graph.operators()->Get(i)->outputs();
        if (made != nullptr && std::ranges::find(*made, tensor) != made->end()) {
            return graph.operators()->Get(i);
        }
    }
    return nullptr;
}

/// Derives the trip count of a loop with the condition that a counter, which the body increments by one, is below a
/// bound. With several such counters the first to reach its bound ends the loop.
class TripCount {
  public:
    TripCount(const TfliteStep& step, const tflite::SubGraph& condition, const tflite::SubGraph& body)
        : step_(step),
          condition_(condition),
          body_(body),
          inside_(step.writer().context(), condition, "", {}),
          within_(step.writer().context(), body, "", {}) {}

    [[nodiscard]] std::optional<std::int64_t> count() const {
        return count_of(condition_.outputs()) == 1 ? of(condition_.outputs()->Get(0), kDeepestBodies) : std::nullopt;
    }

  private:
    [[nodiscard]] BuiltinOperator kind(const tflite::Operator& op) const {
        return builtin_of(step_.writer().context().model, op);
    }

    [[nodiscard]] std::optional<std::int64_t> of(std::int32_t tensor, int depth) const {
        const tflite::Operator* op = maker_of(condition_, tensor);
        if (op == nullptr || depth == 0 || count_of(op->inputs()) != 2) {
            return std::nullopt;
        }
        const std::int32_t left = op->inputs()->Get(0), right = op->inputs()->Get(1);
        if (left < 0 || right < 0) {
            return std::nullopt;
        }
        if (kind(*op) == BuiltinOperator::LOGICAL_AND) {
            const auto a = of(left, depth - 1), b = of(right, depth - 1);
            return a && b ? std::min(*a, *b) : a ? a : b;
        }
        const auto start = kind(*op) == BuiltinOperator::LESS ? counter(left) : std::nullopt;
        const auto end = start ? bound(right) : std::nullopt;
        return end ? std::optional(std::max<std::int64_t>(0, *end - *start)) : std::nullopt;
    }

    /// Index of a tensor among the inputs of the condition.
    [[nodiscard]] std::optional<std::size_t> place(std::int32_t tensor) const {
        for (unsigned i = 0; i < count_of(condition_.inputs()); ++i) {
            if (condition_.inputs()->Get(i) == tensor) {
                return i;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<std::int64_t> outside(std::size_t place) const {
        const auto data = step_.integers(place);
        return data && data->size() == 1 ? std::optional(data->front()) : std::nullopt;
    }

    /// Start value of a counter.
    [[nodiscard]] std::optional<std::int64_t> counter(std::int32_t tensor) const {
        const auto at = place(tensor);
        if (!at || *at >= count_of(body_.outputs()) || *at >= count_of(body_.inputs())) {
            return std::nullopt;
        }
        const auto number = static_cast<unsigned>(*at);
        const tflite::Operator* op = maker_of(body_, body_.outputs()->Get(number));
        if (op == nullptr || kind(*op) != BuiltinOperator::ADD || count_of(op->inputs()) != 2 ||
            op->inputs()->Get(0) != body_.inputs()->Get(number) || op->inputs()->Get(1) < 0) {
            return std::nullopt;
        }
        const auto by = within_.data(op->inputs()->Get(1));
        return by && by->size() == 1 && by->front() == 1 ? outside(*at) : std::nullopt;
    }

    /// Value of a bound: a constant of the condition, or a loop-invariant input.
    [[nodiscard]] std::optional<std::int64_t> bound(std::int32_t tensor) const {
        if (const auto data = inside_.data(tensor); data && data->size() == 1) {
            return whole_number(data->front());
        }
        const auto at = place(tensor);
        const bool kept =
            at && *at < count_of(body_.outputs()) && *at < count_of(body_.inputs()) &&
            body_.outputs()->Get(static_cast<unsigned>(*at)) == body_.inputs()->Get(static_cast<unsigned>(*at));
        return kept ? outside(*at) : std::nullopt;
    }

    const TfliteStep& step_;
    const tflite::SubGraph& condition_;
    const tflite::SubGraph& body_;
    TfliteWriter inside_, within_;  ///< give access to the constants of both graphs
};

/// Appends the condition to the body, because it is computed from the results of the body.
void append(OnnxGraph& body, OnnxGraph condition) {
    const auto move = [](auto& from, auto& to) {
        to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    move(condition.nodes, body.nodes);
    move(condition.constants, body.constants);
    move(condition.values, body.values);
}

bool loop(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_WhileOptions();
    if (options == nullptr || step.inputs() != step.outputs()) {
        return false;
    }
    auto body = written(step, options->body_subgraph_index(), {}, "body");
    if (!body || body->outputs.size() != step.outputs() || body->inputs.size() != step.inputs()) {
        return false;
    }
    std::vector<std::string_view> made;
    std::ranges::transform(body->outputs, std::back_inserter(made), &OnnxValue::name);
    auto condition = written(step, options->cond_subgraph_index(), made, "condition");
    if (!condition || condition->outputs.size() != 1) {
        return false;
    }
    const OnnxValue goes_on = condition->outputs.front();
    append(*body, std::move(*condition));
    body->inputs.insert(body->inputs.begin(), {{step.between("iteration"), OnnxType::kInt64, {}},
                                               {step.between("goes_on"), OnnxType::kBool, {}}});
    body->outputs.insert(body->outputs.begin(), goes_on);
    const auto count =
        TripCount(step, graph_at(step, options->cond_subgraph_index()), graph_at(step, options->body_subgraph_index()))
            .count();
    std::vector<std::string_view> inputs = inputs_from(step, 0);
    inputs.insert(inputs.begin(), {count ? step.constant({*count}) : "", ""});
    OnnxNode& node = step.add("Loop", std::move(inputs), step.out());
    node.attributes.push_back(body_attribute("body", std::move(*body)));
    add_outputs(step, node);
    return true;
}

constexpr TfliteRow kBodies[]{
    {BuiltinOperator::IF, branch},
    {BuiltinOperator::WHILE, loop},
};

}  // namespace

std::span<const TfliteRow> tflite_body_rows() { return kBodies; }

}  // namespace berth
