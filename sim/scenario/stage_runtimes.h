// Profiles that stages name as their runtime, beside that of the scenario's hardware.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/runtimes.h"
#include "berth/scenario.h"
#include "berth/yaml_reader.h"
#include "scenario/stage_devices.h"

namespace berth {

/// A profile that a stage names as its runtime.
struct RuntimeFile {
    std::string name;  ///< as the stage writes it
    std::filesystem::path file;
    SourceLocation where;
};

/// Those of all stages, disabled ones too, each file once and the hardware's own left out; empty, with an error, if one
/// cannot be found.
[[nodiscard]] std::optional<std::vector<RuntimeFile>> runtime_files(const std::vector<YamlNode>& stages,
                                                                    const std::filesystem::path& hardware,
                                                                    const Library& library);

/// What is set in the profiles of a scenario.
struct ProfileSettings {
    std::vector<Override> hardware;  ///< `hardware.PATH`
    std::vector<Override> runtimes;  ///< `runtimes.NAME.PATH`
};

/// The profile of a runtime as a document, with all that it extends.
struct RuntimeDocument {
    RuntimeFile file;
    YamlDocument document;
    std::vector<std::string> extends;  ///< names of the profiles that its file extends, the nearest first
    std::vector<ChipNumber> replaced;  ///< what its file says otherwise of the chip
};

/// The profiles of runtimes on the hardware in `hardware`: the chip's memory and clocks are those that the hardware
/// has, and what is set there is set here too, where both say the same of it. Absent, with an error that names the
/// profiles of that chip, if one is of another chip or has another host.
[[nodiscard]] std::optional<std::vector<RuntimeDocument>> runtime_documents(const std::vector<RuntimeFile>& files,
                                                                            const std::filesystem::path& hardware,
                                                                            const Library& library,
                                                                            const ProfileSettings& settings,
                                                                            Diagnostics& diagnostics);

/// The profiles that stages choose from.
struct StageHardware {
    Profile profile;                           ///< of the hardware, with the runtimes beside it
    Profile complete;                          ///< with the devices that the scenario or an override leaves out
    std::vector<RuntimeFile> files;            ///< of `profile.runtimes`
    std::vector<Profile> complete_runtimes{};  ///< the same with the devices that are left out

    [[nodiscard]] ScenarioDevices devices(std::optional<std::size_t> runtime) const {
        return {under(profile, runtime), runtime ? complete_runtimes.at(*runtime) : complete};
    }
};

/// The `runtime` of a stage as its place among those of the hardware; absent: the hardware's own.
[[nodiscard]] std::optional<std::size_t> read_runtime(const YamlNode& stage, const Library& library,
                                                      const StageHardware& hardware);

}  // namespace berth
