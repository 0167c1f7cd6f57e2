// berth buckets: choice of the shapes to compile for inputs of given lengths.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "berth/analysis/sweep.h"
#include "berth/base/quantity_text.h"
#include "berth/report/buckets_report.h"
#include "cli/command.h"
#include "scenario/token_lengths.h"

namespace berth {

namespace {

struct BucketOptions {
    ScenarioOptions scenario;
    std::string stage, lengths, column = "tokens", device;
    std::size_t most = 8;
    std::optional<Format> format;
};

constexpr std::size_t kMostListed = 100'000;

std::optional<std::vector<TokenShare>> listed_lengths(const std::string& text, Diagnostics& diagnostics) {
    const auto axis = parse_axis("--lengths=" + text, kMostListed, diagnostics);
    if (!axis) {
        return std::nullopt;
    }
    std::map<std::int64_t, double> shares;
    for (const std::string& value : axis->values) {
        const auto tokens = parse_number(value);
        const bool whole = tokens && *tokens == std::floor(*tokens);
        if (!whole || *tokens < 1 || *tokens > static_cast<double>(kCountRange.max)) {
            diagnostics.error(
                SourceLocation("--lengths"), fmt::format("'{}' is no count of tokens", value),
                "whole numbers up to 1000000, such as 24,122,300, a range such as 16:512:16, or a CSV file");
            return std::nullopt;
        }
        shares[static_cast<std::int64_t>(*tokens)] += 1.0 / static_cast<double>(axis->values.size());
    }
    std::vector<TokenShare> lengths;
    for (const auto& [tokens, share] : shares) {
        lengths.push_back({tokens, share});
    }
    return lengths;
}

std::optional<std::vector<TokenShare>> lengths_of(const BucketOptions& options, Diagnostics& diagnostics) {
    if (!options.lengths.ends_with(".csv")) {
        return listed_lengths(options.lengths, diagnostics);
    }
    return read_length_table(options.lengths, options.column, diagnostics);
}

// The named device, or the first one with static shapes, since other devices need no buckets.
std::optional<DeviceId> device_of(const BucketOptions& options, const Profile& profile, Diagnostics& diagnostics) {
    if (!options.device.empty()) {
        return device_option(profile, options.device, diagnostics);
    }
    const auto padded = std::ranges::find(profile.devices, ShapeRule::kStatic,
                                          [](const Device& device) { return device.runtime.shapes; });
    if (padded == profile.devices.end()) {
        diagnostics.error(SourceLocation("--device"), fmt::format("no device of {} has static shapes", profile.name),
                          "a device by name");
        return std::nullopt;
    }
    return static_cast<DeviceId>(padded - profile.devices.begin());
}

std::optional<BucketAdvice> advice_for(const BucketOptions& options, const Scenario& scenario,
                                       const std::optional<std::vector<TokenShare>>& lengths,
                                       Diagnostics& diagnostics) {
    const Stage* stage = model_stage_named(scenario, options.stage, diagnostics);
    const auto device = device_of(options, scenario.profile, diagnostics);
    if (!lengths || stage == nullptr || !device) {
        return std::nullopt;
    }
    return advise_buckets(*stage, scenario.profile, *device, *lengths, options.most, diagnostics);
}

std::optional<std::string> advised(const BucketOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const auto lengths = lengths_of(options, diagnostics);
    const auto scenario = load(options.scenario, invocation, diagnostics);
    if (!scenario) {
        return std::nullopt;
    }
    auto advice = advice_for(options, *scenario, lengths, diagnostics);
    if (!advice) {
        return std::nullopt;
    }
    const auto shown = [&](const Scenario& changed) {
        Diagnostics ignored;
        const auto other = advice_for(options, changed, lengths, ignored);
        return other ? std::optional(Shown{buckets_text(*other, invocation.width), buckets_json(*other)})
                     : std::nullopt;
    };
    add_warnings(options.scenario, shown, invocation, diagnostics);
    advice->changes = scenario->changes;
    return in_format({.text = [&] { return buckets_text(*advice, invocation.width); },
                      .json = [&] { return buckets_json(*advice); },
                      .ends_with_origin = true},
                     options.format, invocation);
}

}  // namespace

void add_buckets(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<BucketOptions>();
    CLI::App* command = app.add_subcommand("buckets", "Finds which shapes to compile for the given input lengths");
    add_scenario_options(*command, options->scenario);
    add_value(*command, "--stage", options->stage, "STAGE", "The stage")->required();
    add_value(*command, "--lengths", options->lengths, "FILE.csv|A,B,...|FROM:TO:STEP",
              "Input lengths in tokens: a CSV file, a list or a range")
        ->required();
    add_value(*command, "--column", options->column, "NAME", "Column of the CSV file")->capture_default_str();
    add_value(*command, "--max", options->most, "K", "Largest number of buckets")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    add_value(*command, "--device", options->device, "DEVICE", "The device (default: the first with static shapes)");
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json}));
    command->footer("Example: berth buckets rag-rk3588 --stage rerank --lengths 60,122,130,240,500 --max 4");
    answer_with(*command, options, invocation, advised);
}

}  // namespace berth
