// berth profile-host: measures this machine, fits a profile to it, and says how well that predicts what the fit has not
// seen.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "berth/atomic_file.h"
#include "berth/calibration_report.h"
#include "berth/validation_report.h"
#include "cli/measure_files.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

struct HostOptions {
    std::string folder, name = "host", base = "onednn-cpu";
    bool quick = false;
    bool resume = false;
};

/// One file that is measured, and what it is for.
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

bool measure_host(const HostOptions& options, const MachineFacts& machine, const Library& library,
                  Diagnostics& diagnostics) {
    std::error_code error;
    fs::create_directories(options.folder, error);
    if (error) {
        diagnostics.error(SourceLocation(options.folder), fmt::format("cannot make the folder: {}", error.message()));
        return false;
    }
    const MeasureExtent extent = options.quick ? MeasureExtent::kQuick : MeasureExtent::kFull;
    const auto quickest = shared_quickest_looks();
    // Pass by pass through all files: what is fitted and what is not see the same hours of the machine.
    for (int pass = 1; pass <= passes_of(extent); ++pass) {
        for (const HostFile& file : kFiles) {
            const std::string path = (fs::path(options.folder) / file.name).string();
            const bool goes_on = options.resume || pass > 1;
            const MeasureTask task{file.subject, extent, file.seed, pass, quickest};
            if (!measure_into(path, goes_on, task, machine, library, diagnostics)) {
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
    std::vector<Override> overrides;
    for (const ProfileOverride& setting : settings) {
        overrides.push_back({setting.path, setting.value});
    }
    return overrides;
}

std::optional<std::string> profiled(const HostOptions& options, const Library& library, Diagnostics& diagnostics) {
    const MachineFacts machine = machine_facts();
    const auto settings = host_settings(machine);
    auto profile = load_hardware(library, options.base, overrides_of(settings), SourceLocation("--base"), diagnostics);
    if (!profile || !measure_host(options, machine, library, diagnostics)) {
        return std::nullopt;
    }
    const auto fitted = sets_for(RowUse::kFitted, options, *profile, library, diagnostics);
    const auto calibration = fitted ? calibrate(*profile, *fitted, {}, diagnostics) : std::nullopt;
    if (!calibration) {
        return std::nullopt;
    }
    const std::string path = (fs::path(options.folder) / (options.name + ".yaml")).string();
    const std::string description = fmt::format("{}, {} cores, {}; measured and calibrated by berth profile-host",
                                                machine.processor, machine.cores, machine.libraries.front());
    if (!write_file(path,
                    calibrated_profile(*calibration, {options.name, options.base, description,
                                                      "berth profile-host, fitted.csv and model_fitted.csv", settings}),
                    diagnostics)) {
        return std::nullopt;
    }
    const auto written = load_hardware(library, path, {}, SourceLocation(path), diagnostics);
    const auto unseen = written ? sets_for(RowUse::kUnseen, options, *written, library, diagnostics) : std::nullopt;
    const auto validation = unseen ? validate(*written, *unseen, diagnostics) : std::nullopt;
    return validation ? std::optional(calibration_text(*calibration) + "\n" + validation_text(*validation) + "\n" +
                                      path + "\n")
                      : std::nullopt;
}

}  // namespace

void add_profile_host(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<HostOptions>();
    CLI::App* command =
        app.add_subcommand("profile-host", "Measures this machine and writes a calibrated profile of it");
    command->add_option("--out", options->folder, "Write the measurements and the profile there")
        ->type_name("DIR")
        ->required();
    command->add_option("--name", options->name, "Name of the profile")->type_name("NAME")->capture_default_str();
    command->add_option("--base", options->base, "What is believed before: a profile with one device, cpu")
        ->type_name("PROFILE")
        ->capture_default_str();
    command->add_flag("--quick", options->quick, "Few shapes: a look, no calibration to rely on");
    command->add_flag("--resume", options->resume, "Go on behind the last rows of the files that are there");
    command->footer(
        "Example:\n"
        "  berth profile-host --out my-host --name my-host");
    command->callback([options, &invocation] {
        Diagnostics diagnostics;
        const auto output = profiled(*options, invocation.library, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

}  // namespace berth
