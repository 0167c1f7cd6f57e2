// Evaluates the source of a size: the first alternative that applies.
#include "importers/config_sizes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "berth/base/quantity_text.h"
#include "graph/size_rules.h"

namespace berth {

namespace {

bool lists(const std::vector<std::string>& items, std::int64_t round) {
    return std::ranges::any_of(items, [&](const std::string& item) {
        const auto number = parse_number(item);
        return number && *number == static_cast<double>(round);
    });
}

std::vector<std::string> known_texts(const SizeAlternative& alternative) {
    std::vector<std::string> known;
    for (const auto& [text, meaning] : alternative.meanings) {
        known.push_back(text);
    }
    return known;
}

/// The shortest prefix that gives all values when repeated.
std::vector<std::int64_t> period_of(const std::vector<std::int64_t>& values) {
    for (std::size_t period = 1; period < values.size(); ++period) {
        bool repeats = true;
        for (std::size_t i = period; i < values.size() && repeats; ++i) {
            repeats = values[i] == values[i - period];
        }
        if (repeats) {
            return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(period)};
        }
    }
    return values;
}

}  // namespace

std::vector<ConfiguredSize> ConfigSizes::read(const std::vector<SizeSource>& sources, Model& model) {
    std::vector<ConfiguredSize> given;
    // Sizes per round come after the others, because those give the number of rounds.
    for (const bool per_round : {false, true}) {
        for (const SizeSource& source : sources) {
            const auto rule = std::ranges::find(architecture_.sizes, source.size, &SizeRule::name);
            if (rule != architecture_.sizes.end() && rule->per.empty() != per_round) {
                read_one(source, *rule, model, given);
            }
        }
    }
    return given;
}

void ConfigSizes::read_one(const SizeSource& source, const SizeRule& rule, Model& model,
                           std::vector<ConfiguredSize>& given) {
    bool refused = false;
    const auto chosen = std::ranges::find_if(source.alternatives, [&](const SizeAlternative& one) {
        refused = refused || (one.expression && refuse_forms(*one.expression, rule));
        return refused || applies(one, rule);
    });
    if (refused) {
        return;
    }
    if (chosen == source.alternatives.end()) {
        report_missing(source, rule);
        return;
    }
    const bool one_value = rule.per.empty();
    const std::int64_t rounds = one_value ? 1 : rounds_of(rule, model.sizes);
    const auto values = values_of(*chosen, rule, rounds);
    if (!values) {
        return;
    }
    for (std::size_t i = 0; i < values->size(); ++i) {
        const auto name = one_value ? source.size : round_value(source.size, static_cast<std::int64_t>(i));
        model.sizes.insert_or_assign(name, static_cast<double>((*values)[i]));
    }
    model.size_places.emplace_back(source.size, place_of(*chosen));
    given.push_back({source.size, *values});
}

bool ConfigSizes::applies(const SizeAlternative& alternative, const SizeRule& rule) const {
    if (alternative.expression) {
        return std::ranges::all_of(alternative.expression->symbols(), [&](const std::string& name) {
            return name == kRoundSymbol || fields_.numbers.contains(name) || one_per_round(name, rule);
        });
    }
    if (!alternative.listed_in.empty()) {
        return fields_.lists.contains(alternative.listed_in) && all_there(*alternative.listed) &&
               all_there(*alternative.others);
    }
    if (!rule.per.empty()) {
        // The letters of a text stand for rounds if they have meanings; a number is one value.
        const bool in_rounds = !alternative.meanings.empty() || fields_.lists.contains(alternative.field);
        return in_rounds && !items_of(fields_, alternative.field).empty();
    }
    const auto text = fields_.texts.find(alternative.field);
    if (text == fields_.texts.end()) {
        return false;
    }
    const auto meaning =
        std::ranges::find_if(alternative.meanings, [&](const auto& m) { return m.first == text->second; });
    return meaning == alternative.meanings.end() ? text->second != kNullText : all_there(meaning->second);
}

ConfigSizes::Values ConfigSizes::values_of(const SizeAlternative& alternative, const SizeRule& rule,
                                           std::int64_t rounds) {
    if (!alternative.field.empty() && !rule.per.empty()) {
        return values_of_items(alternative, rule, rounds);
    }
    if (!alternative.field.empty()) {
        use(alternative.field);
        const auto value = value_of_text(alternative, fields_.texts.find(alternative.field)->second);
        return value ? Values{{*value}} : std::nullopt;
    }
    const auto listed = items_of(fields_, alternative.listed_in);
    if (!alternative.listed_in.empty()) {
        use(alternative.listed_in);
    }
    std::vector<std::string> lists_of_rounds;
    if (alternative.expression) {
        std::ranges::copy_if(alternative.expression->symbols(), std::back_inserter(lists_of_rounds),
                             [&](const std::string& name) { return one_per_round(name, rule); });
    }
    for (const std::string& list : lists_of_rounds) {
        if (!has_one_for_each(list, rule, rounds)) {
            return std::nullopt;
        }
    }
    std::vector<std::int64_t> values;
    for (std::int64_t round = 0; round < rounds; ++round) {
        if (!rule.per.empty()) {
            fields_.numbers.insert_or_assign(std::string(kRoundSymbol), static_cast<double>(round));
        }
        for (const std::string& list : lists_of_rounds) {
            fields_.numbers.insert_or_assign(list, fields_.numbers.at(fmt::format("{}.{}", list, round)));
        }
        const Expression& expression = alternative.expression ? *alternative.expression
                                       : lists(listed, round) ? *alternative.listed
                                                              : *alternative.others;
        const auto value = size_of(expression);
        if (!value) {
            return std::nullopt;
        }
        values.push_back(*value);
    }
    for (const std::string& list : lists_of_rounds) {
        fields_.numbers.erase(list);
    }
    return values;
}

/// Whether a field is a list of numbers of which each repetition takes its own.
bool ConfigSizes::one_per_round(const std::string& field, const SizeRule& rule) const {
    const auto list = fields_.lists.find(field);
    return !rule.per.empty() && list != fields_.lists.end() && !fields_.numbers.contains(field) &&
           std::ranges::all_of(list->second, [](const std::string& item) { return parse_number(item).has_value(); });
}

bool ConfigSizes::has_one_for_each(const std::string& field, const SizeRule& rule, std::int64_t rounds) {
    const auto items = items_of(fields_, field).size();
    if (static_cast<std::int64_t>(items) == rounds) {
        return true;
    }
    diagnostics_.error(fields_.places.at(field),
                       fmt::format("{} has {} items, but there are {} {}", field, items, rounds, rule.per),
                       "one for each");
    return false;
}

ConfigSizes::Values ConfigSizes::values_of_items(const SizeAlternative& alternative, const SizeRule& rule,
                                                 std::int64_t rounds) {
    use(alternative.field);
    const auto items = items_of(fields_, alternative.field);
    if (!has_one_for_each(alternative.field, rule, rounds)) {
        return std::nullopt;
    }
    std::vector<std::int64_t> values;
    for (const std::string& item : items) {
        fields_.numbers.insert_or_assign(std::string(kRoundSymbol), static_cast<double>(values.size()));
        const auto value = value_of_text(alternative, item);
        if (!value) {
            return std::nullopt;
        }
        values.push_back(*value);
    }
    return values;
}

std::optional<std::int64_t> ConfigSizes::value_of_text(const SizeAlternative& alternative, const std::string& text) {
    const auto meaning = std::ranges::find_if(alternative.meanings, [&](const auto& m) { return m.first == text; });
    if (meaning != alternative.meanings.end()) {
        return size_of(meaning->second);
    }
    const auto number = parse_number(text);
    if (number && *number >= 0 && *number <= static_cast<double>(kLargestCount)) {
        return static_cast<std::int64_t>(*number);
    }
    const auto known = known_texts(alternative);
    diagnostics_.error(fields_.places.at(alternative.field),
                       fmt::format("{} '{}' has no form in {}", alternative.field, text, architecture_.name),
                       known.empty() ? "a number" : list_of(known), nearest_name(text, known));
    return std::nullopt;
}

bool ConfigSizes::all_there(const Expression& expression) const {
    return std::ranges::all_of(expression.symbols(), [this](const std::string& name) {
        return name == kRoundSymbol || fields_.numbers.contains(name);
    });
}

void ConfigSizes::use(const std::string& field) {
    const std::string name =
        field.ends_with(kCountSuffix) ? field.substr(0, field.size() - kCountSuffix.size()) : field;
    used_.insert(name);
    if (fields_.raised.contains(name)) {
        used_.insert(fields_.inner + "." + name);
    }
}

SourceLocation ConfigSizes::place_of(const Expression& expression) {
    SourceLocation first = root_.where();
    bool found = false;
    for (const std::string& symbol : expression.symbols()) {
        use(symbol);
        const auto place = fields_.places.find(symbol);
        if (!found && place != fields_.places.end()) {
            first = place->second;
            found = true;
        }
    }
    return first;
}

SourceLocation ConfigSizes::place_of(const SizeAlternative& alternative) {
    if (alternative.expression) {
        return place_of(*alternative.expression);
    }
    return fields_.places.at(alternative.field.empty() ? alternative.listed_in : alternative.field);
}

std::optional<std::int64_t> ConfigSizes::size_of(const Expression& expression) {
    const SourceLocation where = place_of(expression);
    Diagnostics failures;
    const auto value = expression.evaluate_count(fields_.numbers, failures);
    for (const Diagnostic& failure : failures.all()) {
        diagnostics_.error(where, failure.message, failure.expected, failure.suggestion);
    }
    return value;
}

/// Whether a field of an expression is there, but is no number; it is reported. Where a field is `null`, the next
/// alternative counts.
bool ConfigSizes::refuse_forms(const Expression& expression, const SizeRule& rule) {
    for (const std::string& symbol : expression.symbols()) {
        if (symbol != kRoundSymbol && !one_per_round(symbol, rule) && state_of(fields_, symbol) == FieldState::kOther) {
            const auto place = fields_.places.find(symbol);
            const SourceLocation where = place == fields_.places.end() ? root_.where() : place->second;
            diagnostics_.error(where,
                               place == fields_.places.end()
                                   ? fmt::format("missing field '{}'", symbol)
                                   : fmt::format("field '{}' is no number, but {}", symbol, form_of(fields_, symbol)),
                               fields_.lists.contains(symbol) ? "a number, or a list of equal numbers" : "a number");
            return true;
        }
    }
    return false;
}

/// A missing size is no error if the architecture has a default, except where `null` hides a constant of the library.
void ConfigSizes::report_missing(const SizeSource& source, const SizeRule& rule) {
    for (const SizeAlternative& alternative : source.alternatives) {
        const auto symbols =
            alternative.expression ? alternative.expression->symbols() : std::span<const std::string>{};
        for (const std::string& symbol : symbols) {
            if (fields_.numbers.contains(symbol)) {
                continue;
            }
            const bool null = state_of(fields_, symbol) == FieldState::kNull;
            if (null && (!rule.fallback || fields_.nulls_of_constants.contains(symbol))) {
                const auto place = fields_.places.find(symbol);
                diagnostics_.error(
                    place == fields_.places.end() ? root_.where() : place->second,
                    fmt::format("field '{}' is null, which has no form in {}", symbol, architecture_.name), "a number");
            } else if (!rule.fallback) {
                diagnostics_.error(root_.where(), fmt::format("missing field '{}'", symbol), rule.meaning,
                                   nearest_name(symbol, fields_.order));
            }
            return;
        }
    }
}

std::string yaml_of(const std::vector<ConfiguredSize>& given, const Architecture& architecture) {
    std::vector<std::string> entries;
    for (const ConfiguredSize& one : given) {
        const auto rule = std::ranges::find(architecture.sizes, one.size, &SizeRule::name);
        const bool flag = rule != architecture.sizes.end() && rule->min == 0 && rule->max == 1;
        std::vector<std::string> texts;
        std::ranges::transform(period_of(one.values), std::back_inserter(texts), [flag](std::int64_t value) {
            return flag ? fmt::format("{}", value != 0) : fmt::format("{}", value);
        });
        entries.push_back(texts.size() == 1 ? fmt::format("{}: {}", one.size, texts.front())
                                            : fmt::format("{}: [{}]", one.size, fmt::join(texts, ", ")));
    }
    return fmt::format("{{{}}}", fmt::join(entries, ", "));
}

}  // namespace berth
