// berth diff: comparison of two scenarios, with the effect of each difference.
#include <fmt/format.h>

#include <memory>

#include "berth/base/quantity_text.h"
#include "berth/report/scenario_diff_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct DiffOptions {
    std::string before, after;
    std::vector<std::string> settings, fail_on;
    std::string report;
    std::optional<Format> format;
};

/// Conditions under which the command fails.
struct FailureRule {
    bool decision = false;
    std::optional<double> slower;  ///< relative slowdown that counts as a failure
};

std::optional<FailureRule> read_rules(const std::vector<std::string>& texts, Diagnostics& diagnostics) {
    constexpr std::string_view kLatency = "latency=";
    FailureRule rule;
    for (const std::string& text : texts) {
        if (text == "decision") {
            rule.decision = true;
            continue;
        }
        const auto share = text.starts_with(kLatency) ? parse_quantity(text.substr(kLatency.size()), Dimension{})
                                                      : std::variant<ParsedQuantity, QuantityError>(QuantityError{});
        const auto* quantity = std::get_if<ParsedQuantity>(&share);
        // A plain number above 1 would be a slowdown of more than 100 %, where percents were meant.
        const bool bare = quantity != nullptr && quantity->value > 1 && !text.ends_with('%');
        if (quantity == nullptr || quantity->value < 0 || quantity->spread || quantity->per || bare) {
            diagnostics.error(SourceLocation("--fail-on"), fmt::format("'{}' is nothing to fail on", text),
                              "decision, or latency= and a share such as 5%", bare ? fmt::format("{}%", text) : "");
            continue;
        }
        rule.slower = quantity->value;
    }
    return diagnostics.has_errors() ? std::nullopt : std::optional(rule);
}

/// Violations of the rules, as text.
std::vector<std::string> failures(const FailureRule& rule, const ScenarioDiff& diff) {
    std::vector<std::string> found;
    if (rule.decision) {
        for (const DecisionChange& move : diff.decisions) {
            found.push_back(fmt::format("{} moves from {} to {}", move.stage, move.before, move.after));
        }
    }
    const double slower = diff.after.total.latency.median / diff.before.total.latency.median - 1;
    if (rule.slower && slower > *rule.slower) {
        found.push_back(fmt::format("the total is {} slower, more than {}", percent_text(slower, 3),
                                    percent_text(*rule.slower, 3)));
    }
    return found;
}

ExitStatus compare(const DiffOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto rule = read_rules(options.fail_on, diagnostics);
    const auto before = load({options.before, {}}, invocation, diagnostics);
    const auto after =
        load({options.after.empty() ? options.before : options.after, options.settings}, invocation, diagnostics);
    if (!rule || !before || !after || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return answer(std::nullopt, diagnostics);
    }
    invocation.provenance.title =
        title_of(before->name, before->changes) + " -> " + title_of(after->name, after->changes);
    const auto diff = diff_scenarios(*before, *after, diagnostics);
    if (!diff) {
        return answer(std::nullopt, diagnostics);
    }
    if (!options.report.empty()) {  // a write failure is reported, but the answer is still printed
        write_diff(options.report, *diff, invocation.provenance, diagnostics);
    }
    const ExitStatus status = answer(in_format({.text = [&] { return diff_text(*diff, invocation.width); },
                                                .json = [&] { return diff_json(*diff); },
                                                .ends_with_origin = true},
                                               options.format, invocation),
                                     diagnostics);
    const auto found = failures(*rule, *diff);
    for (const std::string& failure : found) {
        fmt::print(stderr, "berth: {}\n", failure);
    }
    return status == ExitStatus::kFine && !found.empty() ? ExitStatus::kDiffers : status;
}

}  // namespace

void add_diff(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<DiffOptions>();
    CLI::App* command =
        app.add_subcommand("diff", "Compares two scenarios and attributes the change to each difference");
    add_value(*command, "before", options->before, "SCENARIO", "A shipped scenario (see `berth list`) or a file")
        ->required();
    add_value(*command, "after", options->after, "SCENARIO",
              "The second scenario (default: the first with the changes of --set)");
    add_value(*command, "--set", options->settings, "PATH=VALUE", "Changes a value of the second scenario")
        ->allow_extra_args(false);
    add_value(*command, "--fail-on", options->fail_on, "decision|latency=SHARE",
              "Exit with status 4 if a stage moves to another device (decision) or the total slows down by more than a "
              "share (latency=5%)")
        ->allow_extra_args(false);
    add_value(*command, "--report", options->report, "DIR",
              "Folder to write a page (index.html and PDF), text, JSON and a waterfall chart to");
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json}));
    command->footer(
        "Examples:\n"
        "  berth diff rag-rk3588 rag-rk3588-bucket-128\n"
        "  berth diff rag-rk3588 --set 'stages.rerank.buckets=[128, 512]' --fail-on latency=5%");
    command->callback([options, &invocation] { invocation.status = compare(*options, invocation); });
}

}  // namespace berth
