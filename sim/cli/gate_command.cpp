// berth gate: whether a change of profiles, models or scenarios changes a decision.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "berth/base/atomic_file.h"
#include "berth/base/quantity_text.h"
#include "berth/report/gate_report.h"
#include "cli/command.h"
#include "cli/opened_revision.h"
#include "cli/terminal_manners.h"

namespace berth {

namespace {

struct GateOptions {
    std::string before, after;
    std::vector<std::string> scenarios;
    std::string sure, junit;
    std::optional<Format> format;
};

std::optional<double> read_sure(const std::string& text, Diagnostics& diagnostics) {
    if (text.empty()) {
        return kSureProbability;
    }
    const auto parsed = parse_quantity(text, Dimension{});
    const auto* share = std::get_if<ParsedQuantity>(&parsed);
    if (share == nullptr || share->value <= 0 || share->value > 1 || share->spread || share->per) {
        diagnostics.error(SourceLocation("--sure"), fmt::format("'{}' is no probability", text),
                          "a share above 0 such as 90%");
        return std::nullopt;
    }
    return share->value;
}

void name_own_files(const OpenedRevision& before, const OpenedRevision& after, GateComparison& comparison) {
    for (GatedScenario& scenario : comparison.scenarios) {
        scenario.before.why_not = before.in_own_names(scenario.before.why_not);
        scenario.after.why_not = after.in_own_names(scenario.after.why_not);
    }
}

// Adds each profile once, however many scenarios use it.
void add_profiles(const GateComparison& comparison, Provenance& provenance) {
    for (const GatedScenario& scenario : comparison.scenarios) {
        for (const RevisionAnswer* answer : {&scenario.before, &scenario.after}) {
            if (answer->scenario) {
                ProfileOrigin origin = profile_origin(answer->scenario->profile, answer->scenario->source.library);
                if (std::ranges::find(provenance.profiles, origin) == provenance.profiles.end()) {
                    provenance.profiles.push_back(std::move(origin));
                }
            }
        }
    }
}

std::optional<GateComparison> watched_comparison(const OpenedRevision& before, const OpenedRevision& after,
                                                 const GateOptions& options, double sure, Diagnostics& diagnostics) {
    std::unique_ptr<ProgressBar> progress;
    return compare_revisions(before.revision, after.revision, options.scenarios, sure, diagnostics,
                             [&progress](std::string_view name, std::size_t done, std::size_t all) {
                                 if (!progress) {
                                     progress = std::make_unique<ProgressBar>("scenarios", all);
                                 }
                                 progress->reached(done, name);
                             });
}

std::optional<GateComparison> compared(const GateOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const auto sure = read_sure(options.sure, diagnostics);
    const auto before = open_revision(options.before, invocation.library, diagnostics);
    const auto after = open_revision(options.after, invocation.library, diagnostics);
    if (!sure || !before || !after) {
        return std::nullopt;
    }
    auto comparison = watched_comparison(*before, *after, options, *sure, diagnostics);
    if (comparison) {
        name_own_files(*before, *after, *comparison);
        invocation.provenance.title = options.before + " -> " + options.after;
        add_profiles(*comparison, invocation.provenance);
    }
    return comparison;
}

ExitStatus gate(const GateOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto comparison = compared(options, invocation, diagnostics);
    if (!comparison || (!options.junit.empty() && !write_file(options.junit, gate_junit(*comparison), diagnostics))) {
        return answer(std::nullopt, diagnostics);
    }
    const ExitStatus status = answer(in_format({.text = [&] { return gate_text(*comparison, invocation.width); },
                                                .json = [&] { return gate_json(*comparison); },
                                                .rows = [&] { return gate_csv(*comparison); },
                                                .markdown = [&] { return gate_markdown(*comparison); },
                                                .ends_with_origin = true},
                                               options.format, invocation),
                                     diagnostics);
    for (const std::string& failure : gate_failures(*comparison)) {
        fmt::print(stderr, "berth: {}\n", failure);
    }
    return status == ExitStatus::kFine && comparison->blocks() ? ExitStatus::kDiffers : status;
}

}  // namespace

void add_gate(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<GateOptions>();
    CLI::App* command = app.add_subcommand(
        "gate", "Compares two revisions of profiles, models and scenarios; exits with status 4 if a decision turned");
    const std::string revision =
        "A folder with hardware/, models/ or scenarios/, or a git revision such as main, HEAD~1 or main:data";
    add_value(*command, "old", options->before, "OLD", revision)->required();
    add_value(*command, "new", options->after, "NEW", "The same, as it is to become")->required();
    add_value(*command, "scenarios", options->scenarios, "SCENARIO...",
              "Names in their scenarios/, or files that both are asked (default: all of theirs)");
    add_value(*command, "--sure", options->sure, "SHARE", "A probability from which on a decision or a budget is sure")
        ->default_str("90%");
    add_value(*command, "--junit", options->junit, "FILE", "File to write the checks to as JUnit XML");
    add_format_option(*command, options->format, formats_of(kWithRows));
    command->footer(
        "Examples:\n"
        "  berth gate main . --format markdown --junit gate.xml\n"
        "  berth gate old new rag-rk3588 --sure 95%");
    command->callback([options, &invocation] { invocation.status = gate(*options, invocation); });
}

}  // namespace berth
