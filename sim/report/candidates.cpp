// The table of candidates of a stage: what each pays for, how long it takes, in which classes, and what binds it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "berth/quantity_text.h"
#include "report/names.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kIndent = 2;

std::vector<const Candidate*> feasible(const StageResult& stage) {
    std::vector<const Candidate*> result;
    for (const Candidate& candidate : stage.candidates) {
        if (candidate.feasible) {
            result.push_back(&candidate);
        }
    }
    return result;
}

/// Classes by the time that they take in the candidate where they take most.
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

/// The bound under which most of the time is spent, with its share: "dram 64%".
std::string main_bound(const Candidate& candidate) {
    std::map<Bound, Time> under;
    Time all;
    for (const OperatorResult& op : candidate.operators) {
        under[op.bound] += op.latency;
        all += op.latency;
    }
    const auto largest =
        std::max_element(under.begin(), under.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (largest == under.end() || all <= Time{}) {
        return "-";
    }
    return fmt::format("{} {}", choice_name(kBoundNames, largest->first), percent_text(largest->second / all, 2));
}

std::string tokens_text(const Candidate& candidate) {
    return candidate.tokens_paid == candidate.tokens_held
               ? fmt::format("{}", candidate.tokens_paid)
               : fmt::format("{}/{}", candidate.tokens_paid, candidate.tokens_held);
}

struct Columns {
    std::vector<Category> classes;  ///< with a column of their own
    std::vector<Category> other;    ///< that share one
    bool energy = false;
    bool bound = false;
    int decimals = 0;
};

Time time_in(const Candidate& candidate, Category category) {
    const auto found = candidate.by_category.find(category);
    return found == candidate.by_category.end() ? Time{} : found->second;
}

std::string number(Time time, int decimals) { return fmt::format("{:.{}f}", in_milliseconds(time), decimals); }

std::vector<std::string> cells(const Candidate& candidate, bool chosen, const Columns& columns) {
    const int decimals = columns.decimals;
    const Estimate<Time>& latency = candidate.latency;
    std::vector<std::string> result{
        chosen ? "*" : "",
        placement_name(candidate),
        candidate.granularity == Granularity::kModel ? fmt::format("{}", candidate.cores) : "-",
        tokens_text(candidate),
        number(latency.median, decimals),
        latency.high > latency.low ? fmt::format("{}-{}", number(latency.low, decimals), number(latency.high, decimals))
                                   : ""};
    for (const Category category : columns.classes) {
        result.push_back(number(time_in(candidate, category), decimals));
    }
    if (!columns.other.empty()) {
        Time other;
        for (const Category category : columns.other) {
            other += time_in(candidate, category);
        }
        result.push_back(number(other, decimals));
    }
    result.push_back(number(candidate.handover, decimals));
    if (columns.energy) {
        result.push_back(candidate.energy ? number_text(in_millijoules(*candidate.energy), 3) : "");
    }
    if (columns.bound) {
        result.push_back(main_bound(candidate));
    }
    return result;
}

TextTable table_of(const std::vector<const Candidate*>& candidates, const Candidate* chosen, const Columns& columns) {
    TextTable table;
    table.column("", Align::kLeft);
    table.column("placement", Align::kLeft);
    table.column("cores", Align::kRight);
    table.column("tokens", Align::kRight);
    table.column("ms", Align::kRight);
    table.column("5-95 %", Align::kRight);
    for (const Category category : columns.classes) {
        table.column(std::string(choice_name(kCategoryNames, category)), Align::kRight);
    }
    if (!columns.other.empty()) {
        table.column("other", Align::kRight);
    }
    table.column("hand-over", Align::kRight);
    if (columns.energy) {
        table.column("mJ", Align::kRight);
    }
    if (columns.bound) {
        table.column("bound", Align::kLeft);
    }
    for (const Candidate* candidate : candidates) {
        table.row(cells(*candidate, candidate == chosen, columns));
    }
    return table;
}

/// As many classes as fit into the report's width.
TextTable fitting_table(const std::vector<const Candidate*>& candidates, const Candidate* chosen) {
    Columns columns;
    columns.classes = classes_by_time(candidates);
    Time largest;
    for (const Candidate* candidate : candidates) {
        largest = std::max(largest, candidate->latency.high);
        columns.energy = columns.energy || candidate->energy.has_value();
        columns.bound = columns.bound || !candidate->operators.empty();
    }
    columns.decimals = decimals_for(in_milliseconds(largest));
    TextTable table = table_of(candidates, chosen, columns);
    while (table.columns() + kIndent > kReportColumns && !columns.classes.empty()) {
        columns.other.push_back(columns.classes.back());
        columns.classes.pop_back();
        table = table_of(candidates, chosen, columns);
    }
    return table;
}

std::string quality(const Candidate& chosen) {
    if (chosen.proved_optimal) {
        return "no placement of its operators is faster (proved)";
    }
    return fmt::format("at most {} above the best placement of its operators", percent_text(chosen.optimality_gap, 3));
}

/// Inputs of several lengths: the latency is their mean, the classes are those of one length.
std::string mixed_lengths(const Candidate& chosen) {
    Time sum = chosen.handover;
    for (const auto& [category, time] : chosen.by_category) {
        sum += time;
    }
    return std::abs(sum / chosen.latency.median - 1) < 0.005
               ? ""
               : fmt::format(" The latency is a mean over input lengths, the classes are those of {} tokens.",
                             chosen.tokens_held);
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

}  // namespace

std::string candidates_text(const StageResult& stage, const ScenarioResult& result) {
    if (!stage.chosen) {
        return "";
    }
    const Candidate& chosen = stage.candidates[*stage.chosen];
    std::string text = fmt::format("{}: {}; times of one pass in ms, tokens paid/held\n", stage.name, stage.model);
    text += fitting_table(feasible(stage), &chosen).text(kIndent);
    for (const Candidate& candidate : stage.candidates) {
        if (!candidate.feasible) {
            text +=
                wrapped(fmt::format("{}: not possible: {}", placement_name(candidate), candidate.reason), kIndent + 3);
        }
    }
    text += wrapped(fmt::format("* chosen; {}. Weights {}, activations {} at the peak, {} spilled.{}", quality(chosen),
                                to_text(chosen.weight_bytes), to_text(chosen.peak_activation_bytes),
                                to_text(chosen.spilled_bytes), mixed_lengths(chosen)),
                    kIndent);
    if (chosen.segments.size() > 1 && !chosen.operators.empty()) {
        text += wrapped(segments_text(chosen, result.devices), kIndent);
    }
    return text;
}

}  // namespace berth
