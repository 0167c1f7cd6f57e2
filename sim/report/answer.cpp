// The answer first: per stage the device, the time and the reason in one sentence, then the total against the budget.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "berth/base/quantity_text.h"
#include "evaluation/stage_choice.h"
#include "report/names.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

/// The fastest candidate other than the chosen one, among those that the stage allows if `may_be_chosen` is true,
/// otherwise among those that it forbids.
const Candidate* fastest_other(const StageResult& stage, const ModelStage* asked, bool may_be_chosen) {
    const Candidate* best = nullptr;
    for (std::size_t i = 0; i < stage.candidates.size(); ++i) {
        const Candidate& candidate = stage.candidates[i];
        const bool may_be = asked == nullptr || allowed(candidate, *asked);
        if (i != *stage.chosen && candidate.feasible && may_be == may_be_chosen &&
            (best == nullptr || candidate.latency.median < best->latency.median)) {
            best = &candidate;
        }
    }
    return best;
}

/// The operator class with the largest extra time of the slower placement, with the chosen one's time first; empty if
/// that is less than half of the whole difference.
std::string largest_loss(const Candidate& chosen, const Candidate& other) {
    const bool faster_chosen = chosen.latency.median < other.latency.median;
    const Candidate& faster = faster_chosen ? chosen : other;
    const Candidate& slower = faster_chosen ? other : chosen;
    Time largest;
    std::optional<Category> where;
    for (const auto& row : kCategoryNames) {
        const Time loss = time_in(slower, row.value) - time_in(faster, row.value);
        if (loss > largest) {
            largest = loss;
            where = row.value;
        }
    }
    if (!where || largest < 0.5 * (slower.latency.median - faster.latency.median)) {
        return "";
    }
    return fmt::format("; most of the difference is {}: {} against {}", choice_name(kCategoryNames, *where),
                       brief(time_in(chosen, *where)), brief(time_in(other, *where)));
}

std::string paid_for(const Candidate& candidate) {
    return fmt::format("{} computes {} padded tokens for {} actual ones", placement_name(candidate),
                       candidate.padded_tokens, candidate.actual_tokens);
}

std::string against(const Candidate& chosen, const Candidate& other) {
    const std::string name = fmt::format("{} ({})", placement_name(other), brief(other.latency.median));
    const double ratio = other.latency.median / chosen.latency.median;
    if (std::abs(ratio - 1) < 0.005) {
        return "as fast as " + name;
    }
    const bool faster = ratio > 1;
    std::string text = faster ? fmt::format("{} times as fast as {}", number_text(ratio, 3), name)
                              : fmt::format("takes {} times as long as {}", number_text(1 / ratio, 3), name);
    const Candidate& slow = faster ? other : chosen;
    const Candidate& fast = faster ? chosen : other;
    if (slow.padded_tokens > fast.padded_tokens) {
        text += "; " + paid_for(slow);
    } else {
        text += largest_loss(chosen, other);
    }
    return text;
}

std::string energy_against(const Candidate& chosen, const Candidate& other) {
    if (!chosen.energy || !other.energy) {
        return "";
    }
    return fmt::format("; {} against {} per pass", brief(*chosen.energy), brief(*other.energy));
}

/// A finer placement that would be faster, had the scenario allowed it.
std::string finer(const StageResult& stage, const ModelStage* asked) {
    const Candidate* forbidden = fastest_other(stage, asked, false);
    if (forbidden == nullptr || forbidden->latency.median >= stage.candidates[*stage.chosen].latency.median) {
        return "";
    }
    const std::string_view kept = asked->granularity == Granularity::kBlock ? "a block" : "its model";
    const std::string_view article = forbidden->granularity == Granularity::kPhase ? "Prompt and tokens on" : "A";
    return fmt::format(
        " {} {} would take {}, but the stage must not split {} (--set stages.{}.granularity={} allows it).", article,
        placement_name(*forbidden), brief(forbidden->latency.median), kept, stage.name,
        choice_name(kGranularityNames, forbidden->granularity));
}

/// Said of a stage that is not placed best because the models of all stages share the memory.
std::string memory_decided(const StageResult& stage, const ModelStage* asked, const ScenarioResult& result) {
    return result.memory_decided && asked != nullptr &&
                   in_order(stage.candidates, *asked, result.objective).front() != *stage.chosen
               ? "chosen so that the models of all stages fit into the memory together; "
               : "";
}

std::string why(const StageResult& stage, const ModelStage* asked, Objective objective) {
    if (asked != nullptr && asked->on) {
        return "pinned by the scenario.";
    }
    const Candidate* other = fastest_other(stage, asked, true);
    if (other == nullptr) {
        return "no other device can run it." + finer(stage, asked);
    }
    const Candidate& chosen = stage.candidates[*stage.chosen];
    const std::string energy = by_time_alone(objective) ? "" : energy_against(chosen, *other);
    return std::string(row_of(objective).goal) + against(chosen, *other) + energy + "." + finer(stage, asked);
}

/// Confidence in the choice; empty if there was no alternative, or if the objective chooses all stages jointly.
std::string sureness(const StageResult& stage, const ModelStage* asked, Objective objective) {
    return row_of(objective).search != SearchOver::kScenario && stage.chosen &&
                   fastest_other(stage, asked, true) != nullptr
               ? share_text(stage.confidence)
               : "";
}

const ModelStage* model_asked(const Stage* asked) {
    return asked != nullptr ? std::get_if<ModelStage>(&asked->work) : nullptr;
}

std::string place_of(const StageResult& stage, const FixedStage* fixed, const std::vector<std::string>& devices) {
    if (stage.chosen) {
        return placement_name(stage.candidates[*stage.chosen]);
    }
    return fixed != nullptr && fixed->on ? device_name(devices, *fixed->on) : "-";
}

std::vector<std::string> stage_row(const StageResult& stage, const Stage* asked,
                                   const std::vector<std::string>& devices, Objective objective) {
    const auto* fixed = asked != nullptr ? std::get_if<FixedStage>(&asked->work) : nullptr;
    const bool spread = stage.latency.high > stage.latency.low;
    return {stage.name,
            place_of(stage, fixed, devices),
            fmt::format("{}", stage.repeat),
            brief(stage.latency.median),
            spread ? range_text(stage.latency) : (fixed != nullptr ? "fixed" : ""),
            sureness(stage, model_asked(asked), objective),
            stage.budget ? brief(*stage.budget) : ""};
}

// The stages that a runtime runs, and the memory and clock numbers of the chip that override those of the runtime's own
// profile.
std::string runtime_text(const Profile& runtime, const ScenarioResult& result) {
    std::vector<std::string> stages;
    for (const StageResult& stage : result.stages) {
        if (stage.runtime == runtime.name) {
            stages.push_back(stage.name);
        }
    }
    if (stages.empty()) {
        return "";
    }
    std::vector<std::string> numbers;
    for (const ChipNumber& number : runtime.replaced) {
        numbers.push_back(fmt::format("{} {} (alone {})", number.path, number.used, number.own));
    }
    const std::string chip = numbers.empty() ? "" : fmt::format(", on this board: {}", fmt::join(numbers, ", "));
    return fmt::format("{} under {}{}", fmt::join(stages, ", "), runtime.name, chip);
}

std::string runtimes_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width) {
    std::vector<std::string> parts;
    for (const Profile& runtime : scenario.profile.runtimes) {
        if (std::string part = runtime_text(runtime, result); !part.empty()) {
            parts.push_back(std::move(part));
        }
    }
    return parts.empty() ? "" : wrapped(fmt::format("Other runtimes: {}.", fmt::join(parts, "; ")), 0, width);
}

}  // namespace

TextTable stage_rows(const ScenarioResult& result, const Scenario& scenario) {
    const bool several = !scenario.profile.runtimes.empty();
    TextTable table{left(Fit::kShorten, "stage"),
                    left(Fit::kWrap, "run on"),
                    several ? left(Fit::kOptional, "runtime") : left(),
                    right("passes", "time"),
                    left("5-95 %"),
                    right("sure", "budget")};
    for (const StageResult& stage : result.stages) {
        auto row = stage_row(stage, stage_named(scenario, stage.name), result.devices, result.objective);
        if (several) {
            row.insert(row.begin() + 2, stage.runtime);
        }
        table.row(std::move(row));
    }
    return table;
}

std::vector<std::string> stage_reasons(const ScenarioResult& result, const Scenario& scenario) {
    std::vector<std::string> sentences;
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            const Stage* asked = stage_named(scenario, stage.name);
            sentences.push_back(fmt::format("{}: {}{}", stage_placed(stage.name, stage.candidates[*stage.chosen]),
                                            memory_decided(stage, model_asked(asked), result),
                                            why(stage, model_asked(asked), result.objective)));
        }
    }
    return sentences;
}

std::vector<std::string> rate_sentences(const ScenarioResult& result) {
    if (!result.rate) {
        return {};
    }
    const SustainedRate& rate = *result.rate;
    std::vector<std::string> sentences{fmt::format(
        "Sustained rate with many users waiting: {} ({} allows {}). {}.", requests_text(rate.simulated), rate.busiest,
        number_text(in_hertz(rate.capacity), 4),
        rate.gap() < 1e-6 ? "No placement that the stages allow sustains more"
                          : fmt::format("No placement that the stages allow sustains more than {} ({} more)",
                                        number_text(in_hertz(rate.upper_bound), 4), percent_text(rate.gap(), 3)))};
    for (const StageResult& stage : result.stages) {
        if (stage.passes.size() > 1) {
            std::string spread;
            for (const PassShare& share : stage.passes) {
                spread += fmt::format("{}{} on {}", spread.empty() ? "" : ", ", share.passes,
                                      placement_name(stage.candidates[share.candidate]));
            }
            sentences.push_back(fmt::format("{}: of its {} passes {}.", stage.name, stage.repeat, spread));
        }
    }
    return sentences;
}

namespace {

std::string reasons(const ScenarioResult& result, const Scenario& scenario, TextWidth width) {
    std::string text;
    for (const std::string& sentence : stage_reasons(result, scenario)) {
        text += wrapped(sentence, 0, width);
    }
    const bool legend = std::ranges::any_of(result.stages, [&](const StageResult& stage) {
        return !sureness(stage, model_stage_of(scenario, stage.name), result.objective).empty();
    });
    return text.empty()
               ? ""
               : (legend ? wrapped(fmt::format("sure: probability that this choice is the {}, given the profile's "
                                               "uncertainty",
                                               row_of(result.objective).best),
                                   0, width) +
                               "\n"
                         : "\n") +
                     text;
}

std::string rate_text(const ScenarioResult& result, TextWidth width) {
    std::string text;
    for (const std::string& sentence : rate_sentences(result)) {
        text += wrapped(sentence, 0, width);
    }
    return text.empty() ? "" : text + "\n";
}

std::string budget_text(const ScenarioTotal& total) {
    if (!total.budget) {
        return "";
    }
    const Time left = *total.budget - total.latency.median;
    std::string text = left >= Time{}
                           ? fmt::format(" Within the {} budget, {} to spare", brief(*total.budget), brief(left))
                           : fmt::format(" {} over the {} budget", brief(-left), brief(*total.budget));
    if (total.budget_probability) {
        text += fmt::format("; probability of meeting it: {}", share_text(*total.budget_probability));
    }
    return text + ".";
}

// User-visible pace of a generated answer: the time to its first token and the rate of the tokens after it.
std::string pace_sentence(const StageResult& stage, const ScenarioResult& result) {
    const GenerationResult& generation = *stage.candidates[*stage.chosen].generation;
    std::vector<std::string> parts;
    if (generation.first_token) {
        parts.push_back(fmt::format("first token after {}", estimate_text(*generation.first_token)));
    }
    if (generation.step) {
        const Estimate<Time> step = step_estimate(generation);
        parts.push_back(fmt::format("{} tokens/s", token_rate_text(step.median)));
        parts.back() += step.low < step.high ? fmt::format(" (5-95 %: {})", token_rate_range(step)) : "";
        parts.back() += rate_of_batch(generation);
    }
    std::string text = fmt::format("{}", fmt::join(parts, ", then "));
    if (result.stages.size() > 1) {
        text = stage.name + ": " + text;
    } else if (generation.first_token) {
        text.front() = 'F';
    }
    return " " + text + ".";
}

}  // namespace

bool has_stream(const ScenarioResult& result) { return result.traffic.has_value() || !result.chats.empty(); }

std::optional<std::string> pile_up_sentence(const ScenarioResult& result) {
    const auto load = [](std::optional<double> value) {
        return value ? fmt::format(" (load {})", percent_text(*value, 2)) : "";
    };
    if (result.traffic) {
        const SimulationResult& simulated = result.traffic->simulation;
        const auto of = simulated.load ? std::optional(simulated.load->value) : std::nullopt;
        return simulated.stable
                   ? std::nullopt
                   : std::optional(fmt::format("Under the scenario's arrivals requests pile up{}.", load(of)));
    }
    // without other stages, chats are simulated under each placement, the chosen one first
    return result.chats.empty() || result.chats.front().traffic.stable
               ? std::nullopt
               : std::optional(fmt::format("Under the scenario's arrivals chats pile up{}.",
                                           load(result.chats.front().traffic.load)));
}

std::string headline(const ScenarioResult& result) {
    const ScenarioTotal& total = result.total;
    const std::string energy = total.energy ? fmt::format(" Energy {}.", brief(*total.energy)) : "";
    std::string paces;
    for (const StageResult& stage : result.stages) {
        paces += stage.chosen && stage.candidates[*stage.chosen].generation ? pace_sentence(stage, result) : "";
    }
    const auto pile_up = pile_up_sentence(result);
    return fmt::format("{}{} {}.{}{}{}", pile_up ? *pile_up + " " : "",
                       has_stream(result) ? "A request alone takes" : "Total", estimate_text(total.latency),
                       budget_text(total), energy, paces);
}

std::string answer_sentence(const ScenarioResult& result, const Scenario& scenario) {
    std::vector<std::string> places;
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen) {
            continue;
        }
        const std::string sure = sureness(stage, model_stage_of(scenario, stage.name), result.objective);
        places.push_back(stage_placed(stage.name, stage.candidates[*stage.chosen]) +
                         (sure.empty() ? ""
                                       : fmt::format(" (the {} choice with a probability of {})",
                                                     row_of(result.objective).best, sure)));
    }
    const ScenarioTotal& total = result.total;
    std::string text = fmt::format("{}{}a request{} takes {}", places.empty() ? "" : "Run ",
                                   places.empty() ? "" : fmt::format("{}: ", fmt::join(places, " and ")),
                                   has_stream(result) ? " alone" : "", estimate_text(total.latency));
    if (total.budget && total.budget_probability) {
        text += fmt::format(", and stays within its budget of {} with a probability of {}", brief(*total.budget),
                            share_text(*total.budget_probability));
    }
    const auto pile_up = pile_up_sentence(result);
    return text + "." + (pile_up ? " " + *pile_up : "");
}

std::string answer_text(const ScenarioResult& result, const Scenario& scenario, TextWidth width) {
    std::string text = wrapped(headline(result), 0, width) + "\n" + rate_text(result, width) +
                       stage_rows(result, scenario).text(0, width) + reasons(result, scenario, width);
    text += runtimes_text(result, scenario, width);
    if (!scenario.disabled.empty()) {
        text += wrapped(fmt::format("Disabled by the scenario: {}.", fmt::join(scenario.disabled, ", ")), 0, width);
    }
    return text;
}

}  // namespace berth
