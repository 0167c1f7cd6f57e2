// Defaults, ranges and checks of a model's sizes.
#include "graph/size_rules.h"

#include <fmt/format.h>

#include <cmath>

namespace berth {

namespace {

/// Location of the size in the model's file, or of the model if the file does not give it.
const SourceLocation& place_of(const Model& model, std::string_view size) {
    for (const auto& [name, where] : model.size_places) {
        if (name == size) {
            return where;
        }
    }
    return model.where;
}

/// Location of the first size of a check that the model's file gives, which is the one that its author can change.
const SourceLocation& place_of(const Model& model, const Expression& law) {
    for (const std::string& symbol : law.symbols()) {
        if (const SourceLocation& where = place_of(model, symbol); &where != &model.where) {
            return where;
        }
    }
    return model.where;
}

/// Limit on rounds: as many as a graph may have operators (instantiate.cpp), which says so.
constexpr double kMostRounds = 20'000;

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

/// Repeats the model's values over all rounds; without any, the default applies to each round.
bool fill_in_rounds(const Architecture& architecture, const SizeRule& rule, Symbols& sizes, Diagnostics& diagnostics) {
    const std::int64_t rounds = rounds_of(rule, sizes);
    std::int64_t given = 0;
    while (given < rounds && sizes.contains(round_value(rule.name, given))) {
        ++given;
    }
    if (given == 0 && !rule.fallback) {
        return true;  // reported where sizes are checked
    }
    Symbols in_round = given == 0 ? sizes : Symbols{};
    for (std::int64_t round = given; round < rounds; ++round) {
        std::optional<double> value;
        if (given > 0) {
            value = sizes.at(round_value(rule.name, round % given));
        } else {
            set_round(architecture, rule.per, round, in_round);
            value = rule.fallback->evaluate(in_round, diagnostics);
        }
        if (!value) {
            return false;
        }
        sizes[round_value(rule.name, round)] = *value;
    }
    return true;
}

bool size_in_range(const Model& model, const SizeRule& rule, const std::string& name, Diagnostics& diagnostics) {
    const auto found = model.sizes.find(name);
    if (found == model.sizes.end()) {
        diagnostics.error(model.where, fmt::format("missing size '{}'", rule.name), rule.meaning);
        return false;
    }
    const double value = found->second;
    if (std::floor(value) != value || value < static_cast<double>(rule.min) || value > static_cast<double>(rule.max)) {
        diagnostics.error(place_of(model, rule.name), fmt::format("size '{}' is {}", name, value), range_text(rule));
        return false;
    }
    return true;
}

/// Checks that there is exactly one value per round.
bool rounds_in_range(const Model& model, const SizeRule& rule, Diagnostics& diagnostics) {
    const std::int64_t rounds = rounds_of(rule, model.sizes);
    for (std::int64_t round = 0; round < rounds; ++round) {
        if (!size_in_range(model, rule, round_value(rule.name, round), diagnostics)) {
            return false;
        }
    }
    if (rounds > 0 && model.sizes.contains(round_value(rule.name, rounds))) {
        diagnostics.error(place_of(model, rule.name),
                          fmt::format("size '{}' has more values than there are {}", rule.name, rule.per),
                          fmt::format("at most {}; fewer are repeated", rounds));
        return false;
    }
    return true;
}

}  // namespace

std::string round_value(std::string_view size, std::int64_t round) { return fmt::format("{}[{}]", size, round); }

std::int64_t rounds_of(const SizeRule& rule, const Symbols& sizes) {
    const auto count = sizes.find(rule.per);
    const bool countable = count != sizes.end() && count->second >= 1 && count->second <= kMostRounds;
    return countable ? static_cast<std::int64_t>(count->second) : 0;
}

void set_round(const Architecture& architecture, std::string_view rounds, std::int64_t round, Symbols& symbols) {
    symbols.insert_or_assign(std::string(kRoundSymbol), static_cast<double>(round));
    for (const SizeRule& rule : architecture.sizes) {
        if (rule.per.empty() || rule.per != rounds) {
            continue;
        }
        const auto value = symbols.find(round_value(rule.name, round));
        if (value != symbols.end()) {
            symbols.insert_or_assign(rule.name, value->second);
        }
    }
}

bool fill_in_defaults(const Architecture& architecture, Symbols& sizes, Diagnostics& diagnostics) {
    for (const SizeRule& rule : architecture.sizes) {
        if (!rule.per.empty()) {
            if (!fill_in_rounds(architecture, rule, sizes, diagnostics)) {
                return false;
            }
        } else if (rule.fallback && sizes.find(rule.name) == sizes.end()) {
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
        good = (rule.per.empty() ? size_in_range(model, rule, rule.name, diagnostics)
                                 : rounds_in_range(model, rule, diagnostics)) &&
               good;
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
