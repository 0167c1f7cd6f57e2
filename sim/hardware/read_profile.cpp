// Reads a profile from YAML: name, memory, devices and host; each section has its own file.
#include <algorithm>

#include <fmt/format.h>

#include "base/mapped.h"
#include "berth/hardware/load_profile.h"
#include "hardware/key_reader.h"

namespace berth {

namespace {

// Checks the DRAM clock. A clock of a tenth or of twice the rated one indicates other memory rather than another clock
// state.
void check_clock(Dram& dram, const YamlNode& node) {
    if (dram.clock && !dram.rated_clock) {
        (void)node.require("rated_clock", "the clock at which the bandwidths hold, such as 2112 MHz");
        return;
    }
    if (!dram.clock && dram.rated_clock) {
        dram.clock = dram.rated_clock;
    }
    const auto state = state_of(dram);
    const bool read = state && state->rated > Frequency{} && state->clock.value > Frequency{};
    if (read && (state->relative() < kLeastDramClock || state->relative() > kMostDramClock)) {
        node.require("clock").error(
            fmt::format("{} is no state of a memory that is rated at {}", to_text(state->clock.value),
                        to_text(state->rated)),
            fmt::format("{} to {}", to_text(state->rated * kLeastDramClock), to_text(state->rated * kMostDramClock)));
    }
}

Dram read_dram(const YamlNode& root) {
    Dram dram;
    const YamlNode memory = root.require("memory", "a map with 'dram'");
    const YamlNode node = memory.require("dram", "a map with capacity, bandwidth and sustained");
    KeyReader rows(node);
    dram_keys(rows, dram);
    check_clock(dram, node);
    if (dram.sustained.value > dram.bandwidth.value && dram.bandwidth.value > Bandwidth()) {
        const YamlNode sustained = node.require("sustained");
        sustained.error(fmt::format("{} is more than the bus carries", to_text(dram.sustained.value)),
                        way_out({sustained, dram.sustained.value, dram.bandwidth.value, "the bandwidth",
                                 node.require("bandwidth")}));
    }
    node.reject_unknown_keys();
    memory.reject_unknown_keys();
    return dram;
}

// Whether a device consists of a few keys of one that a profile it extends should have, but has not: reports it.
bool is_misspelt(const YamlEntry& entry, const std::vector<std::string>& all, Diagnostics& diagnostics) {
    if (!entry.value.is_map() || all.size() < 2 || entry.value.find("kind") || entry.value.find("runtime")) {
        return false;
    }
    std::vector<std::string> others = all;
    std::erase(others, entry.key);
    const std::string similar = nearest_name(entry.key, others);
    if (similar.empty()) {
        return false;
    }
    diagnostics.error(
        entry.key_where,
        fmt::format("the profile extends none with a device '{}', and its 'kind' and 'runtime' are missing", entry.key),
        list_of(others), similar);
    return true;
}

// Reads the devices and returns the names of those that `enabled: false` removes.
std::vector<std::string> read_devices(Profile& profile, const YamlNode& root) {
    std::vector<std::string> disabled;
    const YamlNode list = root.require("devices", "a map from names to devices");
    const auto names = mapped(list.entries(), &YamlEntry::key);
    for (const YamlEntry& entry : list.entries()) {
        if (is_misspelt(entry, names, root.diagnostics())) {
            continue;
        }
        const auto enabled = entry.value.find("enabled");
        if (enabled && enabled->boolean() == false) {
            disabled.push_back(entry.key);
        }
        profile.devices.push_back(read_device(entry.key, entry.value));
    }
    if (list.is_map() && profile.devices.empty()) {
        list.error("no device is given");
    }
    return disabled;
}

void read_host(Profile& profile, const YamlNode& root, const std::vector<std::string>& disabled) {
    const YamlNode node = root.require("host", "the device where inputs come from");
    const auto name = node.text();
    if (!name) {
        return;
    }
    const auto host = device_named(profile, *name);
    if (!host) {
        const auto names = device_names(profile);
        node.error(fmt::format("no device '{}'", *name), list_of(names), nearest_name(*name, names));
        return;
    }
    profile.host = *host;
    const Device& device = profile.devices[static_cast<std::size_t>(*host)];
    if (device.vector_by_host) {
        root.require("devices").require(*name).require("vector").require("by_host").error(
            fmt::format("'{}' is the host itself", *name), "no 'by_host', or another device as host");
    }
    if (device.runtime.own_code) {
        root.require("devices")
            .require(*name)
            .require("runtime")
            .require("own_code")
            .error(fmt::format("'{}' is the host itself", *name), "no 'own_code', or another device as host");
    }
    if (std::find(disabled.begin(), disabled.end(), *name) != disabled.end()) {
        node.error(fmt::format("the host '{}' is disabled", *name), "a host that is there");
    }
}

// Removes fallbacks to a disabled device.
void drop_fallbacks(Device& device, const std::string& gone) {
    for (OperatorRule& rule : device.runtime.operators) {
        if (rule.fallback == gone) {
            rule.fallback.reset();
            rule.reason += fmt::format("{}{} is disabled", rule.reason.empty() ? "" : "; ", gone);
        }
    }
}

void remove_device(Profile& profile, const std::string& name) {
    const DeviceId gone = device_named(profile, name).value();
    profile.devices.erase(profile.devices.begin() + gone);
    for (Device& device : profile.devices) {
        drop_fallbacks(device, name);
    }
    std::erase_if(profile.links, [gone](const Link& link) { return link.from == gone || link.to == gone; });
    const auto renumbered = [gone](DeviceId id) { return id > gone ? id - 1 : id; };
    for (Link& link : profile.links) {
        link.from = renumbered(link.from);
        link.to = renumbered(link.to);
    }
    profile.host = renumbered(profile.host);
}

}  // namespace

std::optional<Profile> read_profile(const YamlNode& root) {
    const std::size_t errors_before = root.diagnostics().error_count();
    Profile profile;
    profile.where = root.where();
    profile.name = text_or_empty(root.require("profile", "the profile's name"));
    if (const auto description = root.find("description")) {
        profile.description = text_or_empty(*description);
    }
    (void)root.find("extends");  // already processed, and the next two keys as well
    if (const auto chip = root.find("chip")) {
        (void)text_or_empty(*chip);  // already processed by inheritance
    }
    if (const auto archetype = root.find("archetype")) {
        (void)archetype->boolean();
    }
    if (const auto machine = root.find("machine")) {
        profile.machine = read_machine(*machine);
    }
    profile.dram = read_dram(root);
    const std::vector<std::string> disabled = read_devices(profile, root);
    read_host(profile, root, disabled);
    const std::size_t errors_before_links = root.diagnostics().error_count();
    if (const auto links = root.find("links")) {
        read_links(profile, *links);
    }
    if (root.diagnostics().error_count() == errors_before_links) {  // otherwise a missing link may be a misspelt one
        check_links(profile, root);
        check_limits(profile, root);
    }
    check_fallbacks(profile, root.diagnostics());
    if (const auto correlations = root.find("correlations")) {
        read_correlations(profile, *correlations);
    }
    root.reject_unknown_keys();
    if (root.diagnostics().error_count() != errors_before) {
        return std::nullopt;
    }
    for (const std::string& name : disabled) {
        remove_device(profile, name);
    }
    share_dram(profile);
    profile.relative = root.relative_numbers();
    share_host(profile);
    return profile;
}

}  // namespace berth
