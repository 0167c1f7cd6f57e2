// The complete report as text and as Markdown.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "berth/report/report.h"
#include "berth/report/traffic_report.h"
#include "berth/report/warnings_report.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr const char* kAnswer = "Answer";

struct ReportPart {
    std::string title;
    std::string body;
};

std::vector<ReportPart> sections(const ScenarioResult& result, const Scenario& scenario,
                                 std::span<const Finding> findings, const Provenance& provenance, TextWidth width) {
    std::vector<ReportPart> all;
    const auto add = [&all](std::string title, std::string body) {
        if (!body.empty()) {
            all.push_back(ReportPart{std::move(title), std::move(body)});
        }
    };
    add(kAnswer, answer_text(result, scenario, width));
    add("Warnings", warnings_text(result.warnings, width));
    std::string candidates;
    for (const StageResult& stage : result.stages) {
        const std::string one = candidates_text(stage, result, width);
        candidates += candidates.empty() || one.empty() ? one : "\n" + one;
    }
    add("Candidates", candidates);
    if (result.traffic) {
        add("Traffic", traffic_text(*result.traffic, scenario, width) + slowdowns_text(result, width));
    }
    add("Chats", chats_text(result, scenario, width));
    add("Cores per request", core_splits_text(result, width));
    add("Inputs per pass", batch_sizes_text(result, width));
    add("Findings", findings_text(findings, width));
    add("What the interval rests on", assumptions_text(result, scenario, width));
    add("Provenance", provenance_text(provenance, width));
    return all;
}

std::string title(const ScenarioResult& result) {
    return fmt::format("{} ({}, placed for {})", title_of(result.scenario, result.changes), result.hardware,
                       row_of(result.objective).name);
}

}  // namespace

std::string text_report(const ScenarioResult& result, const Scenario& scenario, std::span<const Finding> findings,
                        const Provenance& provenance, TextWidth width) {
    std::string text = wrapped(title(result), 0, width);
    for (const ReportPart& section : sections(result, scenario, findings, provenance, width)) {
        if (section.title != kAnswer) {  // the answer itself has no heading
            text += fmt::format("\n{}\n{:-<{}}\n", section.title, "", section.title.size());
        }
        text += section.body;
    }
    return text;
}

std::string markdown_report(const ScenarioResult& result, const Scenario& scenario, std::span<const Finding> findings,
                            std::span<const Picture> pictures, const Provenance& provenance) {
    std::string text = fmt::format("# {}\n", title(result));
    for (const ReportPart& section : sections(result, scenario, findings, provenance, TextWidth())) {
        text += fmt::format("\n## {}\n\n```text\n{}```\n", section.title, section.body);
    }
    if (!pictures.empty()) {
        text += "\n## Pictures\n";
    }
    for (const Picture& picture : pictures) {
        text += fmt::format("\n![{}]({}.png)\n\n{} ([SVG]({}.svg))\n", picture.caption, picture.name, picture.caption,
                            picture.name);
    }
    return text;
}

}  // namespace berth
