// Several runtimes of one chip beside each other: each a profile of its own, for the same devices.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "berth/profile.h"

namespace berth {

/// Makes Profile::runtimes ready: each profile gets the devices that only another one has, on which it runs nothing,
/// all in one order, and numbers that a runtime has exactly as the hardware has them are one number from then on. All
/// have a host of the same name.
void join_runtimes(Profile& hardware);

/// The hardware as its runtime `runtime` uses it; the profile itself if it is absent, or has no runtimes beside it.
[[nodiscard]] const Profile& under(const Profile& hardware, std::optional<std::size_t> runtime);
[[nodiscard]] Profile& under(Profile& hardware, std::optional<std::size_t> runtime);

/// What parameters() of the hardware calls a number that this profile, the hardware's or a runtime's, has at `path`.
[[nodiscard]] std::string path_among_all(const Profile& profile, const std::string& path);
/// The other way round: absent if this profile does not have the number.
[[nodiscard]] std::optional<std::string> path_within(const Profile& profile, const std::string& path);
/// As `--set` takes the path of a key for this profile alone.
[[nodiscard]] std::string own_setting(const Profile& profile, std::string_view path);
/// As `--set` takes the path of a number, which may be that of several profiles.
[[nodiscard]] std::string settable_path(const Profile& profile, const std::string& path);

}  // namespace berth
