// Requested precision of each operator, by patterns over operator names.
#include <fmt/format.h>

#include <vector>

#include "berth/graph/graph.h"

namespace berth {

namespace {

/// Requested schemes of a graph's operators, with the formats that a weight mix assigns.
class AskedSchemes {
  public:
    explicit AskedSchemes(const Graph& graph) : tied_(graph.operators.size()) {
        for (const Operator& op : graph.operators) {
            if (op.table_of != kNoOperator && op.category == Category::kHead) {
                tied_[static_cast<std::size_t>(op.table_of)] = true;
            }
        }
    }

    [[nodiscard]] Scheme of(const Graph& graph, std::size_t i, Scheme asked) const {
        const Operator& op = graph.operators[i];
        if (asked.mix == WeightMix::kNone) {
            return scheme_for(op.kind, op.dims, asked);
        }
        Scheme own = unmixed(asked, {op.name, op.category, tied_[i], op.block, graph.blocks});
        if (op.kind != OperatorKind::kEmbedding) {
            return scheme_for(op.kind, op.dims, own);
        }
        // Rows of a table are widened to floating point, whatever products then round them to.
        own.activations = is_quantized(own.activations) ? DType::kFp16 : own.activations;
        own.dynamic = false;
        return own;
    }

  private:
    std::vector<bool> tied_;
};

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
    // Greedy wildcard matching with one backtracking point: after a mismatch, the latest `*` absorbs one more
    // character.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t after_star = std::string_view::npos;
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            after_star = ++p;
            star_text = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (after_star != std::string_view::npos) {
            p = after_star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

std::vector<std::size_t> operators_matching(const Graph& graph, std::string_view pattern) {
    std::vector<std::size_t> exact;
    std::vector<std::size_t> in_any_case;
    const std::string lower_pattern = lower_case(pattern);
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        const std::string& name = graph.operators[i].name;
        if (matches_pattern(pattern, name)) {
            exact.push_back(i);
        } else if (exact.empty() && matches_pattern(lower_pattern, lower_case(name))) {
            in_any_case.push_back(i);
        }
    }
    return exact.empty() ? in_any_case : exact;
}

bool apply_precision(Graph& graph, const Precision& precision, Diagnostics& diagnostics) {
    const AskedSchemes schemes(graph);
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        Operator& op = graph.operators[i];
        op.dtype = schemes.of(graph, i, precision.dtype);
        op.cache = op.kind == OperatorKind::kAttention ? precision.cache : std::nullopt;
    }
    bool all_match = true;
    for (const PrecisionRule& rule : precision.rules) {
        const auto matching = operators_matching(graph, rule.pattern);
        for (const std::size_t i : matching) {
            graph.operators[i].dtype = schemes.of(graph, i, rule.dtype);
        }
        if (matching.empty()) {
            std::vector<std::string> names;
            for (const Operator& op : graph.operators) {
                names.push_back(op.name);
            }
            diagnostics.error(rule.where, fmt::format("'{}' matches no operator of {}", rule.pattern, graph.name), "",
                              suggested_names(rule.pattern, names));
            all_match = false;
        }
    }
    return all_match;
}

}  // namespace berth
