// Compiles expressions and checks their symbols.
#include "graph/expression_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "berth/base/choice.h"

namespace berth {

namespace {

void check_symbols(const Expression& expression, const Known& known, Diagnostics& diagnostics) {
    for (const std::string& symbol : expression.symbols()) {
        if (std::find(known.begin(), known.end(), symbol) == known.end()) {
            diagnostics.error(expression.where(), fmt::format("unknown symbol '{}' in '{}'", symbol, expression.text()),
                              "", nearest_name(symbol, known));
        }
    }
}

}  // namespace

std::optional<Expression> ExpressionReader::read(const YamlNode& node, const Known& known) {
    const auto text = node.text();
    if (!text) {
        return std::nullopt;
    }
    if (const auto met = numbers_.find(*text); met != numbers_.end()) {
        return met->second.at(node.content_where());
    }
    const std::string_view source = *text == "true" ? "1" : *text == "false" ? "0" : std::string_view(*text);
    auto expression = parse_expression(source, node.content_where(), node.diagnostics());
    if (expression) {
        check_symbols(*expression, known, node.diagnostics());
        if (expression->symbols().empty()) {
            numbers_.emplace(*text, *expression);
        }
    }
    return expression;
}

std::optional<Expression> ExpressionReader::read(const std::optional<YamlNode>& node, const Known& known) {
    return node ? read(*node, known) : std::nullopt;
}

std::vector<Expression> ExpressionReader::read_shape(const YamlNode& node, const Known& known) {
    std::vector<Expression> shape;
    const std::vector<YamlNode> items = node.sequence();
    shape.reserve(items.size());
    for (const YamlNode& item : items) {
        if (auto expression = read(item, known)) {
            shape.push_back(std::move(*expression));
        }
    }
    if (node.exists() && shape.empty()) {
        node.error("a shape needs at least one size", "a list such as [batch, tokens, hidden]");
    }
    return shape;
}

}  // namespace berth
