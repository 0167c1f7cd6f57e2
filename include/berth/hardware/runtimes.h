// Several runtimes of one chip, each a profile of its own for the same devices.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "berth/hardware/profile.h"

namespace berth {

/// Completes Profile::runtimes: each profile gets the devices that only another one has, on which it runs nothing, all
/// in one order; numbers that are equal in a runtime and in the hardware become one shared number. All have a host of
/// the same name.
void join_runtimes(Profile& hardware);

/// The profile of the runtime at index `runtime`; `hardware` itself if the index is absent or there are no other
/// runtimes.
[[nodiscard]] const Profile& under(const Profile& hardware, std::optional<std::size_t> runtime);
[[nodiscard]] Profile& under(Profile& hardware, std::optional<std::size_t> runtime);

/// Path in parameters() of the hardware of the number at `path` in this profile, the hardware's or a runtime's.
[[nodiscard]] std::string path_among_all(const Profile& profile, const std::string& path);
/// Inverse of path_among_all(): absent if this profile does not have the number.
[[nodiscard]] std::optional<std::string> path_within(const Profile& profile, const std::string& path);
/// Path of a key for this profile alone, as `--set` takes it.
[[nodiscard]] std::string own_setting(const Profile& profile, std::string_view path);
/// Path of a number, as `--set` takes it; several profiles may share the number.
[[nodiscard]] std::string settable_path(const Profile& profile, const std::string& path);

}  // namespace berth
