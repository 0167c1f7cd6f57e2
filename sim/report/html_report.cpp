// One page that a colleague opens without having the program: the answer first, then why, then what would change it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "berth/quantity_text.h"
#include "berth/report.h"
#include "berth/traffic_report.h"
#include "berth/warnings_report.h"
#include "report/html_parts.h"
#include "report/names.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr TextWidth kUnbounded{100000};

std::string paragraph(std::string_view text, std::string_view kind = "") {
    return fmt::format("<p{}>{}</p>\n", kind.empty() ? "" : fmt::format(" class=\"{}\"", kind), html_text(text));
}

std::string list(const std::vector<std::string>& sentences) {
    std::string text;
    for (const std::string& sentence : sentences) {
        text += fmt::format("<li>{}</li>\n", html_text(sentence));
    }
    return text.empty() ? "" : "<ul>\n" + text + "</ul>\n";
}

std::string preformatted(std::string_view text) {
    return text.empty() ? "" : fmt::format("<pre tabindex=\"0\">{}</pre>\n", html_text(text));
}

/// Drawings whose names begin with one of these.
std::string figures(std::span<const DrawnPicture> pictures, std::initializer_list<std::string_view> names) {
    std::string text;
    for (const DrawnPicture& one : pictures) {
        const bool wanted = std::ranges::any_of(
            names, [&one](std::string_view name) { return std::string_view(one.picture.name).starts_with(name); });
        text += wanted ? html_figure(one.svg, one.picture.name, one.picture.caption) : "";
    }
    return text;
}

std::string question(const ScenarioResult& result) {
    return fmt::format("Where should each stage of “{}” run on {}, placed for {}?",
                       title_of(result.scenario, result.changes), result.hardware, row_of(result.objective).name);
}

std::string answer(const ScenarioResult& result, const Scenario& scenario) {
    std::vector<std::string> places;
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            places.push_back(fmt::format("{} (sure: {})", stage_placed(stage.name, stage.candidates[*stage.chosen]),
                                         share_text(stage.confidence)));
        }
    }
    const auto& total = result.total;
    const std::string_view verdict = !total.budget                           ? "answer"
                                     : total.latency.median <= *total.budget ? "answer met"
                                                                             : "answer missed";
    return paragraph(fmt::format("{}. {}", fmt::join(places, ", "), headline(result)), verdict) +
           html_table(stage_rows(result, scenario), "Recommended placement, stage by stage") +
           list(stage_reasons(result, scenario));
}

std::string variants(const ScenarioResult& result) {
    std::string text;
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            text +=
                fmt::format("<h3>{}</h3>\n", html_text(stage.name)) +
                html_table(candidate_rows(stage), fmt::format("{}, one pass; tokens are padded/actual", stage.model)) +
                list(candidate_notes(stage, result));
        }
    }
    return text;
}

std::string why(const ScenarioResult& result, std::span<const DrawnPicture> pictures) {
    std::string text = figures(pictures, {"time-by-class"});
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            text += html_table(candidate_classes(stage, kUnbounded), "Time by class of operators: " + stage.name);
        }
    }
    return text + figures(pictures, {"roofline", "placement"});
}

std::string finding_item(const Finding& finding) {
    const std::string stage = finding.stage.empty() ? "" : " in " + finding.stage;
    std::string text = fmt::format("<li><strong>{}{}</strong>: {}", choice_name(kFindingKindNames, finding.kind),
                                   html_text(stage), html_text(finding.text));
    if (const std::string gain = finding_gain(finding); !gain.empty()) {
        text += " Predicts: " + html_text(gain) + ".";
    }
    std::string tries;
    for (const auto& [path, value] : finding.change) {
        tries += (tries.empty() ? "" : " ") + fmt::format("--set {}", shell_word(fmt::format("{}={}", path, value)));
    }
    return text + (tries.empty() ? "" : fmt::format(" Try: <code>{}</code>", html_text(tries))) + "</li>\n";
}

std::string changes(std::span<const Finding> findings, std::span<const DrawnPicture> pictures) {
    std::string items;
    for (const Finding& finding : findings) {
        items += finding_item(finding);
    }
    const std::string none = paragraph("Nothing to act on was found.");
    return (items.empty() ? none : "<ol>\n" + items + "</ol>\n") + figures(pictures, {"tokens"});
}

std::string assumptions(const ScenarioResult& result, const Scenario& scenario) {
    const auto table = assumption_rows(result, scenario);
    return table ? html_table(*table, "One standard deviation of each number, and its share of the total's variance")
                 : "";
}

std::string operators(const ScenarioResult& result) {
    std::string text;
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen) {
            continue;
        }
        const Candidate& candidate = stage.candidates[*stage.chosen];
        text += html_table(operator_table(candidate, result.devices),
                           fmt::format("Operators of {}", stage_placed(stage.name, candidate)), true);
    }
    return text;
}

struct Term {
    std::string_view word, meaning;
};
constexpr std::array<Term, 9> kGlossary{{
    {"5-95 %",
     "the interval that the time lies in with a probability of 90 %, given the spreads of the profile's numbers"},
    {"sure", "probability that this choice is the fastest, given the profile's uncertainty"},
    {"pass", "one run of a model; a stage may take several per request"},
    {"padded/actual tokens", "what a compiled shape computes, and what the input holds"},
    {"bound", "the term that takes the most of an operator's time: arithmetic, DRAM, launching it, and so on"},
    {"hand-over", "moving data and control from one device to another"},
    {"fused", "computed as a part of the operator before, without a launch and traffic of its own"},
    {"regret", "how much longer a placement takes than the best one known"},
    {"origin",
     "where a number is from: a datasheet, a measurement, a calibration, inherited from a kind of chip, or assumed"},
}};

std::string glossary() {
    std::string text = "<dl>\n";
    for (const Term& term : kGlossary) {
        text += fmt::format("<dt>{}</dt><dd>{}.</dd>\n", html_text(term.word), html_text(term.meaning));
    }
    return text + "</dl>\n";
}

struct Part {
    std::string_view id, title;
    std::string body;
};

}  // namespace

std::string html_report(const ScenarioResult& result, const Scenario& scenario, std::span<const Finding> findings,
                        std::span<const DrawnPicture> pictures, const Provenance& provenance) {
    const std::vector<Part> parts{
        {"warnings", "Warnings", preformatted(warnings_text(result.warnings, {}))},
        {"variants", "Variants side by side", variants(result)},
        {"why", "Why", why(result, pictures)},
        {"changes", "What would change it", changes(findings, pictures)},
        {"traffic", "Traffic",
         result.traffic ? preformatted(traffic_text(*result.traffic, scenario, {}) + slowdowns_text(result, {})) : ""},
        {"cores", "Cores per request", preformatted(core_splits_text(result, {}))},
        {"inputs", "Inputs per pass", preformatted(batch_sizes_text(result, {}))},
        {"timeline", "Timeline", figures(pictures, {"timeline"})},
        {"assumptions", "What the interval rests on", assumptions(result, scenario)},
        {"operators", "Every operator", operators(result)},
        {"glossary", "Words", glossary()},
        {"provenance", "Provenance", preformatted(provenance_text(provenance))},
    };
    const std::string title = title_of(result.scenario, result.changes);
    std::string links;
    std::string sections;
    for (const Part& part : parts) {
        sections += html_section(part.id, part.title, part.body);
        links +=
            part.body.empty() ? "" : fmt::format("<li><a href=\"#{}\">{}</a></li>", part.id, html_text(part.title));
    }
    return html_page(
        title, fmt::format("<h1>{}</h1>\n{}{}<nav aria-label=\"Sections\"><ul>{}</ul></nav>\n{}", html_text(title),
                           paragraph(question(result)), answer(result, scenario), links, sections));
}

}  // namespace berth
