// The numbers on which the interval of the total rests, largest first, each with its value, spread and origin.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/mapped.h"
#include "berth/analysis/sensitivity.h"
#include "berth/base/quantity_text.h"
#include "report/evidence_text.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kAssumptionsShown = 8;

double magnitude(const TotalEffect& effect) { return std::abs(effect.change.si()); }

const ParameterView* number_at(const std::vector<ParameterView>& numbers, std::string_view path) {
    const auto found = std::find_if(numbers.begin(), numbers.end(),
                                    [path](const ParameterView& view) { return view.path == below_hardware(path); });
    return found == numbers.end() ? nullptr : &*found;
}

/// Value and spread of a number; a model error is itself a spread and is shown alone.
std::string value_text(const ParameterView* number) {
    if (number == nullptr) {
        return "";
    }
    if (number->used_by == UsedBy::kModelError) {
        return "± " + percent_text(number->value, 2);
    }
    return fmt::format("{} ± {}", quantity_text(number->value, number->dimension), percent_text(number->spread, 2));
}

enum class Sources : std::uint8_t { kLeftOut, kShown };

TextTable table_of(const std::vector<TotalEffect>& shown, double variance, const std::vector<ParameterView>& numbers,
                   Sources sources) {
    TextTable table{left(Fit::kOwnLine, "number"), right("value", "on the total", "share"), left("origin"),
                    sources == Sources::kShown ? left("source") : left()};
    for (const TotalEffect& effect : shown) {
        if (magnitude(effect) <= 0) {
            continue;
        }
        const ParameterView* number = number_at(numbers, effect.path);
        std::vector<std::string> cells{typed_path(effect.path), value_text(number),
                                       "± " + brief(Time::from_si(magnitude(effect))),
                                       share_text(magnitude(effect) * magnitude(effect) / variance),
                                       number == nullptr ? "" : std::string(choice_name(kOriginNames, number->origin))};
        if (sources == Sources::kShown) {
            cells.push_back(number == nullptr ? "" : number->source);
        }
        table.row(std::move(cells));
    }
    return table;
}

std::optional<TextTable> largest_effects(const ScenarioResult& result, const Scenario& scenario, Sources sources) {
    std::vector<TotalEffect> all = effects_on_total(result);
    double variance =
        sum_of<double>(all, [](const TotalEffect& effect) { return magnitude(effect) * magnitude(effect); });
    if (variance <= 0) {
        return std::nullopt;
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const TotalEffect& a, const TotalEffect& b) { return magnitude(a) > magnitude(b); });
    all.resize(std::min(kAssumptionsShown, all.size()));
    Profile profile = scenario.profile;  // a copy, because a ParameterView can modify its number
    const std::vector<ParameterView> numbers = parameters(profile);
    return table_of(all, variance, numbers, sources);
}

}  // namespace

std::optional<TextTable> assumption_rows(const ScenarioResult& result, const Scenario& scenario) {
    return largest_effects(result, scenario, Sources::kLeftOut);
}

std::optional<TextTable> sourced_assumption_rows(const ScenarioResult& result, const Scenario& scenario) {
    return largest_effects(result, scenario, Sources::kShown);
}

std::vector<std::string> stage_evidence_sentences(const ScenarioResult& result) {
    std::vector<std::string> sentences;
    for (const StageResult& stage : result.stages) {
        const Candidate* chosen = stage.chosen ? &stage.candidates[*stage.chosen] : nullptr;  // used by most passes
        if (chosen != nullptr && chosen->uncertainty.evidence) {
            sentences.push_back(fmt::format("{}: {}", stage.name, evidence_phrase(*chosen->uncertainty.evidence)));
        }
    }
    return sentences;
}

std::string assumptions_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width) {
    const auto table = assumption_rows(result, scenario);
    if (!table) {
        return "";
    }
    std::string text =
        wrapped("One standard deviation of each number, and its share of the total's variance:", 0, width) +
        table->text(kIndent, width);
    const auto sentences = stage_evidence_sentences(result);
    text += sentences.empty() ? "" : "\n";
    for (const std::string& sentence : sentences) {
        text += wrapped(sentence, 0, width);
    }
    return text;
}

}  // namespace berth
