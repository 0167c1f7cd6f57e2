// Compares a profile's machine with this one, or with one described in a file.
#include "cli/machine_check.h"

#include <cstdlib>
#include <string_view>

#include "berth/base/yaml_reader.h"
#include "berth/hardware/machine.h"

namespace berth {

namespace {

std::optional<MachineDescription> described_in(const std::string& path, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    const auto document = YamlDocument::load(path, diagnostics);
    if (!document) {
        return std::nullopt;
    }
    auto machine = read_machine(document->root(diagnostics).require("machine", "a map with 'processor'"));
    return diagnostics.error_count() == errors_before ? std::move(machine) : std::nullopt;
}

std::optional<MachineDescription> machine_to_compare(Diagnostics& diagnostics) {
    const char* const chosen = std::getenv(kMachineVariable);
    if (chosen == nullptr || *chosen == '\0') {
        return this_machine();
    }
    return std::string_view(chosen) == "none" ? std::nullopt : described_in(chosen, diagnostics);
}

}  // namespace

std::vector<Warning> machine_warnings(const Profile& profile, Diagnostics& diagnostics) {
    const auto here = profile.machine ? machine_to_compare(diagnostics) : std::nullopt;
    const std::string text = here ? machine_warning(*profile.machine, *here) : "";
    if (text.empty()) {
        return {};
    }
    diagnostics.warning(SourceLocation(profile.name), text);
    return {{"hardware.machine", profile.name + ": " + text}};
}

}  // namespace berth
