// Instantiates a model's sections into a graph for one workload. Each expression is evaluated once per section, or once
// per round if it depends on the round.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "berth/graph/model.h"
#include "graph/section_plan.h"
#include "graph/size_rules.h"
#include "graph/tensor_check.h"

namespace berth {

namespace {

/// Limit on operators; more indicate an error in a size.
constexpr std::int64_t kMostOperators = 20'000;  // ten times that of published models
/// Limit on written-out operators: the largest number of nodes in an ONNX file.
constexpr std::int64_t kMostWrittenOperators = 250'000;

/// Whether the rounds of a section differ in more than names, because it uses the round or a size per round.
bool depends_on_round(const Section& section, const Architecture& architecture) {
    const auto of_round = [&](const std::string& symbol) {
        const auto rule = std::ranges::find(architecture.sizes, symbol, &SizeRule::name);
        return symbol == kRoundSymbol || (rule != architecture.sizes.end() && !rule->per.empty());
    };
    const auto names_round = [&](const std::optional<Expression>& expression) {
        return expression && std::ranges::any_of(expression->symbols(), of_round);
    };
    const bool by_name = std::any_of(section.locals.begin(), section.locals.end(),
                                     [&](const LocalSize& local) { return names_round(local.value); });
    return by_name || std::any_of(section.operators.begin(), section.operators.end(), [&](const OperatorTemplate& op) {
               return names_round(op.when) || std::any_of(op.sizes.begin(), op.sizes.end(), names_round) ||
                      std::any_of(op.shape.begin(), op.shape.end(),
                                  [&](const Expression& e) { return names_round(e); });
           });
}

std::string with_round(std::string name, std::int64_t round) {
    constexpr std::string_view kPlaceholder = "{i}";
    if (const std::size_t at = name.find(kPlaceholder); at != std::string::npos) {
        name.replace(at, kPlaceholder.size(), std::to_string(round));
    }
    return name;
}

/// Builds the graph section by section.
class GraphBuilder {
  public:
    GraphBuilder(const Model& model, Symbols symbols, Diagnostics& diagnostics)
        : model_(model), symbols_(std::move(symbols)), diagnostics_(diagnostics) {
        graph_.name = model.name;
    }

    std::optional<Graph> build() {
        for (const InputTemplate& input : model_.architecture->inputs) {
            if (!add_input(input)) {
                return std::nullopt;
            }
        }
        for (const Section& section : model_.architecture->sections) {
            if (!add_section(section)) {
                return std::nullopt;
            }
        }
        for (Tensor& tensor : graph_.tensors) {
            tensor.graph_output = tensor.graph_output || (tensor.producer != kNoOperator && tensor.consumers.empty());
            tensor.scores =
                tensor.graph_output && scores_words(graph_.operators[static_cast<std::size_t>(tensor.producer)]);
        }
        if (!sort_topologically(graph_, diagnostics_)) {
            return std::nullopt;
        }
        return std::move(graph_);
    }

  private:
    // Whether this is the output projection (LM head) of a text-generating model.
    [[nodiscard]] bool scores_words(const Operator& op) const {
        return op.kind == OperatorKind::kMatmul && op.category == Category::kHead &&
               keeps_context(*model_.architecture);
    }

    bool add_input(const InputTemplate& input) {
        const auto exists = holds(input.when, symbols_, diagnostics_);
        if (!exists || !*exists) {
            return exists.has_value();
        }
        auto shape = evaluate_shape(input.shape, symbols_, diagnostics_);
        if (!shape) {
            return false;
        }
        Tensor tensor;
        tensor.name = input.name;
        tensor.shape = std::move(*shape);
        tensor.integer = input.integer;
        graph_.tensors.push_back(std::move(tensor));
        return true;
    }

    bool add_section(const Section& section) {
        const auto exists = holds(section.when, symbols_, diagnostics_);
        if (!exists || !*exists) {
            return exists.has_value();
        }
        const auto rounds = section.repeat ? section.repeat->evaluate_count(symbols_, diagnostics_) : 1;
        if (!rounds) {
            return false;
        }
        const auto each = static_cast<std::int64_t>(section.operators.size());
        const auto most = section.repeat ? kMostOperators : kMostWrittenOperators;
        if (*rounds > (most - static_cast<std::int64_t>(graph_.operators.size())) / std::max<std::int64_t>(each, 1)) {
            diagnostics_.error(section.where,
                               section.repeat
                                   ? fmt::format("{} rounds of '{}' make too large a graph", *rounds, section.name)
                                   : fmt::format("{} operators make too large a graph", each),
                               fmt::format("at most {} operators", most));
            return false;
        }
        return add_rounds(section, *rounds);
    }

    bool add_rounds(const Section& section, std::int64_t rounds) {
        const bool each_round_anew = section.repeat && depends_on_round(section, *model_.architecture);
        std::optional<Plan> plan;
        for (std::int64_t round = 0; round < rounds; ++round) {
            const std::string prefix = prefix_of(section, round);
            if (section.repeat) {
                set_round(*model_.architecture, section.repeat->text(), round, symbols_);
            }
            if ((!plan || each_round_anew) && !set_locals(section)) {
                return false;
            }
            if (!plan || each_round_anew) {
                plan = plan_section(section, prefix, graph_, passed_on_, symbols_, diagnostics_);
            }
            const auto first = static_cast<OperatorId>(graph_.operators.size());
            if (!plan || !add_round(*plan, prefix, section.repeat ? graph_.blocks++ : -1) ||
                !share_weights(section, round, first)) {
                return false;
            }
        }
        for (const LocalSize& local : section.locals) {
            symbols_.erase(local.name);
        }
        return true;
    }

    /// Room for so many more, without a growth by little at each round of a section.
    template <class T>
    static void make_room(std::vector<T>& of, std::size_t more) {
        if (of.capacity() < of.size() + more) {
            of.reserve(std::max(of.size() + more, 2 * of.size()));
        }
    }

    static std::string prefix_of(const Section& section, std::int64_t round) {
        return section.name.empty() ? "" : with_round(section.name, round) + ".";
    }

    /// Shares the weights of the operators from `first` on with those of the same name in the round that the section
    /// names.
    bool share_weights(const Section& section, std::int64_t round, OperatorId first) {
        if (!section.weights_of) {
            return true;
        }
        const auto owner = section.weights_of->evaluate_count(symbols_, diagnostics_);
        if (!owner || *owner > round) {
            diagnostics_.error(section.weights_of->where(),
                               fmt::format("round {} cannot use the weights of a later one", round),
                               fmt::format("a round from 0 to {}", round));
            return false;
        }
        const std::size_t own_prefix = prefix_of(section, round).size();
        for (auto i = static_cast<std::size_t>(first); *owner < round && i < graph_.operators.size(); ++i) {
            Operator& op = graph_.operators[i];
            const std::string name = prefix_of(section, *owner) + op.name.substr(own_prefix);
            const OperatorId other = named(name);
            if (weight_elements(op.kind, op.dims) == 0) {
                continue;
            }
            if (other == kNoOperator || weight_elements(op.kind, op.dims) !=
                                            weight_elements(graph_.operators[static_cast<std::size_t>(other)].kind,
                                                            graph_.operators[static_cast<std::size_t>(other)].dims)) {
                diagnostics_.error(
                    op.where, fmt::format("{} uses the weights of {}, which has other sizes or none", op.name, name));
                return false;
            }
            const Operator& owns = graph_.operators[static_cast<std::size_t>(other)];
            op.table_of = owns.table_of == kNoOperator ? other : owns.table_of;
            op.bias_of = owns.bias_of == kNoOperator ? other : owns.bias_of;
        }
        return true;
    }

    bool set_locals(const Section& section) {
        for (const LocalSize& local : section.locals) {
            const auto value = local.value.evaluate(symbols_, diagnostics_);
            if (!value) {
                return false;
            }
            symbols_.insert_or_assign(local.name, *value);
        }
        return true;
    }

    bool add_round(const Plan& plan, const std::string& prefix, int block) {
        const std::size_t errors_before = diagnostics_.error_count();
        const auto first_operator = static_cast<OperatorId>(graph_.operators.size());
        const auto first_tensor = static_cast<TensorId>(graph_.tensors.size());
        make_room(graph_.tensors, plan.operators.size());
        make_room(graph_.operators, plan.operators.size());
        // Create all tensors first, since an operator may read a tensor that a later one produces.
        for (const PlannedOperator& planned : plan.operators) {
            Tensor tensor;
            tensor.name = prefix + planned.source->name;
            tensor.shape = planned.shape;
            tensor.graph_output = planned.source->output;
            tensor.producer = first_operator + static_cast<OperatorId>(graph_.tensors.size()) - first_tensor;
            graph_.tensors.push_back(std::move(tensor));
        }
        for (std::size_t i = 0; i < plan.operators.size(); ++i) {
            add_operator(plan.operators[i], first_tensor + static_cast<TensorId>(i), first_tensor, block);
        }
        bool good = diagnostics_.error_count() == errors_before;
        for (auto i = static_cast<std::size_t>(first_operator); i < graph_.operators.size(); ++i) {
            good = tensors_fit(graph_, graph_.operators[i], diagnostics_) && good;
        }
        for (const auto& [name, source] : plan.passed_on) {
            passed_on_.insert_or_assign(name, tensor_of(source, first_tensor));
        }
        previous_result_ = tensor_of(plan.result, first_tensor);
        return good;
    }

    void add_operator(const PlannedOperator& planned, TensorId output, TensorId first_tensor, int block) {
        const auto id = static_cast<OperatorId>(graph_.operators.size());
        Operator op;
        op.output = output;
        op.name = graph_.tensors[static_cast<std::size_t>(output)].name;
        op.kind = planned.source->kind;
        op.dims = planned.dims;
        op.category = planned.source->category.value_or(traits(op.kind).category);
        op.block = planned.source->block >= 0 ? planned.source->block : block;
        graph_.blocks = std::max(graph_.blocks, op.block + 1);
        op.where = planned.source->where;
        op.table_of = owner_of(*planned.source, planned.source->table_of, op.name);
        check_table(op, planned.source->table_of);
        check_bias(op, planned.source->bias_of, owner_of(*planned.source, planned.source->bias_of, op.name));
        op.inputs.reserve(planned.inputs.size());
        for (const Source& source : planned.inputs) {
            const TensorId input = tensor_of(source, first_tensor);
            op.inputs.push_back(input);
            graph_.tensors[static_cast<std::size_t>(input)].consumers.push_back(id);
        }
        graph_.operators.push_back(std::move(op));
    }

    /// Checks that two operators that share weights have the same number of them.
    void check_table(const Operator& op, const std::string& owner) {
        const std::int64_t held = op.table_of == kNoOperator
                                      ? 0
                                      : matrix_elements(graph_.operators[static_cast<std::size_t>(op.table_of)].dims);
        if (!owner.empty() && held != matrix_elements(op.dims)) {
            diagnostics_.error(op.where, fmt::format("{} uses the weights of {}, which holds {} of them instead of {}",
                                                     op.name, owner, held, matrix_elements(op.dims)));
        }
    }

    /// Likewise for their biases, or scales and shifts, which `op` shares if it names an owner.
    void check_bias(Operator& op, const std::string& owner, OperatorId owner_id) {
        const auto beside = [](const Operator& each) {
            return weight_elements(each.kind, each.dims) - matrix_elements(each.dims);
        };
        if (owner.empty()) {
            return;
        }
        const std::int64_t held =
            owner_id == kNoOperator ? 0 : beside(graph_.operators[static_cast<std::size_t>(owner_id)]);
        if (held != beside(op)) {
            diagnostics_.error(op.where, fmt::format("{} uses the bias of {}, which holds {} numbers instead of {}",
                                                     op.name, owner, held, beside(op)));
        }
        share_bias(op, owner_id);
    }

    /// The operator `owner` that operator `name` shares with: one of the same round, or of an earlier section.
    [[nodiscard]] OperatorId owner_of(const OperatorTemplate& source, const std::string& owner,
                                      const std::string& name) {
        if (owner.empty()) {
            return kNoOperator;
        }
        const std::string prefix = name.substr(0, name.size() - source.name.size());
        const OperatorId own = named(prefix + owner);
        return own == kNoOperator && !prefix.empty() ? named(owner) : own;
    }

    /// The operator of this name; kNoOperator if there is none yet. Found by an index, since a graph that is written
    /// out may share weights as often as it has operators.
    [[nodiscard]] OperatorId named(const std::string& name) {
        for (; indexed_ < graph_.operators.size(); ++indexed_) {
            by_name_.emplace(graph_.operators[indexed_].name, static_cast<OperatorId>(indexed_));
        }
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? kNoOperator : found->second;
    }

    /// Tensor of a source; `first_tensor` is the result of the round's first operator.
    [[nodiscard]] TensorId tensor_of(const Source& source, TensorId first_tensor) const {
        switch (source.from) {
            case Source::From::kSection:
                return first_tensor + source.index;
            case Source::From::kBefore:
                return previous_result_;
            case Source::From::kTensor:
                return source.index;
        }
        throw std::logic_error("unknown source of an input");
    }

    const Model& model_;
    Symbols symbols_;
    Diagnostics& diagnostics_;
    Graph graph_;
    PassedOn passed_on_;
    std::unordered_map<std::string, OperatorId> by_name_;  ///< of the first so many operators, once one is looked for
    std::size_t indexed_ = 0;
    TensorId previous_result_ = -1;
};

}  // namespace

std::optional<Graph> instantiate(const Model& model, const Workload& workload, Diagnostics& diagnostics) {
    if (workload.batch < 1 || workload.tokens < 1 || workload.batch > kLargestCount ||
        workload.tokens > kLargestCount) {
        diagnostics.error(
            model.where,
            fmt::format("a workload of batch {} and {} tokens is impossible", workload.batch, workload.tokens),
            "1 or more of each");
        return std::nullopt;
    }
    if (workload.context < 0 || workload.context > kLargestCount) {
        diagnostics.error(model.where, fmt::format("a context of {} positions is impossible", workload.context),
                          "0 or more");
        return std::nullopt;
    }
    Symbols symbols = model.sizes;
    symbols.insert_or_assign(std::string(kBatchSymbol), static_cast<double>(workload.batch));
    symbols.insert_or_assign(std::string(kTokensSymbol), static_cast<double>(workload.tokens));
    symbols.insert_or_assign(std::string(kContextSymbol), static_cast<double>(workload.context));
    symbols.insert_or_assign(std::string(kScoredSymbol), static_cast<double>(workload.scored));
    if (!sizes_in_range(model, diagnostics) || !obey_checks(model, symbols, diagnostics)) {
        return std::nullopt;
    }
    if (model.graph) {
        return *model.graph;
    }
    return GraphBuilder(model, std::move(symbols), diagnostics).build();
}

}  // namespace berth
