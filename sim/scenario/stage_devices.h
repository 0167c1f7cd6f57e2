// What a stage says about devices: cores, core masks, clocks, and where it is pinned.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "berth/profile.h"
#include "berth/scenario.h"
#include "berth/yaml_reader.h"

namespace berth {

/// The devices of a scenario: those of its profile, and those that its hardware has but that are left out.
struct ScenarioDevices {
    const Profile& profile;
    const Profile& complete;  ///< with the devices that are left out

    /// Absent, with an error at the node, if the hardware has no such device.
    [[nodiscard]] const Device* named(const YamlNode& node, const std::string& name) const;
    /// Absent if it is left out.
    [[nodiscard]] std::optional<DeviceId> id(const Device& device) const { return device_named(profile, device.name); }
};

/// `on: npu`; a device that is left out is an error.
[[nodiscard]] std::optional<DeviceId> read_pinned(const YamlNode& node, const ScenarioDevices& devices);

/// `cores: {npu: 2}` and `core_mask: {npu: 6}` of a stage. A mask of 0 leaves the choice to the runtime; where both
/// name a device, `cores` counts. What is said of devices that are left out is checked and dropped.
[[nodiscard]] std::map<DeviceId, int> read_cores(const YamlNode& stage, const ScenarioDevices& devices);

/// `clock: {npu: 600 MHz}`: one of the clocks that the profile lists for the device.
[[nodiscard]] std::map<DeviceId, Frequency> read_clocks(const YamlNode& stage, const ScenarioDevices& devices);

/// `dtypes: {cpu: w4a16}`: what the model is compiled for on a device, where that is not the stage's `dtype`.
[[nodiscard]] std::map<DeviceId, Scheme> read_dtypes(const YamlNode& stage, const ScenarioDevices& devices,
                                                     const Library& library);

}  // namespace berth
