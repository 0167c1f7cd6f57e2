// Where a result came from: the program and the command that made it, what was changed in its scenario, and the profile
// it rests on. Written at the head of every JSON answer and at the end of every report.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/shell_word.h"
#include "berth/base/text_width.h"
#include "berth/base/warning.h"
#include "berth/hardware/profile.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// A profile, with its numbers counted by kind of evidence.
struct ProfileOrigin {
    std::string name;
    std::string file;                                        ///< relative to the folder that ships it, or as given
    std::vector<std::string> extends;                        ///< the nearest first
    std::array<std::size_t, kOriginNames.size()> numbers{};  ///< counts by Origin
    friend bool operator==(const ProfileOrigin&, const ProfileOrigin&) = default;
};
[[nodiscard]] ProfileOrigin profile_origin(Profile profile, const Library& library);

/// Parts that do not apply are empty; an empty command is not reported.
struct Provenance {
    std::string version, command;
    std::string title;  ///< scenario's name, with its changes
    std::vector<SettingChange> changes;
    std::vector<ProfileOrigin> profiles;  ///< two where two profiles are compared
    std::vector<Warning> warnings;        ///< for an answer that does not carry its own
};
/// Adds title, changes and profile of a scenario.
void add_scenario(Provenance& provenance, const Scenario& scenario);

/// `berth` and its arguments, to be pasted into a shell.
[[nodiscard]] std::string command_text(std::span<const std::string> arguments);

/// Adds provenance to an answer, a JSON object: `version` and `command` at its head; with a scenario also `title`; with
/// a scenario or changes `changes[]` (`path`, `value`, `before`); and `profiles[]` (`name`, `file`, `extends[]`,
/// `numbers` by origin), and `warnings[]` if there are any. Unchanged without a command.
[[nodiscard]] std::string with_provenance(std::string json, const Provenance& provenance);

/// Provenance as text, in lines that fit `width`: a long command continues after a backslash, so that it can be pasted.
/// Empty without a command.
[[nodiscard]] std::string provenance_text(const Provenance& provenance, TextWidth width = {});
/// Appends that text, under a heading, to an answer or report.
[[nodiscard]] std::string with_provenance_text(std::string text, const Provenance& provenance, TextWidth width = {});

}  // namespace berth
