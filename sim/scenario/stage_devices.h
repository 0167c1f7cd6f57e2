// Reads a stage's settings per device: cores, core masks, clocks, pinning.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/hardware/profile.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// The devices of a scenario: those of its profile, and those of the hardware that are left out.
struct ScenarioDevices {
    const Profile& profile;
    const Profile& complete;  ///< includes devices that are left out

    /// Null, with an error at the node, if the hardware has no such device.
    [[nodiscard]] const Device* named(const YamlNode& node, const std::string& name) const;
    /// Absent if the device is left out.
    [[nodiscard]] std::optional<DeviceId> id(const Device& device) const { return device_named(profile, device.name); }
};

/// Reads `on: npu`; a device that is left out is an error.
[[nodiscard]] std::optional<DeviceId> read_pinned(const YamlNode& node, const ScenarioDevices& devices);

/// Reads `cores: {npu: 2}` and `core_mask: {npu: 6}` of a stage. A mask of 0 leaves the choice to the runtime. `cores`
/// takes precedence if both name a device. Entries of devices that are left out are checked and dropped.
[[nodiscard]] std::map<DeviceId, int> read_cores(const YamlNode& stage, const ScenarioDevices& devices);

/// Reads `clock: {npu: 600 MHz}`, one of the clocks that the profile lists for the device.
[[nodiscard]] std::map<DeviceId, Frequency> read_clocks(const YamlNode& stage, const ScenarioDevices& devices);

/// Reads `dtypes: {cpu: w4a16}`: the precision for which the model is compiled on a device, if it differs from the
/// stage's `dtype`.
[[nodiscard]] std::map<DeviceId, Scheme> read_dtypes(const YamlNode& stage, const ScenarioDevices& devices,
                                                     const Library& library);

}  // namespace berth
