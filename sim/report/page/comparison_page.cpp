#include "report/page/comparison_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/base/brief_text.h"
#include "report/page/diff_page.h"
#include "report/page/glossary.h"
#include "report/page/html_parts.h"
#include "report/page/written_page.h"
#include "report/scenario_diff_tables.h"

namespace berth {

namespace {

std::string best_sentence(const HardwareComparison& comparison) {
    if (!comparison.best) {
        return "No chip can run it.";
    }
    const ScenarioResult& best = *comparison.chips[*comparison.best].result;
    const auto& total = best.total;
    std::string text = fmt::format("{} is best, placed for {}: a request takes {}", best.hardware,
                                   row_of(best.objective).name, estimate_text(total.latency));
    if (total.budget && total.budget_probability) {
        text += fmt::format(", and stays within its budget of {} with a probability of {}", brief(*total.budget),
                            share_text(*total.budget_probability));
    }
    return text + ".";
}

std::string refusals(const HardwareComparison& comparison) {
    std::vector<std::string> sentences;
    for (const ChipAnswer& chip : comparison.chips) {
        if (!chip.result) {
            sentences.push_back(fmt::format("{}: {}.", chip.hardware, chip.why_not));
        }
    }
    return html_list(sentences);
}

}  // namespace

std::string comparison_page(const HardwareComparison& comparison, const NamedTable& totals,
                            std::span<const NamedTable> stages, std::span<const Picture> pictures,
                            const Provenance& provenance) {
    std::string of_stages;
    for (const NamedTable& stage : stages) {
        of_stages += html_table(stage.table, {fmt::format("{} on each chip", stage.name)});
    }
    std::vector<HtmlSection> sections{
        {"chips", "The chips side by side",
         html_figures(pictures, {"compare"}) + html_table(totals.table, {totals.name})},
        {"stages", "Stage by stage", of_stages},
        {"refusals", "Cannot run it", refusals(comparison)},
    };
    if (comparison.difference) {
        const ScenarioDiff& diff = *comparison.difference;
        sections.push_back({"difference", fmt::format("From {} to {}", start_name(diff), end_name(diff)),
                            html_paragraph(total_sentence(diff)) +
                                (answers_text(diff.answers).empty()
                                     ? ""
                                     : html_paragraph(fmt::format("Also: {}.", answers_text(diff.answers))))});
        for (HtmlSection& section : diff_sections(diff, pictures)) {
            sections.push_back(std::move(section));
        }
    }
    sections.push_back({"glossary", "Words", glossary_html()});
    const auto beside = beside_page("compare", {"compare.txt", "compare.json", "compare.csv"}, pictures);
    sections.push_back({"provenance", "Where this is from", html_provenance(provenance, beside)});
    const std::string title = provenance.title.empty() ? "One scenario on several chips" : provenance.title;
    return html_page(title + ": which chip?",
                     html_paragraph("On which of these chips does it do best, and what makes the difference?") +
                         html_paragraph(best_sentence(comparison), "answer"),
                     sections);
}

}  // namespace berth
