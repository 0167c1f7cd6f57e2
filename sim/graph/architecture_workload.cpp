// Workload dependence of an architecture's graphs: their tokens, their batch, and the state kept from earlier tokens.
#include <fmt/format.h>

#include <algorithm>

#include "berth/graph/model.h"
#include "graph/batch_rule.h"
#include "graph/size_rules.h"

namespace berth {

namespace {

bool names(std::string_view symbol, const Expression& expression) {
    const auto symbols = expression.symbols();
    return std::find(symbols.begin(), symbols.end(), symbol) != symbols.end();
}

bool names(std::string_view symbol, const std::optional<Expression>& expression) {
    return expression && names(symbol, *expression);
}

bool names(std::string_view symbol, const std::vector<Expression>& expressions) {
    return std::any_of(expressions.begin(), expressions.end(),
                       [symbol](const Expression& e) { return names(symbol, e); });
}

bool names(std::string_view symbol, const OperatorTemplate& op) {
    return names(symbol, op.when) || names(symbol, op.shape) ||
           std::any_of(op.sizes.begin(), op.sizes.end(), [symbol](const auto& size) { return names(symbol, size); });
}

bool names(std::string_view symbol, const Section& section) {
    return names(symbol, section.repeat) || names(symbol, section.when) ||
           std::any_of(section.locals.begin(), section.locals.end(),
                       [symbol](const LocalSize& local) { return names(symbol, local.value); }) ||
           std::any_of(section.operators.begin(), section.operators.end(),
                       [symbol](const OperatorTemplate& op) { return names(symbol, op); });
}

/// Whether an input or an operator of the architecture's graphs names the symbol.
bool graphs_name(std::string_view symbol, const Architecture& architecture) {
    return std::any_of(architecture.inputs.begin(), architecture.inputs.end(),
                       [symbol](const InputTemplate& input) {
                           return names(symbol, input.when) || names(symbol, input.shape);
                       }) ||
           std::any_of(architecture.sections.begin(), architecture.sections.end(),
                       [symbol](const Section& section) { return names(symbol, section); });
}

}  // namespace

bool depends_on_tokens(const Architecture& architecture) {
    return graphs_name(kTokensSymbol, architecture) ||
           std::any_of(architecture.checks.begin(), architecture.checks.end(),
                       [](const SizeCheck& check) { return names(kTokensSymbol, check.law); });
}

bool takes_batches(const Model& model) {
    return model.architecture && model.graph == nullptr && graphs_name(kBatchSymbol, *model.architecture);
}

std::optional<BatchRefusal> batch_refusal(const Model& model, std::int64_t batch) {
    // an unread model has errors of its own
    if (batch <= 1 || !model.architecture || takes_batches(model)) {
        return std::nullopt;
    }
    return BatchRefusal{fmt::format("{} has one input per pass: its graph names no 'batch'", model.name),
                        "1, or a model whose graph names 'batch'"};
}

bool keeps_context(const Architecture& architecture) {
    const auto uses_context = [](const std::optional<Expression>& size) {
        const auto symbols = size ? size->symbols() : std::vector<std::string>{};
        return std::find(symbols.begin(), symbols.end(), kContextSymbol) != symbols.end();
    };
    const auto has_such_local = [&](const Section& section) {
        return std::any_of(section.locals.begin(), section.locals.end(),
                           [&](const LocalSize& local) { return uses_context(local.value); });
    };
    return std::any_of(architecture.sections.begin(), architecture.sections.end(), [&](const Section& section) {
        return has_such_local(section) ||
               std::any_of(section.operators.begin(), section.operators.end(), [&](const OperatorTemplate& op) {
                   return op.kind == OperatorKind::kScan || std::any_of(op.sizes.begin(), op.sizes.end(), uses_context);
               });
    });
}

}  // namespace berth
