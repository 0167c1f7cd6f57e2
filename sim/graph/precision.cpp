// The precision that each operator is asked to run at, by patterns over operator names.
#include <fmt/format.h>

#include "berth/graph.h"

namespace berth {

bool matches_pattern(std::string_view pattern, std::string_view text) {
    // Greedy with one point to come back to: after a mismatch, the latest `*` takes one character more.
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

bool apply_precision(Graph& graph, const Precision& precision, Diagnostics& diagnostics) {
    for (Operator& op : graph.operators) {
        op.dtype = scheme_for(op.kind, op.dims, precision.dtype);
    }
    bool all_match = true;
    for (const PrecisionRule& rule : precision.rules) {
        bool matched = false;
        for (Operator& op : graph.operators) {
            if (matches_pattern(rule.pattern, op.name)) {
                op.dtype = scheme_for(op.kind, op.dims, rule.dtype);
                matched = true;
            }
        }
        if (!matched) {
            std::vector<std::string> names;
            for (const Operator& op : graph.operators) {
                names.push_back(op.name);
            }
            diagnostics.error(rule.where, fmt::format("'{}' matches no operator of {}", rule.pattern, graph.name), "",
                              nearest_name(rule.pattern, names));
            all_match = false;
        }
    }
    return all_match;
}

}  // namespace berth
