#include "report/page/review_sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/base/quantity_text.h"
#include "report/evidence_text.h"
#include "report/page/html_parts.h"
#include "report/sections.h"
#include "report/validation_tables.h"
#include "report/worth_measuring.h"

namespace berth {

namespace {

constexpr std::size_t kMeasurementsShown = 5;

std::string finding_item(const Finding& finding) {
    std::string text =
        fmt::format("<li><strong>{}</strong>: {}", html_text(finding_name(finding)), html_text(finding.text));
    if (const std::string gain = finding_gain(finding); !gain.empty()) {
        text += " Predicts: " + html_text(gain) + ".";
    }
    std::string tries;
    for (const auto& [path, value] : finding.change) {
        tries += (tries.empty() ? "" : " ") + fmt::format("--set {}", shell_word(fmt::format("{}={}", path, value)));
    }
    return text + (tries.empty() ? "" : fmt::format(" Try: <code>{}</code>", html_text(tries))) + "</li>\n";
}

// Findings that change the total, then the others, with continuous numbering.
std::string finding_lists(std::span<const Finding> findings) {
    const auto without_gain = std::ranges::find_if_not(findings, changes_total);
    const auto items = [](std::span<const Finding> some) {
        std::string text;
        for (const Finding& finding : some) {
            text += finding_item(finding);
        }
        return text;
    };
    const auto gains = static_cast<std::size_t>(without_gain - findings.begin());
    std::string text;
    if (gains > 0) {
        text += "<h3>Findings that move the total</h3>\n<ol>\n" + items(findings.first(gains)) + "</ol>\n";
    }
    if (gains < findings.size()) {
        text += fmt::format("<h3>Noticed too, without a gain in the total</h3>\n<ol start=\"{}\">\n{}</ol>\n",
                            gains + 1, items(findings.subspan(gains)));
    }
    return text.empty() ? html_paragraph("None of the changes that were tried helps.") : text;
}

std::string crossover_list(const DesignReview& review) {
    std::vector<std::string> sentences;
    for (const LengthCrossover& one : review.crossovers) {
        for (const std::string& sentence : crossover_sentences(one.question, one.answer)) {
            sentences.push_back(fmt::format("{}, inputs of {} to {} tokens: {}", one.question.stage,
                                            one.question.range.text(one.question.range.from),
                                            one.question.range.text(one.question.range.to), sentence));
        }
    }
    return html_list(sentences);
}

std::string headed(std::string_view heading, const std::string& body) {
    return body.empty() ? "" : fmt::format("<h3>{}</h3>\n{}", heading, body);
}

std::string percent_or_dash(const std::optional<double>& share) { return share ? percent_text(*share, 2) : "-"; }

void add_accuracy_row(TextTable& table, const ValidatedSet& set) {
    if (set.classes.empty()) {
        return;
    }
    const ClassSummary& all = set.classes.back();
    table.row({set.name, std::string(choice_name(kRowUseNames, set.use)), fmt::format("{}", all.model.rows),
               percent_or_dash(all.model.median_error), percent_or_dash(all.model.mean_error),
               all.model.bias ? fmt::format("{:+.0f}%", 100 * *all.model.bias) : "-", percent_or_dash(all.coverage),
               percent_or_dash(all.roofline.mean_error)});
}

}  // namespace

std::string changes_section(const DesignReview& review, const Scenario& scenario, std::span<const Finding> findings,
                            std::span<const Picture> pictures) {
    std::string text = finding_lists(findings);
    text += headed("Where the decision turns", crossover_list(review) + html_figures(pictures, {"tokens-"}));
    if (review.sensitivity) {
        const auto sentences = decision_sentences(*review.sensitivity);
        text +=
            headed("What each number of the profile does", html_list(sentences) + html_figures(pictures, {"tornado"}));
    }
    if (!review.measurements.empty()) {
        text += headed("What to measure next",
                       html_table(worth_measuring_rows(review.measurements, scenario.profile, kMeasurementsShown),
                                  {"Operators whose time would tell most about a stage's decision, or where that is "
                                   "sure, about its latency"}));
    }
    return text;
}

std::string assumptions_section(const ScenarioResult& result, const Scenario& scenario) {
    const auto table = sourced_assumption_rows(result, scenario);
    if (!table) {
        return "";
    }
    return html_table(*table, {"One standard deviation of each number, its share of the total's variance, and where "
                               "the number is from"}) +
           html_list(stage_evidence_sentences(result));
}

std::string accuracy_section(const DesignReview& review) {
    if (!review.accuracy) {
        return html_paragraph(
            "No measurements are shipped with this profile: its predictions have not been compared with any.");
    }
    TextTable table{left("measurements", "use"),
                    right("rows", "median error", "mean error", "bias", "in 5-95 %", "mean error of a roofline")};
    for (const RowUse use : {RowUse::kUnseen, RowUse::kUnknown, RowUse::kFitted}) {
        for (const ValidatedSet& set : review.accuracy->sets) {
            if (set.use == use) {
                add_accuracy_row(table, set);
            }
        }
    }
    return html_paragraph(
               "Predictions of the profile as it is shipped, beside measurements. No number of the profile "
               "was fitted to those called unseen; errors on those that were fitted flatter.") +
           html_table(table, {fmt::format("Errors of {}", review.accuracy->profile)});
}

}  // namespace berth
