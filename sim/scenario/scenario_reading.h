// What the readers of a scenario share: where files are, which overrides go where, and the profile's devices.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario.h"
#include "berth/yaml_reader.h"

namespace berth {

/// Overrides by the document that they change; paths without their prefix.
struct SortedOverrides {
    std::vector<Override> hardware;
    std::vector<Override> models;  ///< paths still start with the model's name
    std::vector<Override> scenario;
};
[[nodiscard]] SortedOverrides sort_overrides(const std::vector<Override>& overrides);

/// Those for one model: PATH of `NAME.PATH`.
[[nodiscard]] std::vector<Override> overrides_of_model(const std::vector<Override>& overrides, std::string_view name);

/// What a stage may name.
struct StageContext {
    const Library& library;
    const Profile& profile;
    const std::vector<Override>& model_overrides;
    std::vector<std::string>& models_used;
    std::filesystem::path folder;  ///< of the scenario's file: where its CSV files are
};
/// Empty if the stage has errors; `enabled` says whether it takes part.
struct StageReading {
    std::optional<Stage> stage;
    bool enabled = true;
};
[[nodiscard]] StageReading read_stage(const YamlNode& node, const StageContext& context);

/// `tokens`: a number, {from, to} or {file, column}.
[[nodiscard]] std::optional<TokenDistribution> read_tokens(const YamlNode& node, const std::filesystem::path& folder);

/// `takes`: a time, with a spread or as {low, high}.
[[nodiscard]] std::optional<Estimate<Time>> read_duration(const YamlNode& node);

/// A device of the profile by name; an error with the nearest name otherwise.
[[nodiscard]] std::optional<DeviceId> read_device_name(const YamlNode& node, const Profile& profile);
[[nodiscard]] std::optional<DeviceId> known_device(const std::string& name, const SourceLocation& where,
                                                   const Profile& profile, Diagnostics& diagnostics);

}  // namespace berth
