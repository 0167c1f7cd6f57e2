// Profiles that stages name as their runtime, in addition to the profile of the scenario's hardware.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/hardware/runtimes.h"
#include "berth/scenario/scenario.h"
#include "scenario/stage_devices.h"

namespace berth {

/// A profile that a stage names as its runtime.
struct RuntimeFile {
    std::string name;  ///< as written in the stage
    std::filesystem::path file;
    SourceLocation where;
};

/// The runtimes of all stages, including disabled ones, each file once and without the hardware's own; absent, with an
/// error, if a file cannot be found.
[[nodiscard]] std::optional<std::vector<RuntimeFile>> runtime_files(const std::vector<YamlNode>& stages,
                                                                    const std::filesystem::path& hardware,
                                                                    const Library& library);

/// Overrides of the profiles of a scenario.
struct ProfileSettings {
    std::vector<Override> hardware;  ///< `hardware.PATH`
    std::vector<Override> runtimes;  ///< `runtimes.NAME.PATH`
};

/// The document of a runtime's profile, with all that it extends.
struct RuntimeDocument {
    RuntimeFile file;
    YamlDocument document;
    std::vector<std::string> extends;  ///< names of the profiles that the file extends, the nearest first
    std::vector<ChipNumber> replaced;  ///< numbers of the chip that the file states differently
};

/// The documents of the runtimes' profiles on the hardware profile `hardware`. The memory and the clocks of the chip
/// are taken from the hardware profile; an override of the hardware also applies to a runtime's profile if both state
/// the same value. Absent, with an error that names the profiles of that chip, if a runtime is for another chip or has
/// another host.
[[nodiscard]] std::optional<std::vector<RuntimeDocument>> runtime_documents(const std::vector<RuntimeFile>& files,
                                                                            const std::filesystem::path& hardware,
                                                                            const Library& library,
                                                                            const ProfileSettings& settings,
                                                                            Diagnostics& diagnostics);

/// The profiles from which stages can choose.
struct StageHardware {
    Profile profile;                           ///< hardware profile, including the other runtimes
    Profile complete;                          ///< includes devices that the scenario or an override leaves out
    std::vector<RuntimeFile> files;            ///< files of `profile.runtimes`
    std::vector<Profile> complete_runtimes{};  ///< `profile.runtimes` including devices that are left out

    [[nodiscard]] ScenarioDevices devices(std::optional<std::size_t> runtime) const {
        return {under(profile, runtime), runtime ? complete_runtimes.at(*runtime) : complete};
    }
};

/// Index of a stage's `runtime` among those of the hardware; absent for the hardware's own.
[[nodiscard]] std::optional<std::size_t> read_runtime(const YamlNode& stage, const Library& library,
                                                      const StageHardware& hardware);

}  // namespace berth
