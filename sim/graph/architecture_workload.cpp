// Workload dependence of an architecture's graphs: their tokens, and the state kept from earlier tokens.
#include <algorithm>

#include "berth/model.h"
#include "graph/size_rules.h"

namespace berth {

namespace {

bool names_tokens(const Expression& expression) {
    const auto symbols = expression.symbols();
    return std::find(symbols.begin(), symbols.end(), kTokensSymbol) != symbols.end();
}

bool names_tokens(const std::optional<Expression>& expression) { return expression && names_tokens(*expression); }

bool names_tokens(const std::vector<Expression>& expressions) {
    return std::any_of(expressions.begin(), expressions.end(), [](const Expression& e) { return names_tokens(e); });
}

bool names_tokens(const OperatorTemplate& op) {
    return names_tokens(op.when) || names_tokens(op.shape) ||
           std::any_of(op.sizes.begin(), op.sizes.end(), [](const auto& size) { return names_tokens(size); });
}

bool names_tokens(const Section& section) {
    return names_tokens(section.repeat) || names_tokens(section.when) ||
           std::any_of(section.locals.begin(), section.locals.end(),
                       [](const LocalSize& local) { return names_tokens(local.value); }) ||
           std::any_of(section.operators.begin(), section.operators.end(),
                       [](const OperatorTemplate& op) { return names_tokens(op); });
}

}  // namespace

bool depends_on_tokens(const Architecture& architecture) {
    return std::any_of(
               architecture.inputs.begin(), architecture.inputs.end(),
               [](const InputTemplate& input) { return names_tokens(input.when) || names_tokens(input.shape); }) ||
           std::any_of(architecture.checks.begin(), architecture.checks.end(),
                       [](const SizeCheck& check) { return names_tokens(check.law); }) ||
           std::any_of(architecture.sections.begin(), architecture.sections.end(),
                       [](const Section& section) { return names_tokens(section); });
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
