// berth profile-host: measures this machine, fits a profile to it, and reports the profile's accuracy on unseen
// measurements.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/mapped.h"
#include "berth/base/atomic_file.h"
#include "berth/report/calibration_report.h"
#include "berth/report/validation_report.h"
#include "cli/fitted_profile.h"
#include "cli/measure_files.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

struct HostOptions {
    std::string folder, name = "host", base = "onednn-cpu";
    bool quick = false;
    bool resume = false;
};

/// One file of measurements, and its purpose.
struct HostFile {
    std::string_view name;
    MeasureSubject subject;
    std::uint32_t seed;
    RowUse use;
};
constexpr std::array<HostFile, 5> kFiles{{
    {"memory.csv", MeasureSubject::kMemory, 1, RowUse::kFitted},
    {"fitted.csv", MeasureSubject::kOperators, 1, RowUse::kFitted},
    {"model_fitted.csv", MeasureSubject::kModels, 1, RowUse::kFitted},
    {"unseen.csv", MeasureSubject::kOperators, 2, RowUse::kUnseen},
    {"models_unseen.csv", MeasureSubject::kModels, 2, RowUse::kUnseen},
}};

bool measure_host(const HostOptions& options, const MachineDescription& machine, const Library& library,
                  Diagnostics& diagnostics) {
    std::error_code error;
    fs::create_directories(options.folder, error);
    if (error) {
        diagnostics.error(SourceLocation(options.folder), fmt::format("cannot make the folder: {}", error.message()));
        return false;
    }
    const MeasureExtent extent = options.quick ? MeasureExtent::kQuick : MeasureExtent::kFull;
    const auto quickest = shared_quickest_probes();
    // Passes alternate over all files, so that fitted and unseen rows are measured under the same machine conditions.
    for (int pass = 1; pass <= passes_of(extent); ++pass) {
        for (const HostFile& file : kFiles) {
            const std::string path = (fs::path(options.folder) / file.name).string();
            const bool goes_on = options.resume || pass > 1;
            if (!goes_on && !set_aside(path, diagnostics)) {
                return false;
            }
            const MeasureTask task{file.subject, extent, file.seed, pass, quickest};
            if (!measure_into(path, goes_on, task, machine, library, diagnostics)) {
                diagnostics.warning(SourceLocation(options.folder), "what was measured so far stays",
                                    "the same command with --resume continues after it");
                return false;
            }
        }
    }
    return true;
}

std::optional<std::vector<MeasuredSet>> sets_for(RowUse use, const HostOptions& options, const Profile& profile,
                                                 const Library& library, Diagnostics& diagnostics) {
    std::vector<MeasuredSet> sets;
    for (const HostFile& file : kFiles) {
        if (file.use != use) {
            continue;
        }
        auto set = load_measured_file(library, fs::path(options.folder) / file.name, DeviceId{0}, profile, diagnostics);
        if (!set) {
            return std::nullopt;
        }
        set->use = use;
        sets.push_back(std::move(*set));
    }
    return sets;
}

std::vector<Override> overrides_of(const std::vector<ProfileOverride>& settings) {
    return mapped(settings, [](const ProfileOverride& setting) { return Override{setting.path, setting.value}; });
}

// The machine of the rows, with the date from the head of the file, on which the measurement began.
MachineDescription machine_of(const HostOptions& options, const MachineDescription& machine, Diagnostics& diagnostics) {
    const auto content = read_file((fs::path(options.folder) / "fitted.csv").string(), diagnostics);
    MachineDescription recorded = content ? machine_in_head(*content).value_or(machine) : machine;
    recorded.clock = machine.clock;
    return recorded;
}

// Errors of the profile on unseen rows, if they can be predicted.
std::string unseen_text(const HostOptions& options, const Profile& profile, const Library& library, TextWidth width,
                        Diagnostics& diagnostics) {
    const auto unseen = sets_for(RowUse::kUnseen, options, profile, library, diagnostics);
    const auto validation = unseen ? validate(profile, *unseen, diagnostics) : std::nullopt;
    return validation ? "\n" + validation_text(*validation, width) : "";
}

std::optional<std::string> profiled(const HostOptions& options, const Library& library, TextWidth width,
                                    Diagnostics& diagnostics) {
    const auto here = machine_facts(diagnostics);
    if (!here) {
        return std::nullopt;
    }
    const MachineDescription& machine = *here;
    const auto settings = host_settings(machine);
    const std::string path = (fs::path(options.folder) / (options.name + ".yaml")).string();
    // All inputs are checked before the measurements start.
    const auto base = extended_profile(library, options.base, path, SourceLocation("--base"), diagnostics);
    auto profile = base ? load_hardware(library, base->file.string(), overrides_of(settings), SourceLocation("--base"),
                                        diagnostics)
                        : std::nullopt;
    if (profile && (profile->devices.size() != 1 || profile->devices.front().name != "cpu")) {
        diagnostics.error(SourceLocation("--base"), fmt::format("{} has other devices than this machine", options.base),
                          "a profile with one device, cpu, such as onednn-cpu");
    }
    if (!profile || diagnostics.has_errors() || !measure_host(options, machine, library, diagnostics)) {
        return std::nullopt;
    }
    const auto fitted = sets_for(RowUse::kFitted, options, *profile, library, diagnostics);
    const auto calibration = fitted ? calibrate(*profile, *fitted, {}, diagnostics) : std::nullopt;
    if (!calibration) {
        return std::nullopt;
    }
    const std::string description =
        fmt::format("{}, {} cores, {}; measured and calibrated by berth profile-host", machine.processor,
                    machine.cores.value_or(1), machine.libraries->front());
    const auto written =
        write_profile(path,
                      calibrated_profile(*calibration, {options.name, base->extends, description,
                                                        "berth profile-host, fitted.csv and model_fitted.csv", settings,
                                                        machine_of(options, machine, diagnostics)}),
                      library, diagnostics);
    // If the written profile cannot be read back, the fitted one is judged.
    return calibration_text(*calibration, width) +
           unseen_text(options, written ? *written : *profile, library, width, diagnostics) + "\n" + path + "\n";
}

}  // namespace

void add_profile_host(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<HostOptions>();
    CLI::App* command = app.add_subcommand("profile-host", "Measures this machine and fits a profile to it");
    add_value(*command, "--out", options->folder, "DIR", "Folder to write the measurements and the profile to")
        ->required();
    add_value(*command, "--name", options->name, "NAME", "Name of the profile")->capture_default_str();
    add_value(*command, "--base", options->base, "PROFILE",
              "The profile to start from (the prior); its one device is cpu")
        ->capture_default_str();
    command->add_flag("--quick", options->quick, "Few shapes, about a minute: what most questions need");
    command->add_flag("--resume", options->resume, "Continue after the last rows of existing files");
    command->footer(
        "Examples:\n"
        "  berth profile-host --quick --out my-host --name my-host\n"
        "  berth profile-host --out my-host --name my-host");
    command->callback([options, &invocation] {
        Diagnostics diagnostics;
        const auto output = profiled(*options, invocation.library, invocation.width, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

}  // namespace berth
