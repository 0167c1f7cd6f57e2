// berth validate --decisions: pairs of measured rows of the same work, as text, Markdown and JSON.
#include "berth/report/choices_report.h"
#include "berth/base/brief_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "berth/base/quantity_text.h"
#include "report/json_values.h"
#include "report/validation_tables.h"

namespace berth {

namespace {

constexpr double kWorthIt = 1.2;  // ratio below which two alternatives count as equally good

std::string alternative_text(const Alternative& one) {
    return fmt::format("{} {}, {} core{} ({})", one.device, choice_name(kDTypeNames, one.dtype), one.cores,
                       one.cores == 1 ? "" : "s", one.profile);
}

std::string right_share(const ChoiceCount& count) {
    return count.choices == 0 ? "-"
                              : percent_text(static_cast<double>(count.right) / static_cast<double>(count.choices), 3);
}

std::vector<std::string> count_row(std::string name, std::span<const MeasuredChoice> choices,
                                   std::optional<ChoiceOf> of) {
    const ChoiceCount all = count_choices(choices, 1, of);
    const ChoiceCount apart = count_choices(choices, kWorthIt, of);
    const ChoiceCount clear = count_choices(choices, kWorthIt, of, true);
    return {std::move(name),    fmt::format("{}", all.choices),   right_share(all),  fmt::format("{}", apart.choices),
            right_share(apart), fmt::format("{}", clear.choices), right_share(clear)};
}

// Columns: what is counted, and the number of choices that the prediction gets right.
TextTable count_columns(std::string what) {
    TextTable table{left(std::move(what)), right("pairs", "right", "of them 1.2 times apart", "right there",
                                                 "and beyond noise", "right there")};
    return table;
}

TextTable counts_table(std::span<const MeasuredChoice> choices) {
    TextTable table = count_columns("they differ in");
    for (const auto& row : kChoiceOfNames) {
        if (count_choices(choices, 1, row.value).choices > 0) {
            table.row(count_row(std::string(row.name), choices, row.value));
        }
    }
    table.row(count_row("all", choices, std::nullopt));
    return table;
}

// Choices grouped by the row set of both alternatives, since sets differ in measurement accuracy; choices between sets
// form one group.
std::map<std::string, std::vector<MeasuredChoice>> by_set(std::span<const MeasuredChoice> choices) {
    std::map<std::string, std::vector<MeasuredChoice>> sets;
    for (const MeasuredChoice& one : choices) {
        sets[one.faster.set == one.slower.set ? one.faster.set : "one set and another"].push_back(one);
    }
    return sets;
}

TextTable sets_table(std::span<const MeasuredChoice> choices) {
    TextTable table = count_columns("measured in");
    for (const auto& [set, within] : by_set(choices)) {
        table.row(count_row(set, within, std::nullopt));
    }
    return table;
}

TextTable reliability_table(std::span<const MeasuredChoice> choices) {
    TextTable table{left("stated probability"), right("pairs", "mean", "right")};
    for (const ReliabilityBin& bin : reliability_of(choices)) {
        table.row({fmt::format("{} to {}", percent_text(bin.least, 2), percent_text(bin.most, 3)),
                   fmt::format("{}", bin.choices), bin.choices > 0 ? percent_text(bin.stated, 3) : "-",
                   right_share({bin.choices, bin.right})});
    }
    return table;
}

bool is_shown(const MeasuredChoice& choice) {
    const bool wrong = !choice.right() && choice.measured_ratio() >= kWorthIt && choice.told_apart();
    return choice.of == ChoiceOf::kRuntime || choice.of == ChoiceOf::kDevice || choice.whole_model || wrong;
}

TextTable choices_table(std::span<const MeasuredChoice> choices) {
    TextTable table{left(Fit::kShorten, "work"), left("measured faster", "measured slower"),
                    right("times as fast", "predicted", "sure"), left("")};
    for (const MeasuredChoice& one : choices) {
        if (is_shown(one)) {
            table.row({one.work, alternative_text(one.faster), alternative_text(one.slower),
                       number_text(one.measured_ratio(), 3), number_text(one.predicted_ratio(), 3),
                       share_text(one.probability),
                       one.right()                       ? "right"
                       : one.measured_ratio() < kWorthIt ? "about equal"
                       : !one.told_apart()               ? "within noise"
                                                         : "wrong"});
        }
    }
    return table;
}

constexpr std::string_view kChoicesLegend =
    "Right: the alternative that was measured faster is predicted faster. Beyond noise: of two that take the same "
    "time, "
    "repetitions would be measured this far apart in one of ten cases at most, as far as the noise of the rows is "
    "known. "
    "Sure: its stated probability; in the table of probabilities, that it is also measured faster in rows of such "
    "noise. "
    "The last table shows choices between runtimes, between devices and of whole models, and all wrong ones whose "
    "alternatives are 1.2 times apart and beyond noise.";

Json json_alternative(const Alternative& one) {
    return {{"profile", one.profile},
            {"set", one.set},
            {"device", one.device},
            {"dtype", choice_name(kDTypeNames, one.dtype)},
            {"cores", one.cores},
            {"measured_us", json_number(in_microseconds(one.measured))},
            {"predicted_us", json_number(in_microseconds(one.predicted))}};
}

Json json_choice(const MeasuredChoice& one) {
    return {{"work", one.work},
            {"of", choice_name(kChoiceOfNames, one.of)},
            {"faster", json_alternative(one.faster)},
            {"slower", json_alternative(one.slower)},
            {"measured_ratio", json_number(one.measured_ratio())},
            {"predicted_ratio", json_number(one.predicted_ratio())},
            {"probability", json_number(one.probability)},
            {"measured_probability", json_number(one.measured_probability)},
            {"noise", json_number(one.noise)},
            {"right", one.right()}};
}

Json json_count(std::string_view of, std::span<const MeasuredChoice> choices, std::optional<ChoiceOf> kind) {
    const ChoiceCount all = count_choices(choices, 1, kind);
    const ChoiceCount apart = count_choices(choices, kWorthIt, kind);
    const ChoiceCount clear = count_choices(choices, kWorthIt, kind, true);
    return {{"of", of},
            {"choices", all.choices},
            {"right", all.right},
            {"apart", apart.choices},
            {"apart_right", apart.right},
            {"clear", clear.choices},
            {"clear_right", clear.right}};
}

}  // namespace

std::string choices_text(std::span<const MeasuredChoice> choices, TextWidth width) {
    return fmt::format("Choices that were measured\n\n{}\n{}\n{}\n{}\n{}", counts_table(choices).text(2, width),
                       sets_table(choices).text(2, width), reliability_table(choices).text(2, width),
                       choices_table(choices).text(2, width), wrapped(kChoicesLegend, 0, width));
}

std::string choices_markdown(std::span<const MeasuredChoice> choices) {
    return fmt::format("{}\n{}\n{}\n{}\n{}\n", counts_table(choices).markdown(), sets_table(choices).markdown(),
                       reliability_table(choices).markdown(), choices_table(choices).markdown(), kChoicesLegend);
}

std::string choices_json(std::span<const MeasuredChoice> choices) {
    Json json = Json::object();
    json["counts"] =
        json_array(kChoiceOfNames, [&](const auto& row) { return json_count(row.name, choices, row.value); });
    json["counts"].push_back(json_count("all", choices, std::nullopt));
    json["sets"] = Json::array();
    for (const auto& [set, within] : by_set(choices)) {
        json["sets"].push_back(json_count(set, within, std::nullopt));
    }
    json["reliability"] = json_array(reliability_of(choices), [](const ReliabilityBin& bin) {
        return Json{{"least", json_number(bin.least)},
                    {"most", json_number(bin.most)},
                    {"choices", bin.choices},
                    {"right", bin.right},
                    {"stated", json_number(bin.stated)}};
    });
    json["choices"] = json_array(choices, json_choice);
    return json_document(json);
}

}  // namespace berth
