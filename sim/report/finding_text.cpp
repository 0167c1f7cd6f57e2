// Findings as text: the finding, the gain of acting on it, and the command line that tries it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "berth/base/quantity_text.h"
#include "berth/report/provenance.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kFindingIndent = 4;

}  // namespace

std::string finding_name(const Finding& finding) {
    std::vector<std::string> stages{finding.stage};
    stages.insert(stages.end(), finding.also_in.begin(), finding.also_in.end());
    return fmt::format("{}{}{}", choice_name(kFindingKindNames, finding.kind), finding.stage.empty() ? "" : " in ",
                       fmt::join(stages, ", "));
}

std::string finding_gain(const Finding& finding) {
    if (!changes_total(finding)) {
        return "";
    }
    const Time more = *finding.after - *finding.before;
    const std::string sign = more > Time{} ? "+" : "-";
    const Time size = more > Time{} ? more : -more;
    std::string text = fmt::format("total {} -> {}", brief(*finding.before), brief(*finding.after));
    if (brief(*finding.before) == brief(*finding.after)) {
        text = fmt::format("total {} {} {}", brief(*finding.before), sign, brief(size));
    }
    text += fmt::format(" ({}{})", sign, percent_text(size / *finding.before, 2));
    if (!finding.chosen_before.empty() && !finding.chosen_after.empty() &&
        finding.chosen_before != finding.chosen_after) {
        text += fmt::format("; {} moves from {} to {}", finding.stage, finding.chosen_before, finding.chosen_after);
    }
    return text;
}

std::string findings_text(std::span<const Finding> findings, TextWidth width) {
    if (findings.empty()) {
        return "None of the changes that were tried helps.\n";
    }
    std::string text;
    for (std::size_t i = 0; i < findings.size(); ++i) {
        const Finding& finding = findings[i];
        text += i == 0 ? "" : "\n";
        if (i > 0 && changes_total(findings[i - 1]) && !changes_total(finding)) {
            text += "Noticed too, without a gain in the total:\n\n";
        }
        text += fmt::format("{}. {}\n", i + 1, finding_name(finding));
        text += wrapped(finding.text, kFindingIndent, width);
        if (const std::string predicted = finding_gain(finding); !predicted.empty()) {
            text += wrapped("predicts: " + predicted, kFindingIndent, width);
        }
        for (const auto& [path, value] : finding.change) {
            text += fmt::format("{:{}}{} --set {}\n", "", kFindingIndent,
                                &path == &finding.change.front().first ? "try:" : "    ",
                                shell_word(fmt::format("{}={}", path, value)));
        }
    }
    return text;
}

}  // namespace berth
