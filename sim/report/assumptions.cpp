// The numbers on which the interval of the total rests, largest first, each with its value, spread and origin.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/mapped.h"
#include "berth/base/interval.h"
#include "berth/base/quantity_text.h"
#include "report/evidence_text.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kAssumptionsShown = 8;

struct Effect {
    std::string path;
    Time on_total;  ///< signed change of the total per standard deviation of the number's logarithm
};

/// First-order effects: a stage's time changes by its latency x its effect; a shared number changes all stages
/// together.
std::vector<Effect> effects(const ScenarioResult& result) {
    std::vector<Effect> all;
    for (std::size_t i = 0; i < result.uncertain_numbers.size(); ++i) {
        Effect effect{result.uncertain_numbers[i], Time{}};
        for (const StageResult& stage : result.stages) {
            for (const PassShare& share : stage.passes) {
                const Candidate& candidate = stage.candidates[share.candidate];
                if (i < candidate.uncertainty.effect.size()) {
                    effect.on_total +=
                        candidate.latency.median * static_cast<double>(share.passes) * candidate.uncertainty.effect[i];
                }
            }
        }
        all.push_back(std::move(effect));
    }
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen && stage.latency.high > stage.latency.low) {
            all.push_back(
                {fmt::format("stages.{}.takes", stage.name), stage.latency.median * log_normal_sigma(stage.latency)});
        }
    }
    return all;
}

double magnitude(const Effect& effect) { return std::abs(effect.on_total.si()); }

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

TextTable table_of(const std::vector<Effect>& shown, double variance, const std::vector<ParameterView>& numbers,
                   Sources sources) {
    TextTable table{left(Fit::kOwnLine, "number"), right("value", "on the total", "share"), left("origin"),
                    sources == Sources::kShown ? left("source") : left()};
    for (const Effect& effect : shown) {
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
    std::vector<Effect> all = effects(result);
    double variance = sum_of<double>(all, [](const Effect& effect) { return magnitude(effect) * magnitude(effect); });
    if (variance <= 0) {
        return std::nullopt;
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Effect& a, const Effect& b) { return magnitude(a) > magnitude(b); });
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
