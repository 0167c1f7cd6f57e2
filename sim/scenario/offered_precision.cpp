// Searches the devices of a profile for a precision, and shipped profiles if none offers it.
#include "scenario/offered_precision.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/hardware/runtimes.h"
#include "scenario/find_file.h"
#include "scenario/load_parts.h"

namespace berth {

namespace {

bool multiplies_itself(const Device& device, DType dtype) {
    return std::ranges::all_of(device.clusters, [dtype](const CoreCluster& cluster) {
        return cluster.macs_per_cycle[static_cast<std::size_t>(dtype)].has_value();
    });
}

// Whether the device is an example of the scheme. Formats of weights alone are a matter of the runtime, which has to
// state them; a dtype is one that the device multiplies without converting it.
bool is_example(const Device& device, const Scheme& scheme) {
    return offers(device, scheme) && (scheme.weight_only() ? device.runtime.precisions.has_value()
                                                           : multiplies_itself(device, scheme.activations));
}

// Shipped profiles whose runtime offers the scheme, each once: "rk3576-rkllm-1.3.0 (npu)".
std::vector<std::string> profiles_offering(const Scheme& scheme, const Library& library) {
    std::vector<std::string> found;
    std::vector<std::string> seen;
    for (const std::filesystem::path& folder : shipped_folders(library, "hardware")) {
        for (const std::string& name : names_in(folder)) {
            if (std::ranges::find(seen, name) != seen.end()) {
                continue;
            }
            seen.push_back(name);
            Diagnostics ignored;  // an invalid profile offers nothing
            const auto profile = load_hardware_file(library, folder / (name + ".yaml"), {}, ignored);
            for (const Device& device : profile ? profile->devices : std::vector<Device>()) {
                if (is_example(device, scheme)) {
                    found.push_back(fmt::format("{} ({})", name, device.name));
                }
            }
        }
    }
    return found;
}

// The device's precisions with the scheme appended: `[fp16, int8, w4a16]`.
std::string granted(const Profile& profile, const Device& device, const Scheme& scheme) {
    auto names = offered_precisions(device);
    names.push_back(scheme_name(scheme));
    const std::string path = fmt::format("devices.{}.runtime.precisions", device.name);
    return fmt::format("{}=[{}]", own_setting(profile, path), fmt::join(names, ","));
}

}  // namespace

std::optional<PrecisionRefusal> precision_refusal(const Scheme& scheme, const Profile& profile,
                                                  const std::vector<DeviceId>& devices, const Library& library) {
    std::vector<std::string> offered;
    const Device* could = nullptr;
    for (const DeviceId id : devices) {
        const Device& device = profile.devices[static_cast<std::size_t>(id)];
        if (offers(device, scheme)) {
            return std::nullopt;
        }
        offered.push_back(fmt::format("{} ({}) offers {}", device.name, device.runtime.name,
                                      fmt::join(offered_precisions(device), ", ")));
        could = could == nullptr && multiplies(device, scheme) ? &device : could;
    }
    const std::string name = scheme_name(scheme);
    const auto others = profiles_offering(scheme, library);
    std::string expected = others.empty()
                               ? fmt::format("one of these; no shipped profile offers {}", name)
                               : fmt::format("one of these; {} is offered by {}", name, fmt::join(others, ", "));
    if (could != nullptr) {
        expected += fmt::format("; to ask what if it were: --set '{}'", granted(profile, *could, scheme));
    }
    return PrecisionRefusal{fmt::format("{} is not offered: {}", name, fmt::join(offered, "; ")), std::move(expected)};
}

}  // namespace berth
