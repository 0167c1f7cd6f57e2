// berth compare: the same scenario on several chips.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/mapped.h"
#include "berth/analysis/hardware_comparison.h"
#include "berth/analysis/silent_changes.h"
#include "berth/report/hardware_comparison_report.h"
#include "cli/command.h"
#include "cli/data_folders.h"
#include "cli/machine_check.h"
#include "cli/terminal_manners.h"

namespace berth {

namespace {

struct CompareOptions {
    ScenarioOptions scenario;
    std::vector<std::string> hardware, between;
    std::string report;
    std::optional<Format> format;
};

constexpr std::string_view kAll = "all";

/// The given names without duplicates; `all` stands for all shipped profiles.
std::vector<std::string> names_of(const CompareOptions& options, const Library& library) {
    std::vector<std::string> names;
    const auto add = [&names](const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    };
    for (const std::string& given : options.hardware) {
        if (given != kAll) {
            add(given);
            continue;
        }
        for (const ShippedFile& file : shipped_files(library, "hardware")) {
            add(file.name);
        }
    }
    return names;
}

/// Index of the named chip in the comparison; an error if it is unknown or cannot run the scenario.
std::optional<std::size_t> chip_named(const HardwareComparison& comparison, const std::string& name,
                                      Diagnostics& diagnostics) {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < comparison.chips.size(); ++i) {
        const ChipAnswer& chip = comparison.chips[i];
        if (chip.result &&
            (equal_ignoring_case(chip.hardware, name) || equal_ignoring_case(chip.result->hardware, name))) {
            return i;
        }
        if (chip.result) {
            known.push_back(chip.hardware);
        }
    }
    diagnostics.error(SourceLocation("--between"), fmt::format("'{}' is none of the chips that run it", name),
                      list_of(known), suggested_names(name, known));
    return std::nullopt;
}

// Adds the difference between the two chips of --between, or between both chips if there are just two.
void add_difference(const CompareOptions& options, HardwareComparison& comparison, Diagnostics& diagnostics) {
    if (options.between.empty()) {
        if (comparison.chips.size() == 2 && comparison.chips[0].result && comparison.chips[1].result) {
            explain_difference(comparison, 0, 1, diagnostics);
        }
        return;
    }
    if (options.between.size() != 2) {
        diagnostics.error(SourceLocation("--between"), fmt::format("{} names are given", options.between.size()),
                          "the two chips to set side by side");
        return;
    }
    const auto from = chip_named(comparison, options.between[0], diagnostics);
    const auto to = chip_named(comparison, options.between[1], diagnostics);
    if (from && to) {
        explain_difference(comparison, *from, *to, diagnostics);
    }
}

std::vector<ProfileOrigin> origins_of(const HardwareComparison& comparison, const Library& library) {
    return mapped<ProfileOrigin>(comparison.chips, [&](const ChipAnswer& chip) {
        return chip.scenario ? profile_origin(chip.scenario->profile, library) : ProfileOrigin{};
    });
}

void note_provenance(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins,
                     Provenance& provenance) {
    for (std::size_t i = 0; i < comparison.chips.size(); ++i) {
        if (const auto& scenario = comparison.chips[i].scenario) {
            provenance.title = title_of(scenario->name, scenario->changes);
            provenance.changes = scenario->changes;
            provenance.profiles.push_back(origins[i]);
        }
    }
}

// Settings without effect on any chip, each with its reason on the first that runs.
std::vector<Warning> silent_everywhere(const SweepBase& base, const HardwareComparison& comparison) {
    std::optional<std::vector<Warning>> silent;
    for (const ChipAnswer& chip : comparison.chips) {
        if (!chip.result || base.settings.empty()) {
            continue;
        }
        SweepBase on_chip = base;
        on_chip.settings.insert(on_chip.settings.begin(), {"hardware", chip.hardware});
        const auto here = silent_settings(on_chip, std::vector<std::string>{"hardware"});
        silent = silent ? std::move(silent) : here;
        std::erase_if(*silent, [&here](const Warning& warning) {
            return std::ranges::find(here, warning.path, &Warning::path) == here.end();
        });
    }
    return silent.value_or(std::vector<Warning>{});
}

HardwareComparison compared_chips(const SweepBase& base, const std::vector<std::string>& names) {
    ProgressBar progress("chips", names.size());
    std::size_t done = 0;
    return compare_hardware({base.library, base.scenario, base.settings}, names,
                            [&](std::string_view name) { progress.reached(done++, name); });
}

std::optional<std::string> compared(const CompareOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const SweepBase base{invocation.library, options.scenario.scenario,
                         read_settings(options.scenario.settings, diagnostics)};
    const auto names = names_of(options, invocation.library);
    static_cast<void>(find_file(base.library, "scenarios", base.scenario, SourceLocation("scenario"), diagnostics));
    for (const std::string& name : names) {
        static_cast<void>(find_file(base.library, "hardware", name, SourceLocation("--hardware"), diagnostics));
    }
    if (diagnostics.has_errors() || (!options.report.empty() && !make_folder(options.report, diagnostics))) {
        return std::nullopt;
    }
    HardwareComparison comparison = compared_chips(base, names);
    if (std::ranges::none_of(comparison.chips, [](const ChipAnswer& chip) { return chip.scenario.has_value(); })) {
        // Errors of the scenario itself are reported once, on its own hardware.
        return load(options.scenario, invocation, diagnostics)
                   ? comparison_text(comparison, origins_of(comparison, base.library))
                   : std::optional<std::string>();
    }
    for (ChipAnswer& chip : comparison.chips) {
        if (chip.result) {
            chip.result->warnings = machine_warnings(chip.scenario->profile, diagnostics);
        }
    }
    add_silent_settings(silent_everywhere(base, comparison), invocation.provenance.warnings, diagnostics);
    add_difference(options, comparison, diagnostics);
    const auto origins = origins_of(comparison, base.library);
    note_provenance(comparison, origins, invocation.provenance);
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    if (!options.report.empty()) {  // a write failure is reported, but the answer is still printed
        write_comparison(options.report, comparison, origins, invocation.provenance, diagnostics);
    }
    return in_format({.text = [&] { return comparison_text(comparison, origins, invocation.width); },
                      .json = [&] { return comparison_json(comparison, origins); },
                      .rows = [&] { return comparison_csv(comparison, origins); },
                      .ends_with_origin = true},
                     options.format, invocation);
}

}  // namespace

void add_compare(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<CompareOptions>();
    CLI::App* command = app.add_subcommand("compare", "Asks the same question of several chips");
    add_scenario_options(*command, options->scenario);
    add_value(*command, "--hardware", options->hardware, "NAME,...|all",
              "Profiles, shipped or files, separated by commas; all stands for every shipped one")
        ->delimiter(',')
        ->required()
        ->allow_extra_args(false);
    add_value(*command, "--between", options->between, "A,B",
              "Two of them: what makes the second slower or faster than the first, number by number "
              "(default: the two, if two are compared)")
        ->delimiter(',')
        ->allow_extra_args(false);
    add_value(*command, "--report", options->report, "DIR",
              "Folder to write a page (index.html and PDF), text, JSON, CSV and pictures to");
    add_format_option(*command, options->format, formats_of(kWithRows));
    command->footer(
        "Examples:\n"
        "  berth compare rag-rk3588 --hardware rk3588-rknn-2.3.2,rk3576-rknn-2.3.2\n"
        "  berth compare rag-rk3588 --hardware all --between rk3588-rknn-2.3.2,rk3576-rknn-2.3.2");
    answer_with(*command, options, invocation, compared);
}

}  // namespace berth
