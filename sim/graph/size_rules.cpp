// Defaults, ranges and checks of a model's sizes.
#include "graph/size_rules.h"

#include <fmt/format.h>

#include <cmath>

namespace berth {

namespace {

/// Where the model's file gives the size, or the model itself.
const SourceLocation& place_of(const Model& model, std::string_view size) {
    for (const auto& [name, where] : model.size_places) {
        if (name == size) {
            return where;
        }
    }
    return model.where;
}

/// The place of the first size of a law that the model's file gives: the one its author can change.
const SourceLocation& place_of(const Model& model, const Expression& law) {
    for (const std::string& symbol : law.symbols()) {
        if (const SourceLocation& where = place_of(model, symbol); &where != &model.where) {
            return where;
        }
    }
    return model.where;
}

bool all_known(const Expression& law, const Symbols& symbols) {
    for (const std::string& symbol : law.symbols()) {
        if (symbols.find(symbol) == symbols.end()) {
            return false;
        }
    }
    return true;
}

std::string range_text(const SizeRule& rule) {
    return rule.max == kLargestCount ? fmt::format("a whole number of at least {}", rule.min)
                                     : fmt::format("a whole number from {} to {}", rule.min, rule.max);
}

}  // namespace

bool fill_in_defaults(const Architecture& architecture, Symbols& sizes, Diagnostics& diagnostics) {
    for (const SizeRule& rule : architecture.sizes) {
        if (rule.fallback && sizes.find(rule.name) == sizes.end()) {
            const auto value = rule.fallback->evaluate(sizes, diagnostics);
            if (!value) {
                return false;
            }
            sizes[rule.name] = *value;
        }
    }
    return true;
}

bool sizes_in_range(const Model& model, Diagnostics& diagnostics) {
    bool good = true;
    for (const SizeRule& rule : model.architecture->sizes) {
        const auto found = model.sizes.find(rule.name);
        if (found == model.sizes.end()) {
            diagnostics.error(model.where, fmt::format("missing size '{}'", rule.name), rule.meaning);
            good = false;
            continue;
        }
        const double value = found->second;
        if (std::floor(value) != value || value < static_cast<double>(rule.min) ||
            value > static_cast<double>(rule.max)) {
            diagnostics.error(place_of(model, rule.name), fmt::format("size '{}' is {}", rule.name, value),
                              range_text(rule));
            good = false;
        }
    }
    return good;
}

bool obey_checks(const Model& model, const Symbols& symbols, Diagnostics& diagnostics) {
    bool good = true;
    for (const SizeCheck& check : model.architecture->checks) {
        if (!all_known(check.law, symbols)) {
            continue;
        }
        const auto holds = check.law.evaluate(symbols, diagnostics);
        if (holds && *holds == 0) {
            diagnostics.error(place_of(model, check.law), with_values(check.message, symbols));
        }
        good = good && holds && *holds != 0;
    }
    return good;
}

std::vector<std::string> names_in_braces(std::string_view message) {
    std::vector<std::string> names;
    for (std::size_t open = message.find('{'); open != std::string_view::npos; open = message.find('{', open + 1)) {
        const std::size_t close = message.find('}', open);
        if (close == std::string_view::npos) {
            break;
        }
        names.emplace_back(message.substr(open + 1, close - open - 1));
    }
    return names;
}

std::string with_values(std::string_view message, const Symbols& symbols) {
    std::string text(message);
    for (const std::string& name : names_in_braces(message)) {
        const auto found = symbols.find(name);
        const std::string placeholder = fmt::format("{{{}}}", name);
        const std::size_t at = text.find(placeholder);
        if (found != symbols.end() && at != std::string::npos) {
            text.replace(at, placeholder.size(), fmt::format("{}", found->second));
        }
    }
    return text;
}

}  // namespace berth
