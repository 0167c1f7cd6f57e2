// Lays a model's sections out into a graph for one workload: every expression once per section, or once per round where
// it names the round.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "berth/model.h"
#include "graph/size_rules.h"
#include "graph/tensor_check.h"

namespace berth {

namespace {

/// Beyond this a graph is a mistake in a size.
constexpr std::int64_t kMostOperators = 20'000;  // ten times what published models have

/// What an input of a planned operator is, before its tensors have ids.
struct Source {
    enum class From : std::uint8_t { kSection, kPreviousResult, kTensor };
    From from = From::kTensor;
    std::int32_t index = 0;  ///< of the planned operator, or of the tensor
};

/// An operator with its expressions evaluated, ready to be copied into every round.
struct PlannedOperator {
    const OperatorTemplate* source = nullptr;
    Dims dims;
    std::vector<std::int64_t> shape;
    std::vector<Source> inputs;
};

struct Plan {
    std::vector<PlannedOperator> operators;
    Source result;
};

bool names_round(const std::optional<Expression>& expression) {
    if (!expression) {
        return false;
    }
    const auto symbols = expression->symbols();
    return std::find(symbols.begin(), symbols.end(), kRoundSymbol) != symbols.end();
}

/// Whether the rounds of a section can differ in more than their names.
bool depends_on_round(const Section& section) {
    const bool by_name = std::any_of(section.locals.begin(), section.locals.end(),
                                     [](const LocalSize& local) { return names_round(local.value); });
    return by_name || std::any_of(section.operators.begin(), section.operators.end(), [](const OperatorTemplate& op) {
               return names_round(op.when) || std::any_of(op.sizes.begin(), op.sizes.end(), names_round) ||
                      std::any_of(op.shape.begin(), op.shape.end(), [](const Expression& e) { return names_round(e); });
           });
}

std::string with_round(std::string name, std::int64_t round) {
    constexpr std::string_view kPlaceholder = "{i}";
    if (const std::size_t at = name.find(kPlaceholder); at != std::string::npos) {
        name.replace(at, kPlaceholder.size(), std::to_string(round));
    }
    return name;
}

/// Whether something with this condition exists; absent if the condition cannot be evaluated.
std::optional<bool> holds(const std::optional<Expression>& when, const Symbols& symbols, Diagnostics& diagnostics) {
    if (!when) {
        return true;
    }
    const auto value = when->evaluate(symbols, diagnostics);
    return value ? std::optional(*value != 0) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> evaluate_shape(const std::vector<Expression>& shape, const Symbols& symbols,
                                                        Diagnostics& diagnostics) {
    std::vector<std::int64_t> result;
    result.reserve(shape.size());
    double elements = 1;
    for (const Expression& size : shape) {
        const auto value = size.evaluate_count(symbols, diagnostics);
        if (!value) {
            return std::nullopt;
        }
        result.push_back(*value);
        elements *= static_cast<double>(*value);
        if (*value == 0) {
            diagnostics.error(size.where(), fmt::format("the size '{}' of a tensor is 0", size.text()), "1 or more");
            return std::nullopt;
        }
    }
    if (elements > static_cast<double>(kLargestCount)) {
        diagnostics.error(shape.front().where(),
                          fmt::format("a tensor of this shape would hold more than {} elements", kLargestCount));
        return std::nullopt;
    }
    return result;
}

/// The operator of that name, if there is a name and it exists.
OperatorId operator_in(const Graph& graph, std::string_view name) {
    if (name.empty()) {
        return kNoOperator;  // nearly every operator has weights of its own
    }
    const auto found = std::find_if(graph.operators.begin(), graph.operators.end(),
                                    [&](const Operator& op) { return op.name == name; });
    return found == graph.operators.end() ? kNoOperator : static_cast<OperatorId>(found - graph.operators.begin());
}

/// Evaluates one section. The graph so far says what earlier sections made.
class SectionPlanner {
  public:
    SectionPlanner(const Section& section, std::string prefix, const Graph& graph, const Symbols& symbols,
                   Diagnostics& diagnostics)
        : section_(section), prefix_(std::move(prefix)), graph_(graph), symbols_(symbols), diagnostics_(diagnostics) {}

    std::optional<Plan> plan() {
        const std::size_t errors_before = diagnostics_.error_count();
        number_those_that_exist();
        Plan plan;
        for (std::size_t i = 0; i < section_.operators.size(); ++i) {
            if (numbers_[i] != kAbsent) {
                plan.operators.push_back(plan_operator(section_.operators[i]));
            }
        }
        if (section_.result.empty()) {
            plan.result = {Source::From::kTensor, -1};
        } else if (const auto result = resolve(section_.result, section_.where, section_.name)) {
            plan.result = *result;
        }
        if (diagnostics_.error_count() != errors_before) {
            return std::nullopt;
        }
        return plan;
    }

  private:
    static constexpr std::int32_t kAbsent = -1;

    void number_those_that_exist() {
        std::int32_t next = 0;
        for (const OperatorTemplate& op : section_.operators) {
            indices_.emplace(op.name, numbers_.size());
            numbers_.push_back(holds(op.when, symbols_, diagnostics_).value_or(false) ? next++ : kAbsent);
        }
    }

    PlannedOperator plan_operator(const OperatorTemplate& op) {
        PlannedOperator planned;
        planned.source = &op;
        for (const std::string& input : op.inputs) {
            if (const auto source = resolve(input, op.where, op.name)) {
                planned.inputs.push_back(*source);
            }
        }
        if (auto shape = evaluate_shape(op.shape, symbols_, diagnostics_)) {
            planned.shape = std::move(*shape);
        }
        if (const auto dims = evaluate_dims(op)) {
            planned.dims = *dims;
            check_table(op, *dims);
        }
        return planned;
    }

    std::optional<Dims> evaluate_dims(const OperatorTemplate& op) {
        const std::span<const SizeField> fields = size_fields(op.kind);
        std::vector<std::optional<std::int64_t>> values(fields.size());
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].name == kInputsSize) {
                values[i] = static_cast<std::int64_t>(op.inputs.size());
            } else if (const auto& expression = op.sizes[i]) {
                values[i] = expression->evaluate_count(symbols_, diagnostics_);
                if (!values[i]) {
                    return std::nullopt;
                }
            }
        }
        return make_dims(op.kind, values, prefix_ + op.name, op.where, diagnostics_);
    }

    /// Weights can only be shared by two operators that have as many of them.
    void check_table(const OperatorTemplate& op, const Dims& dims) {
        if (op.table_of.empty()) {
            return;
        }
        const OperatorId owner = operator_in(graph_, op.table_of);
        const std::int64_t held =
            owner == kNoOperator ? 0 : matrix_elements(graph_.operators[static_cast<std::size_t>(owner)].dims);
        if (held != matrix_elements(dims)) {
            diagnostics_.error(op.where, fmt::format("{} uses the weights of {}, which holds {} of them instead of {}",
                                                     prefix_ + op.name, op.table_of, held, matrix_elements(dims)));
        }
    }

    /// What stands behind a name. Operators that do not exist are passed by, towards their first input.
    std::optional<Source> resolve(std::string_view name, const SourceLocation& where, std::string_view reader) {
        const std::string_view asked = name;
        for (std::size_t step = 0; step <= section_.operators.size(); ++step) {
            const auto found = indices_.find(name);
            if (found == indices_.end()) {
                return resolve_outside(name, where, reader);
            }
            if (numbers_[found->second] != kAbsent) {
                return Source{Source::From::kSection, numbers_[found->second]};
            }
            const std::vector<std::string>& inputs = section_.operators[found->second].inputs;
            if (inputs.empty()) {
                break;
            }
            name = inputs.front();
        }
        diagnostics_.error(where,
                           fmt::format("{} reads '{}', which does not exist with these sizes and passes nothing on",
                                       prefix_ + std::string(reader), asked));
        return std::nullopt;
    }

    std::optional<Source> resolve_outside(std::string_view name, const SourceLocation& where, std::string_view reader) {
        if (name == kPreviousResult && !graph_.operators.empty()) {
            return Source{Source::From::kPreviousResult, 0};
        }
        for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
            if (graph_.tensors[i].name == name) {
                return Source{Source::From::kTensor, static_cast<std::int32_t>(i)};
            }
        }
        diagnostics_.error(where, fmt::format("{} reads '{}', which does not exist with these sizes",
                                              prefix_ + std::string(reader), name));
        return std::nullopt;
    }

    const Section& section_;
    std::string prefix_;
    const Graph& graph_;
    const Symbols& symbols_;
    Diagnostics& diagnostics_;
    std::vector<std::int32_t> numbers_;  ///< of each template among those that exist, or kAbsent
    std::unordered_map<std::string_view, std::size_t> indices_;  ///< of the templates, by name
};

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
            tensor.graph_output = tensor.producer != kNoOperator && tensor.consumers.empty();
        }
        if (!sort_topologically(graph_, diagnostics_)) {
            return std::nullopt;
        }
        return std::move(graph_);
    }

  private:
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
        const auto room = kMostOperators - static_cast<std::int64_t>(graph_.operators.size());
        if (*rounds > room / std::max<std::int64_t>(static_cast<std::int64_t>(section.operators.size()), 1)) {
            diagnostics_.error(section.where,
                               fmt::format("{} rounds of '{}' make too large a graph", *rounds, section.name),
                               fmt::format("at most {} operators", kMostOperators));
            return false;
        }
        return add_rounds(section, *rounds);
    }

    bool add_rounds(const Section& section, std::int64_t rounds) {
        const bool each_round_anew = depends_on_round(section);
        std::optional<Plan> plan;
        for (std::int64_t round = 0; round < rounds; ++round) {
            const std::string prefix = section.name.empty() ? "" : with_round(section.name, round) + ".";
            if (section.repeat) {
                symbols_.insert_or_assign(std::string(kRoundSymbol), static_cast<double>(round));
            }
            if ((!plan || each_round_anew) && !set_locals(section)) {
                return false;
            }
            if (!plan || each_round_anew) {
                plan = SectionPlanner(section, prefix, graph_, symbols_, diagnostics_).plan();
            }
            if (!plan || !add_round(*plan, prefix, section.repeat ? graph_.blocks++ : -1)) {
                return false;
            }
        }
        for (const LocalSize& local : section.locals) {
            symbols_.erase(local.name);
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
        const auto first_operator = static_cast<OperatorId>(graph_.operators.size());
        const auto first_tensor = static_cast<TensorId>(graph_.tensors.size());
        // All tensors first: an operator may read one that is made after it.
        for (const PlannedOperator& planned : plan.operators) {
            Tensor tensor;
            tensor.name = prefix + planned.source->name;
            tensor.shape = planned.shape;
            tensor.producer = first_operator + static_cast<OperatorId>(graph_.tensors.size()) - first_tensor;
            graph_.tensors.push_back(std::move(tensor));
        }
        for (std::size_t i = 0; i < plan.operators.size(); ++i) {
            add_operator(plan.operators[i], first_tensor + static_cast<TensorId>(i), first_tensor, block);
        }
        bool good = true;
        for (auto i = static_cast<std::size_t>(first_operator); i < graph_.operators.size(); ++i) {
            good = tensors_fit(graph_, graph_.operators[i], diagnostics_) && good;
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
        op.table_of = operator_in(graph_, planned.source->table_of);
        op.inputs.reserve(planned.inputs.size());
        for (const Source& source : planned.inputs) {
            const TensorId input = tensor_of(source, first_tensor);
            op.inputs.push_back(input);
            graph_.tensors[static_cast<std::size_t>(input)].consumers.push_back(id);
        }
        graph_.operators.push_back(std::move(op));
    }

    /// `first_tensor` is the result of the round's first operator.
    [[nodiscard]] TensorId tensor_of(const Source& source, TensorId first_tensor) const {
        switch (source.from) {
            case Source::From::kSection:
                return first_tensor + source.index;
            case Source::From::kPreviousResult:
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
    if (!sizes_in_range(model, diagnostics) || !obey_checks(model, symbols, diagnostics)) {
        return std::nullopt;
    }
    if (model.graph) {
        return *model.graph;
    }
    return GraphBuilder(model, std::move(symbols), diagnostics).build();
}

}  // namespace berth
