// The table of a stage's candidates: costs, latency, time by class, and the main bound of each.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "report/fusions.h"
#include "report/names.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

std::vector<const Candidate*> feasible(const StageResult& stage) {
    std::vector<const Candidate*> result;
    for (const Candidate& candidate : stage.candidates) {
        if (candidate.feasible) {
            result.push_back(&candidate);
        }
    }
    return result;
}

/// Classes in descending order of their largest time in any candidate.
std::vector<Category> classes_by_time(const std::vector<const Candidate*>& candidates) {
    std::map<Category, Time> most;
    for (const Candidate* candidate : candidates) {
        for (const auto& [category, time] : candidate->by_category) {
            most[category] = std::max(most[category], time);
        }
    }
    std::vector<Category> result;
    for (const auto& [category, time] : most) {
        if (time > Time{}) {
            result.push_back(category);
        }
    }
    std::stable_sort(result.begin(), result.end(), [&most](Category a, Category b) { return most[a] > most[b]; });
    return result;
}

std::string tokens_text(const Candidate& candidate) {
    return candidate.padded_tokens == candidate.actual_tokens
               ? fmt::format("{}", candidate.padded_tokens)
               : fmt::format("{}/{}", candidate.padded_tokens, candidate.actual_tokens);
}

std::string number(Time time, int decimals) { return fmt::format("{:.{}f}", in_milliseconds(time), decimals); }

std::string mebibytes_text(Bytes size) { return number_text(with_digits(in_bytes(size) / 0x1p20, 3), 3); }

std::string marked_name(const Candidate& candidate, const Candidate* chosen) {
    return (&candidate == chosen ? "* " : "  ") + placement_name(candidate);
}

TextTable overview(const std::vector<const Candidate*>& candidates, const Candidate* chosen, int decimals) {
    TextTable table{left("  placement"), right("cores", "tokens", "ms", "5-95 %", "mJ"), left("bound"),
                    right("weights MiB", "peak MiB")};
    for (const Candidate* candidate : candidates) {
        const Estimate<Time>& latency = candidate->latency;
        table.row({marked_name(*candidate, chosen),
                   candidate->granularity == Granularity::kModel ? fmt::format("{}", candidate->cores) : "-",
                   tokens_text(*candidate), number(latency.median, decimals),
                   latency.high > latency.low
                       ? fmt::format("{}-{}", number(latency.low, decimals), number(latency.high, decimals))
                       : "",
                   candidate->energy ? number_text(in_millijoules(*candidate->energy), 3) : "-", main_bound(*candidate),
                   mebibytes_text(candidate->weight_bytes), mebibytes_text(candidate->peak_activation_bytes)});
    }
    return table;
}

/// One column per class, the longest first; `others` share one column.
TextTable class_table(const std::vector<const Candidate*>& candidates, const Candidate* chosen, int decimals,
                      const std::vector<Category>& classes, const std::vector<Category>& others) {
    TextTable table{left("  of which ms")};
    for (const Category category : classes) {
        table.column(std::string(choice_name(kCategoryNames, category)), Align::kRight);
    }
    if (!others.empty()) {
        table.column("other", Align::kRight);
    }
    table.column("hand-over", Align::kRight);
    for (const Candidate* candidate : candidates) {
        std::vector<std::string> cells{marked_name(*candidate, chosen)};
        for (const Category category : classes) {
            cells.push_back(number(time_in(*candidate, category), decimals));
        }
        if (!others.empty()) {
            Time other = sum_of<Time>(others, [&](const Category category) { return time_in(*candidate, category); });
            cells.push_back(number(other, decimals));
        }
        cells.push_back(number(candidate->handover, decimals));
        table.row(std::move(cells));
    }
    return table;
}

TextTable fitting_class_table(const std::vector<const Candidate*>& candidates, const Candidate* chosen, int decimals,
                              TextWidth width) {
    std::vector<Category> classes = classes_by_time(candidates);
    std::vector<Category> others;
    TextTable table = class_table(candidates, chosen, decimals, classes, others);
    while (table.natural_width() + kIndent > width.columns && !classes.empty()) {
        others.push_back(classes.back());
        classes.pop_back();
        table = class_table(candidates, chosen, decimals, classes, others);
    }
    return table;
}

/// Decimals that the smallest candidate latency needs, used for the whole column so that latencies compare.
int decimals_of(const std::vector<const Candidate*>& candidates) {
    int decimals = 0;
    for (const Candidate* candidate : candidates) {
        decimals = std::max(decimals, decimals_for(in_milliseconds(candidate->latency.median)));
    }
    return decimals;
}

// Where phases are placed separately, the optimality bound applies to one of them: this names it.
std::string by_what(const StageResult& stage, Objective objective) {
    const bool apart =
        std::ranges::any_of(stage.candidates, [](const Candidate& one) { return one.phases.has_value(); });
    const TimeOf which = row_of(objective).time_of;
    return !apart || which == TimeOf::kStage ? "" : which == TimeOf::kFirstToken ? " to the first token" : " per token";
}

std::string quality(const Candidate& chosen, const StageResult& stage, Objective objective) {
    const std::string by = by_what(stage, objective);
    if (chosen.draft) {
        const std::string so = chosen.draft->length == 1
                                   ? "with a token drafted at a time"
                                   : fmt::format("with {} tokens drafted at a time", chosen.draft->length);
        return chosen.proved_optimal
                   ? fmt::format("no placement of the operators of both models is faster {} (proved)", so)
                   : fmt::format("at most {} slower than the best placement of the operators of both models {}",
                                 percent_text(chosen.optimality_gap, 3), so);
    }
    if (stage.pinned) {
        return "the only placement that the scenario allows";
    }
    if (chosen.proved_optimal) {
        return fmt::format("no placement of its operators is faster{} (proved)", by);
    }
    const std::string_view goal = row_of(objective).chosen_for;
    const std::string gap = percent_text(chosen.optimality_gap, 3);
    return goal.empty()
               ? fmt::format("at most {} slower{} than the best placement of its operators", gap, by)
               : fmt::format("for {}; at most {} slower{} than the fastest placement of its operators", goal, gap, by);
}

/// Regret of the default of runtimes, where a device runs every operator that it supports and its fallback the rest.
std::string regret_text(const StageResult& stage, Objective objective) {
    std::vector<std::string> regrets;
    std::vector<std::string> best;
    for (const Candidate& candidate : stage.candidates) {
        if (!candidate.feasible || candidate.granularity != Granularity::kModel || !candidate.regret) {
            continue;
        }
        const std::string name = candidate.placement + (candidate.segments.size() > 1 ? " with its fallbacks" : "");
        if (*candidate.regret <= 1e-9 * stage.optimum->latency) {
            best.push_back(name);
            regrets.push_back(name + " none");
        } else {
            regrets.push_back(fmt::format("{} {} ({})", name, brief(*candidate.regret),
                                          percent_text(*candidate.regret / stage.optimum->latency, 3)));
        }
    }
    const bool by_time = row_of(objective).chosen_for.empty();
    const std::string optimum = fmt::format("{}{} placement", by_time ? "best" : "fastest",
                                            stage.optimum && stage.optimum->proved ? "" : " known");
    if (best.size() == 1 && regrets.size() == 1) {
        return fmt::format("regret: none; {} is already the {}.", best.front(), optimum);
    }
    return regrets.empty()
               ? ""
               : fmt::format("regret against the {} of the operators: {}.", optimum, fmt::join(regrets, ", "));
}

/// Note for inputs of several lengths, of which one stands for the operators.
std::string mixed_lengths(const StageResult& stage, const Candidate& chosen) {
    if (chosen.generation || stage.lengths < 2) {
        return "";
    }
    return fmt::format(
        " Times and bound are of all {} input lengths, the peak is the largest of them; fusions, segments "
        "and operators are those of {} tokens.",
        stage.lengths, chosen.actual_tokens);
}

/// Note for devices that work at once.
std::string overlapping(const Candidate& chosen) {
    return chosen.tasks.empty() ? ""
                                : " Devices work at once, so that classes and hand-overs add up to more than the time.";
}

std::string segments_text(const Candidate& chosen, const std::vector<std::string>& devices) {
    constexpr std::size_t kShown = 6;
    std::map<OperatorId, std::string> names;
    for (const OperatorResult& op : chosen.operators) {
        names[op.id] = op.name;
    }
    std::string text = fmt::format("{} segments: ", chosen.segments.size());
    for (std::size_t i = 0; i < std::min(kShown, chosen.segments.size()); ++i) {
        const Segment& segment = chosen.segments[i];
        text += fmt::format("{}{} {}", i == 0 ? "" : "; ", device_name(devices, segment.device), names[segment.first]);
        text += segment.last == segment.first ? "" : " to " + names[segment.last];
    }
    text += chosen.segments.size() > kShown ? fmt::format("; and {} more.", chosen.segments.size() - kShown) : ".";
    return text;
}

/// Tokens per round of speculative decoding, and whether it is faster than plain decoding steps.
std::string draft_note(const Candidate& candidate) {
    const DraftResult& draft = *candidate.draft;
    const Time token = *candidate.generation->step;
    std::string text = fmt::format(
        "drafting: {} drafts {} in {} on {}, they are checked in {}; at an acceptance of {} that makes {} a round: {} "
        "tokens/s instead of {}. ",
        draft.model, draft.length == 1 ? "1 token" : fmt::format("{} tokens", draft.length), brief(draft.drafting),
        draft.device, brief(draft.checking), percent_text(draft.acceptance, 3), number_text(draft.tokens_per_round, 3),
        token_rate_text(token), token_rate_text(draft.step));
    const std::string from = draft.pays_from
                                 ? fmt::format("from an acceptance of {} on", percent_text(*draft.pays_from, 2))
                                 : "at no acceptance: a round takes longer than the tokens that it could make";
    const bool pays = draft.pays_from && draft.acceptance >= *draft.pays_from;
    text += pays ? fmt::format("It pays {}", from) : fmt::format("It does not pay; it would {}", from);
    if (draft.best_length != draft.length) {
        text += fmt::format("; {} at a time would be faster", draft.best_length);
    }
    if (candidate.energy) {
        text += fmt::format(
            ". Of the {} mJ of an answer the model that checks takes {} and {} takes {}, each while it works",
            number_text(in_millijoules(*candidate.energy), 3), number_text(in_millijoules(*draft.checker_energy), 3),
            draft.model, number_text(in_millijoules(*draft.drafter_energy), 3));
    }
    return text + ".";
}

/// Cost of decoding on another device than the prefill: the hand-over of the KV cache, and weights on both devices,
/// unless they share the layout.
std::string cache_note(const Candidate& candidate) {
    return fmt::format("{} hands over {} of keys and values behind the prompt in {} and {}.", placement_name(candidate),
                       brief(candidate.generation->handed_over), brief(candidate.generation->handover),
                       candidate.generation->weights_again > Bytes{} ? "holds weights on both devices"
                                                                     : "uses the same weights on both devices");
}

/// What the first token of a placement consists of, by what each part grows with.
std::string first_token_note(const Candidate& candidate) {
    const FirstTokenParts& parts = *candidate.generation->parts;
    const auto layers = static_cast<double>(parts.layers);
    const auto positions = static_cast<double>(parts.prompt);
    std::string text = fmt::format(
        "first token on {}: per model {}; per layer {} x {} = {} whatever the prompt, of it {} for starting kernels; "
        "per position {} x {} = {}",
        placement_name(candidate), brief(parts.model), parts.layers, brief(parts.in_layers / layers),
        brief(parts.in_layers), brief(parts.starting), parts.prompt, brief(parts.positions / positions),
        brief(parts.positions));
    if (parts.pairs > Time{}) {
        text += fmt::format("; {} heads x {} = {} grow with the square of the prompt", parts.heads,
                            brief(parts.pairs / static_cast<double>(parts.heads)), brief(parts.pairs));
    }
    text += ".";
    if (!parts.not_told_apart.empty()) {
        const auto pair = [](const auto& one) { return fmt::format("{} and {}", one.first, one.second); };
        text += fmt::format(" Rows do not tell apart what {} contribute.",
                            fmt::join(mapped(parts.not_told_apart, pair), ", "));
    }
    return text;
}

}  // namespace

TextTable candidate_rows(const StageResult& stage) {
    const std::vector<const Candidate*> shown = feasible(stage);
    return overview(shown, &stage.candidates[*stage.chosen], decimals_of(shown));
}

TextTable candidate_classes(const StageResult& stage, TextWidth width) {
    const std::vector<const Candidate*> shown = feasible(stage);
    return fitting_class_table(shown, &stage.candidates[*stage.chosen], decimals_of(shown), width);
}

std::optional<TextTable> candidate_paces(const StageResult& stage) {
    const Candidate& chosen = stage.candidates[*stage.chosen];
    if (!chosen.generation) {
        return std::nullopt;
    }
    const bool first = chosen.generation->first_token.has_value();
    const bool steps = chosen.generation->step.has_value();
    const char* rate = chosen.generation->batch > 1 ? "tokens/s of each" : "tokens/s";
    TextTable table{left("  text"), first ? right("first token", "5-95 %") : right(),
                    steps ? right(rate, "5-95 %") : right(), right("cache MiB")};
    for (const Candidate* candidate : feasible(stage)) {
        const GenerationResult& generation = *candidate->generation;
        std::vector<std::string> cells{marked_name(*candidate, &chosen)};
        if (first) {
            cells.push_back(brief(generation.first_token->median));
            cells.push_back(range_text(*generation.first_token));
        }
        if (steps) {
            const Estimate<Time> step = step_estimate(generation);
            cells.push_back(token_rate_text(step.median));
            cells.push_back(token_rate_range(step));
        }
        cells.push_back(mebibytes_text(generation.kv_cache));
        table.row(std::move(cells));
    }
    return table;
}

std::vector<std::string> candidate_notes(const StageResult& stage, const ScenarioResult& result) {
    const Candidate& chosen = stage.candidates[*stage.chosen];
    std::vector<std::string> notes{fmt::format("* chosen: {}.{}{}", quality(chosen, stage, result.objective),
                                               mixed_lengths(stage, chosen), overlapping(chosen))};
    if (std::string regrets = stage.pinned ? "" : regret_text(stage, result.objective); !regrets.empty()) {
        notes.push_back(std::move(regrets));
    }
    if (const std::string fusions = fusion_text(chosen); !fusions.empty()) {
        notes.push_back(fmt::format("fusion: {}.", fusions));
    }
    if (chosen.segments.size() > 1 && !chosen.operators.empty()) {
        notes.push_back(segments_text(chosen, result.devices));
    }
    if (chosen.generation && chosen.generation->parts) {
        notes.push_back(first_token_note(chosen));
    }
    for (const Candidate* candidate : feasible(stage)) {
        if (candidate->generation && candidate->generation->handed_over > Bytes{}) {
            notes.push_back(cache_note(*candidate));
        }
        if (candidate->draft) {
            notes.push_back(draft_note(*candidate));
        }
    }
    return notes;
}

std::string candidates_text(const StageResult& stage, const ScenarioResult& result, TextWidth width) {
    if (!stage.chosen) {
        return "";
    }
    std::string text =
        wrapped(fmt::format("{}: {}, one pass; tokens are padded/actual", stage.name, stage.model), 0, width);
    text += candidate_rows(stage).text(kIndent, width) + "\n" + candidate_classes(stage, width).text(kIndent, width);
    if (const auto paces = candidate_paces(stage)) {
        text += "\n" + paces->text(kIndent, width);
    }
    for (const Candidate& candidate : stage.candidates) {
        if (!candidate.feasible) {
            text += wrapped(fmt::format("{} cannot run it: {}", placement_name(candidate), candidate.reason),
                            kIndent + 2, width);
        }
    }
    for (const std::string& note : candidate_notes(stage, result)) {
        text += wrapped(note, kIndent, width);
    }
    return text;
}

}  // namespace berth
