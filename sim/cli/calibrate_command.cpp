// berth calibrate: fits the numbers of a profile to measured operators.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "base/mapped.h"
#include "berth/base/atomic_file.h"
#include "berth/base/brief_text.h"
#include "berth/report/calibration_report.h"
#include "cli/command.h"
#include "cli/data_folders.h"
#include "cli/fitted_profile.h"
#include "hardware/former_keys.h"

namespace berth {

namespace {

struct CalibrateOptions {
    std::string hardware, device, out, name, decide, report;
    std::vector<std::string> measured, against, fit, settings;
    std::optional<Format> format;
    std::string leave_out = "shape";
};

std::optional<std::vector<MeasuredSet>> measured_sets(const std::vector<std::string>& files,
                                                      const CalibrateOptions& options, const Profile& profile,
                                                      const Library& library, Diagnostics& diagnostics) {
    const auto device = options.device.empty() ? std::nullopt : device_option(profile, options.device, diagnostics);
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    std::vector<MeasuredSet> sets;
    for (const std::string& file : files) {
        if (auto set = load_measured_file(library, file, device, profile, diagnostics)) {
            sets.push_back(std::move(*set));
        }
    }
    return diagnostics.has_errors() ? std::nullopt : std::optional(std::move(sets));
}

// Candidates for the next measurement, if only whole networks were timed: the shipped image and audio networks, whose
// input shape is known, in the timed dtypes.
std::vector<MeasuredRow> candidates_beside(const std::vector<MeasuredSet>& sets, const Profile& profile,
                                           const Library& library) {
    std::set<std::pair<DeviceId, DType>> timed;
    for (const MeasuredSet& set : sets) {
        for (const MeasuredRow& row : set.rows) {
            if (!std::holds_alternative<ModelStage>(row.work)) {
                return {};
            }
            timed.emplace(row.device, row.dtype);
        }
    }
    const bool several = !timed.empty() && timed.begin()->first != timed.rbegin()->first;
    std::vector<MeasuredRow> candidates;
    for (const ShippedFile& file : shipped_files(library, "models")) {
        Diagnostics own;
        const auto model = load_model(library, file.path.string(), {}, SourceLocation(file.path.string()), own);
        if (!model || depends_on_tokens(*model->architecture)) {
            continue;
        }
        for (const auto& [device, dtype] : timed) {
            ModelStage stage;
            stage.model = *model;
            stage.tokens = {{1, 1}};
            stage.precision.dtype = dtype;
            MeasuredRow row;
            row.name = fmt::format("{} {}", model->name, choice_name(kDTypeNames, dtype));
            if (several) {
                row.name += " on " + profile.devices[static_cast<std::size_t>(device)].name;
            }
            row.op_class = model->name;
            row.dtype = dtype;
            row.device = device;
            row.work = std::move(stage);
            candidates.push_back(std::move(row));
        }
    }
    return candidates;
}

// The shipped rows from which the profile's numbers were set: operators of one device.
std::optional<std::vector<MeasuredSet>> shipped_sets(const CalibrateOptions& options, const Profile& profile,
                                                     const Library& library, Diagnostics& diagnostics) {
    const auto device =
        options.device.empty() ? std::optional(profile.host) : device_option(profile, options.device, diagnostics);
    auto sets = device ? load_measured_sets(library, options.hardware, profile, diagnostics) : std::nullopt;
    if (!sets) {
        return std::nullopt;
    }
    std::erase_if(*sets, [](const MeasuredSet& set) { return set.use != RowUse::kFitted; });
    for (MeasuredSet& set : *sets) {
        std::erase_if(set.rows, [&](const MeasuredRow& row) {
            return row.device != *device || !std::holds_alternative<TimedKernel>(row.work);
        });
    }
    return sets;
}

std::vector<ProfileOverride> within(const std::vector<Override>& settings) {
    return mapped(settings, [](const Override& setting) {
        return ProfileOverride{std::string(below_hardware(setting.path)), setting.value};
    });
}

std::vector<std::string> within(std::vector<std::string> paths) {
    for (std::string& path : paths) {
        path = present_path(below_hardware(path));
    }
    return paths;
}

std::string stem_of(const std::string& file) { return std::filesystem::path(file).stem().string(); }

// Whether a value states a spread: such a value may be fitted, another one is fixed.
bool says_spread(const std::string& value) {
    return value.find("spread") != std::string::npos || value.find("±") != std::string::npos ||
           value.find("+-") != std::string::npos || value.find("+/-") != std::string::npos;
}

std::vector<std::string> kept_by(const std::vector<ProfileOverride>& settings) {
    std::vector<std::string> kept;
    for (const ProfileOverride& setting : settings) {
        if (!says_spread(setting.value)) {
            kept.push_back(setting.path);
        }
    }
    return kept;
}

// The machine of the rows, from the heads of their files; absent if the files are from different machines.
std::optional<MachineDescription> machine_of(const std::vector<std::string>& files, Diagnostics& diagnostics) {
    std::optional<MachineDescription> machine;
    for (const std::string& file : files) {
        const auto content = read_file(file, diagnostics);
        const auto own = content ? machine_in_head(*content) : std::nullopt;
        if (!own) {
            continue;
        }
        if (machine && !compare_machines(*machine, *own).differences.empty()) {
            diagnostics.warning(SourceLocation(file), "its rows are of another machine than those of the files before");
            return std::nullopt;
        }
        machine = machine ? machine : own;
    }
    return machine;
}

// Warns where the written profile's intervals hold fewer than nine of ten of the rows that it was fitted to.
void warn_of_rows_outside(const std::string& file, const Profile& written, const std::vector<MeasuredSet>& sets,
                          Diagnostics& diagnostics) {
    constexpr double kHeld = 0.9;
    Diagnostics ignored;  // the rows were read and predicted before
    const auto validation = validate(written, sets, ignored);
    std::vector<ValidatedRow> outside;
    std::size_t rows = 0;
    for (const ValidatedSet& set : validation ? validation->sets : std::vector<ValidatedSet>{}) {
        rows += set.rows.size();
        std::ranges::copy_if(set.rows, std::back_inserter(outside), [](const ValidatedRow& row) {
            return row.measured < row.predicted.low || row.measured > row.predicted.high;
        });
    }
    if (static_cast<double>(rows - outside.size()) >= kHeld * static_cast<double>(rows)) {
        return;
    }
    const auto farthest = std::ranges::max_element(
        outside, {}, [](const ValidatedRow& row) { return std::abs(std::log(row.measured / row.predicted.median)); });
    diagnostics.warning(
        SourceLocation(file),
        fmt::format("{} of the {} fitted rows lie outside the 5-95 % interval that it predicts; farthest "
                    "is {}: {} measured, {} predicted, {} to {}",
                    outside.size(), rows, farthest->name, brief(farthest->measured), brief(farthest->predicted.median),
                    brief(farthest->predicted.low), brief(farthest->predicted.high)));
}

// Writes the profile to `--out`; if it cannot be read back, there are errors, but the file is kept.
void write_calibrated(const CalibrateOptions& options, const Calibration& calibration,
                      const std::vector<MeasuredSet>& sets, const std::string& extends,
                      const std::vector<ProfileOverride>& settings, const Library& library, Diagnostics& diagnostics) {
    auto files = mapped<std::string>(
        options.measured, [](const std::string& file) { return std::filesystem::path(file).filename().string(); });
    const std::string name = options.name.empty() ? stem_of(options.out) : options.name;
    const std::string text = calibrated_profile(
        calibration, {name, extends, "", fmt::format("berth calibrate on {}", fmt::join(files, ", ")), settings,
                      machine_of(options.measured, diagnostics)});
    if (const auto written = write_profile(options.out, text, library, diagnostics)) {
        warn_of_rows_outside(options.out, *written, sets, diagnostics);
    }
}

// Changes of the scenario's recommendations between the profiles of two calibrations.
std::optional<std::vector<DecisionChange>> decisions_under(const Profile& first, const Profile& second,
                                                           Scenario scenario, Diagnostics& diagnostics) {
    scenario.profile = first;
    const auto before = evaluate(scenario, diagnostics);
    scenario.profile = second;
    const auto after = evaluate(scenario, diagnostics);
    return before && after ? std::optional(decisions_between(*before, *after)) : std::nullopt;
}

// The scenario of `--decide`, which must run on the calibrated profile.
std::optional<Scenario> decided_scenario(const CalibrateOptions& options, const Profile& profile,
                                         const Library& library, Diagnostics& diagnostics) {
    auto scenario = load_scenario(library, options.decide, {}, diagnostics);
    if (options.against.empty()) {
        diagnostics.error(SourceLocation("--decide"), "it needs a second set of measurements", "--against FILE");
    }
    if (scenario && scenario->profile.name != profile.name) {
        diagnostics.error(SourceLocation("--decide"),
                          fmt::format("{} runs on {}, not on {}", options.decide, scenario->profile.name, profile.name),
                          "a scenario on the hardware that is calibrated");
    }
    if (scenario && !scenario->profile.runtimes.empty()) {
        diagnostics.error(SourceLocation("--decide"),
                          fmt::format("stages of {} name other runtimes, which are not calibrated", options.decide),
                          "a scenario without 'runtime'");
    }
    return scenario;
}

struct Fitted {
    Calibration calibration;
    Profile profile;
};

std::optional<std::string> drifted(const CalibrateOptions& options, const Fitted& first, const Fitted& second,
                                   const std::optional<Scenario>& scenario, const Invocation& invocation,
                                   Diagnostics& diagnostics) {
    const auto drift = drift_between(first.calibration, second.calibration);
    const auto decisions =
        scenario ? decisions_under(first.profile, second.profile, *scenario, diagnostics) : std::nullopt;
    if (scenario && !decisions) {
        return std::nullopt;
    }
    const TextWidth width = invocation.width;
    return in_format(
        {.text = [&] { return drift_text(drift, width) + (decisions ? "\n" + decisions_text(*decisions, width) : ""); },
         .json = [&] { return drift_json(drift, decisions ? &*decisions : nullptr); }},
        options.format, invocation);
}

std::optional<std::string> calibrated(const CalibrateOptions& options, Invocation& invocation,
                                      Diagnostics& diagnostics) {
    const Library& library = invocation.library;
    const auto settings = read_settings(options.settings, diagnostics);
    auto profile = load_hardware(library, options.hardware, settings, SourceLocation("--hardware"), diagnostics);
    const auto base = profile && !options.out.empty() ? extended_profile(library, options.hardware, options.out,
                                                                         SourceLocation("--out"), diagnostics)
                                                      : std::nullopt;
    const auto sets = !profile ? std::nullopt
                      : options.measured.empty()
                          ? shipped_sets(options, *profile, library, diagnostics)
                          : measured_sets(options.measured, options, *profile, library, diagnostics);
    if (!sets) {
        return std::nullopt;
    }
    const auto against = measured_sets(options.against, options, *profile, library, diagnostics);
    const auto scenario =
        options.decide.empty() ? std::nullopt : decided_scenario(options, *profile, library, diagnostics);
    if (!against || diagnostics.has_errors()) {
        return std::nullopt;
    }
    invocation.provenance.profiles.push_back(profile_origin(*profile, library));
    show_progress("fitting");
    Profile second = *profile;
    const CalibrationOptions fit{within(options.fit), CalibrationOptions{}.folds, kept_by(within(settings)),
                                 choice_named(kLeftOutNames, options.leave_out).value_or(LeftOut::kShape),
                                 candidates_beside(*sets, *profile, library)};
    const auto result = calibrate(*profile, *sets, fit, diagnostics);
    if (!result) {
        return std::nullopt;
    }
    if (!options.report.empty() && make_folder(options.report, diagnostics)) {
        static_cast<void>(draw_residuals(options.report, *result, diagnostics));
    }
    if (!options.out.empty()) {
        write_calibrated(options, *result, *sets, base->extends, within(settings), library, diagnostics);
    }
    if (!against->empty()) {
        const auto other = calibrate(second, *against, fit, diagnostics);
        return other ? drifted(options, {*result, *profile}, {*other, second}, scenario, invocation, diagnostics)
                     : std::nullopt;
    }
    return in_format({.text = [&] { return calibration_text(*result, invocation.width); },
                      .json = [&] { return calibration_json(*result); }},
                     options.format, invocation);
}

}  // namespace

void add_calibrate(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<CalibrateOptions>();
    CLI::App* command = app.add_subcommand("calibrate", "Fits the numbers of a profile to measurements");
    add_value(*command, "--hardware", options->hardware, "PROFILE", "The profile to start from (the prior)")
        ->required();
    add_value(*command, "--measured", options->measured, "FILE",
              "Measurements of `berth measure` or in its format; several files are fitted together (default: those "
              "shipped with the profile that its numbers were set with)")
        ->allow_extra_args(false);
    command
        ->add_option("--leave-out", options->leave_out,
                     "What each row is predicted without, to see how far off unseen ones are: its shape or its network")
        ->check(CLI::IsMember({"shape", "network"}))
        ->capture_default_str();
    add_value(*command, "--against", options->against, "FILE",
              "Measurements of another runtime version: report numbers that moved beyond the errors of both fits")
        ->allow_extra_args(false);
    add_value(*command, "--decide", options->decide, "SCENARIO",
              "With --against: a scenario on this hardware; report the decisions that change");
    add_value(*command, "--device", options->device, "NAME",
              "The device that the measurements were taken on; of files that name devices, its rows alone are fitted");
    add_value(*command, "--fit", options->fit, "PATH",
              "Numbers to fit, * allowed (default: all with a spread that affect a measurement)")
        ->allow_extra_args(false);
    add_value(*command, "--set", options->settings, "PATH=VALUE", "Fixes a number of the starting profile")
        ->allow_extra_args(false);
    add_value(*command, "--out", options->out, "FILE",
              "Write a profile that extends the starting profile with the fitted numbers");
    add_value(*command, "--name", options->name, "NAME", "Name of the new profile (default: that of the file)");
    add_value(*command, "--report", options->report, "DIR", "Folder to draw the residual of each measurement to");
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json}));
    command->footer(
        "Examples:\n"
        "  berth measure --full --out rows.csv && berth measure --of memory --full --out memory.csv\n"
        "  berth calibrate --hardware onednn-cpu --measured memory.csv --measured rows.csv --out my-host.yaml\n"
        "  berth calibrate --hardware rk3588-rknn-2.3.2 --device npu --leave-out network");
    answer_with(*command, options, invocation, calibrated);
}

}  // namespace berth
