// berth validate: errors of a profile's predictions against measurements.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/report/choices_report.h"
#include "berth/report/validation_report.h"
#include "cli/command.h"
#include "cli/machine_check.h"
#include "report/text_layout.h"

namespace berth {

namespace {

struct ValidateOptions {
    std::string hardware, measured, device, report, fit;
    std::vector<std::string> beside, settings;
    bool decisions = false;
    std::optional<Format> format;
};

// The measurements shipped with the profile, or those in the given file.
std::optional<std::vector<MeasuredSet>> measured_sets(const ValidateOptions& options, const Profile& profile,
                                                      const Library& library, Diagnostics& diagnostics) {
    if (options.measured.empty()) {
        if (!options.device.empty()) {
            diagnostics.error(SourceLocation("--device"), "the shipped measurements name their device",
                              "--measured FILE");
            return std::nullopt;
        }
        return load_measured_sets(library, options.hardware, profile, diagnostics);
    }
    const auto device = options.device.empty() ? std::nullopt : device_option(profile, options.device, diagnostics);
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    auto set = load_measured_file(library, options.measured, device, profile, diagnostics);
    return set ? std::optional(std::vector{std::move(*set)}) : std::nullopt;
}

bool pictures_into(const std::string& folder, const Validation& validation, Diagnostics& diagnostics) {
    if (!make_folder(folder, diagnostics)) {
        return false;
    }
    const auto drawn = draw_parity(folder, validation, diagnostics);
    if (drawn.empty() && !diagnostics.has_errors()) {
        diagnostics.warning(SourceLocation(folder), "nothing is drawn: no measured row is predicted");
    }
    return !diagnostics.has_errors();
}

// The profile with the fitted number and its remaining spread.
std::optional<Profile> fitted_to(const FittedNumber& fitted, const ValidateOptions& options,
                                 std::vector<Override> settings, const Library& library, Diagnostics& diagnostics) {
    const std::string value =
        fmt::format("{{value: {}, spread: {}%, kind: calibrated, source: \"fitted to {} rows of {}\"}}",
                    quantity_text(fitted.value, fitted.dimension, 6), number_text(100 * fitted.spread, 3), fitted.rows,
                    std::filesystem::path(options.measured).filename().string());
    settings.push_back({"hardware." + fitted.path, value, "by --fit"});
    return load_hardware(library, options.hardware, settings, SourceLocation("--fit"), diagnostics);
}

std::optional<Validation> fitted_and_validated(const ValidateOptions& options, const Profile& profile,
                                               std::span<const MeasuredSet> sets, const std::vector<Override>& settings,
                                               const Library& library, Diagnostics& diagnostics) {
    if (options.fit.empty()) {
        return validate(profile, sets, diagnostics);
    }
    if (options.measured.empty()) {
        diagnostics.error(SourceLocation("--fit"), "a number is fitted to one file of measurements", "--measured FILE");
        return std::nullopt;
    }
    const auto fitted = fit_number(profile, sets, below_hardware(options.fit), diagnostics);
    const auto changed = fitted ? fitted_to(*fitted, options, settings, library, diagnostics) : std::nullopt;
    auto validation = changed ? validate(*changed, sets, diagnostics) : std::nullopt;
    if (validation) {
        validation->fitted = fitted;
    }
    return validation;
}

// The shipped measurements of another runtime, whose rows serve as alternatives.
std::optional<Validation> validated_beside(const std::string& hardware, Invocation& invocation,
                                           Diagnostics& diagnostics) {
    const Library& library = invocation.library;
    const auto profile = load_hardware(library, hardware, {}, SourceLocation("--beside"), diagnostics);
    const auto sets = profile ? load_measured_sets(library, hardware, *profile, diagnostics) : std::nullopt;
    if (!sets) {
        return std::nullopt;
    }
    invocation.provenance.profiles.push_back(profile_origin(*profile, library));
    return validate(*profile, *sets, diagnostics);
}

bool same_predictions(const Validation& a, const Validation& b) {
    return std::ranges::equal(a.sets, b.sets, [](const ValidatedSet& x, const ValidatedSet& y) {
        return std::ranges::equal(x.rows, y.rows, [](const ValidatedRow& p, const ValidatedRow& q) {
            return p.predicted.median == q.predicted.median && p.predicted.low == q.predicted.low &&
                   p.predicted.high == q.predicted.high;
        });
    });
}

// Settings without effect: the prediction of every row is the same without them.
std::vector<Warning> without_effect(const Validation& validation, const ValidateOptions& options,
                                    const std::vector<Override>& settings, std::span<const MeasuredSet> sets,
                                    const Library& library) {
    const auto paths = mapped(validation.changes, &SettingChange::path);
    return settings_that_change_nothing(paths, "no effect on the rows here", [&](std::size_t setting) {
        auto others = settings;
        std::erase_if(others, [&](const Override& each) { return each.path == paths[setting]; });
        Diagnostics ignored;
        const auto plain = load_hardware(library, options.hardware, others, SourceLocation("--hardware"), ignored);
        const auto without =
            plain ? fitted_and_validated(options, *plain, sets, others, library, ignored) : std::nullopt;
        return without && same_predictions(validation, *without);
    });
}

std::optional<std::string> decided(const ValidateOptions& options, Validation validation, Invocation& invocation,
                                   Diagnostics& diagnostics) {
    std::vector<Validation> all;
    all.push_back(std::move(validation));
    for (const std::string& hardware : options.beside) {
        auto other = validated_beside(hardware, invocation, diagnostics);
        if (!other) {
            return std::nullopt;
        }
        all.push_back(std::move(*other));
    }
    const auto choices = choices_of(all);
    if (choices.empty()) {
        diagnostics.error(SourceLocation("--decisions"), "no two rows are of the same work",
                          "rows of one model or operator on two devices, dtypes or numbers of cores");
        return std::nullopt;
    }
    const std::string with = changes_text(invocation.provenance.changes);
    const std::string head = with.empty() ? "" : fmt::format("{}, {}:\n", options.hardware, with);
    return in_format(
        {.text = [&] { return wrapped(head, 0, invocation.width) + choices_text(choices, invocation.width); },
         .json = [&] { return choices_json(choices); },
         .markdown = [&] { return (head.empty() ? "" : head + "\n") + choices_markdown(choices); }},
        options.format, invocation);
}

std::optional<std::string> validated(const ValidateOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const Library& library = invocation.library;
    const auto settings = hardware_settings(options.settings, "a comparison with measurements", diagnostics);
    const auto profile = diagnostics.has_errors() ? std::nullopt
                                                  : load_hardware(library, options.hardware, settings,
                                                                  SourceLocation("--hardware"), diagnostics);
    const auto sets = profile ? measured_sets(options, *profile, library, diagnostics) : std::nullopt;
    if (!sets) {
        return std::nullopt;
    }
    invocation.provenance.profiles.push_back(profile_origin(*profile, library));
    invocation.provenance.changes = hardware_changes(library, options.hardware, settings);
    show_progress("predicting what was measured");
    auto validation = fitted_and_validated(options, *profile, *sets, settings, library, diagnostics);
    if (validation) {
        validation->changes = invocation.provenance.changes;
        validation->warnings = machine_warnings(*profile, diagnostics);
        add_silent_settings(without_effect(*validation, options, settings, *sets, library), validation->warnings,
                            diagnostics);
    }
    const bool drawn =
        validation && (options.report.empty() || pictures_into(options.report, *validation, diagnostics));
    if (!drawn) {
        return std::nullopt;
    }
    if (options.decisions) {
        return decided(options, std::move(*validation), invocation, diagnostics);
    }
    return in_format({.text = [&] { return validation_text(*validation, invocation.width); },
                      .json = [&] { return validation_json(*validation); },
                      .markdown = [&] { return validation_markdown(*validation); }},
                     options.format, invocation);
}

}  // namespace

void add_validate(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ValidateOptions>();
    CLI::App* command = app.add_subcommand("validate", "Compares a profile's predictions with measurements");
    add_value(*command, "--hardware", options->hardware, "PROFILE", "A shipped profile (see `berth list`) or a file")
        ->required();
    add_value(*command, "--measured", options->measured, "FILE",
              "A file of measurements (default: those shipped with the profile)");
    add_value(*command, "--fit", options->fit, "PATH",
              "A number of the profile that is fitted to the file first, such as hardware.memory.dram.clock");
    add_value(*command, "--device", options->device, "NAME", "The device that the file was measured on");
    add_value(*command, "--report", options->report, "DIR", "Folder to draw predicted against measured times to");
    add_set_option(*command, options->settings, "is one of the profile, such as hardware.memory.dram.clock");
    CLI::Option* decisions = command->add_flag(
        "--decisions", options->decisions,
        "Pairs of rows of the same work instead: which was faster, which is predicted to be, and how sure");
    add_value(*command, "--beside", options->beside, "PROFILE",
              "With --decisions: another runtime, whose shipped measurements are alternatives")
        ->allow_extra_args(false)
        ->needs(decisions);
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json, &Forms::markdown}));
    command->footer(
        "Examples:\n"
        "  berth validate --hardware rk3588-rknn-2.3.2\n"
        "  berth validate --hardware rk3588-rknn-2.3.2 --decisions --beside rk3588-pytorch\n"
        "  berth validate --hardware x86-avx512-vnni --device cpu --measured profile.csv\n"
        "  berth validate --hardware rk3588-rknn-2.3.2 --set 'hardware.memory.dram.clock=2112 MHz'\n"
        "  berth validate --hardware rk3588-rknn-2.3.2 --device npu --measured layers.csv --fit "
        "hardware.memory.dram.clock");
    answer_with(*command, options, invocation, validated);
}

}  // namespace berth
