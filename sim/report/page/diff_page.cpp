#include "report/page/diff_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/page/glossary.h"
#include "report/page/written_page.h"
#include "report/scenario_diff_tables.h"

namespace berth {

namespace {

std::string move_list(const ScenarioDiff& diff) {
    std::vector<std::string> sentences;
    for (const DecisionChange& move : diff.decisions) {
        sentences.push_back(fmt::format("{} moves from {} to {}.", move.stage, move.before, move.after));
    }
    return sentences.empty() ? html_paragraph("No stage moves: each runs where it did.") : html_list(sentences);
}

/// Every differing input by name, with both values and its effect.
TextTable input_rows(const ScenarioDiff& diff) {
    TextTable table{left("input", "before", "after", "what it does")};
    for (const DiffStep& step : diff.steps) {
        const std::string answers = answers_text(step.answers);
        const std::string effect = is_in_table(step)
                                       ? signed_text(step.before, step.after, scale_of(diff), unit_of(diff))
                                   : !answers.empty() ? answers
                                                      : "nothing";
        for (const InputDifference& input : step.inputs) {
            table.row({input.path, input.before, input.after,
                       step.inputs.size() > 1 && is_in_table(step) ? effect + " together" : effect});
        }
    }
    return table;
}

std::string inputs_section(const ScenarioDiff& diff) {
    const TextTable rows = input_rows(diff);
    return rows.rows().empty()
               ? html_paragraph("No input differs.")
               : html_details(fmt::format("{} inputs differ", rows.rows().size()),
                              html_table(rows, {"Inputs that differ, in the order they were changed", true}));
}

}  // namespace

std::vector<HtmlSection> diff_sections(const ScenarioDiff& diff, std::span<const Picture> pictures) {
    const std::string order = html_paragraph(
        "Inputs are changed one after the other; the steps add up to the difference of the totals, and another order "
        "would attribute it differently.");
    const bool any = std::ranges::any_of(diff.steps, is_in_table);
    return {{"what", "What makes the difference",
             html_figures(pictures, {"waterfall"}) +
                 (any ? html_table(diff_step_rows(diff),
                                   {fmt::format("From {} to {}, step by step", start_name(diff), end_name(diff))}) +
                            order
                      : "")},
            {"moves", "Decisions that turned", move_list(diff)},
            {"classes", "Time by class of operators",
             html_table(diff_class_rows(diff), {"Time of a request by class, over all stages"})},
            {"inputs", "Inputs that differ", inputs_section(diff)}};
}

std::string diff_page(const ScenarioDiff& diff, std::span<const Picture> pictures, const Provenance& provenance) {
    const std::string title = fmt::format("{}: {} or {}", diff.after.scenario, start_name(diff), end_name(diff));
    const bool faster = diff.after.total.latency.median <= diff.before.total.latency.median;
    std::string first =
        html_paragraph(fmt::format("What changes from “{}” on {} to “{}” on {}?",
                                   title_of(diff.before.scenario, diff.before.changes), diff.before.hardware,
                                   title_of(diff.after.scenario, diff.after.changes), diff.after.hardware)) +
        html_paragraph(total_sentence(diff), faster ? "answer met" : "answer missed");
    first +=
        answers_text(diff.answers).empty() ? "" : html_paragraph(fmt::format("Also: {}.", answers_text(diff.answers)));
    auto sections = diff_sections(diff, pictures);
    sections.push_back({"glossary", "Words", glossary_html()});
    const auto beside = beside_page("diff", {"diff.txt", "diff.json"}, pictures);
    sections.push_back({"provenance", "Where this is from", html_provenance(provenance, beside)});
    return html_page(title, first, sections);
}

}  // namespace berth
