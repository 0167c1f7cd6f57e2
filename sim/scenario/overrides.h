// Sorts overrides by what they change: the hardware, a model, or the scenario itself.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {

/// The names by which an override may refer to a model given as `name_or_path`: that, and the file name without
/// `.yaml`.
[[nodiscard]] std::vector<std::string> model_names(std::string_view name_or_path);

/// The rest of a path after `models.NAME.`, for the longest matching name; absent if none matches.
[[nodiscard]] std::optional<std::string_view> after_model_name(std::string_view path,
                                                               std::span<const std::string> names);

/// The rest of a path after `runtimes.NAME.`, likewise.
[[nodiscard]] std::optional<std::string_view> after_runtime_name(std::string_view path,
                                                                 std::span<const std::string> names);

/// Whether the override removes a device of the hardware or restores it.
[[nodiscard]] bool leaves_out(const Override& each);
[[nodiscard]] std::vector<Override> without_omissions(const std::vector<Override>& overrides);

struct SortedOverrides {
    std::vector<Override> hardware;  ///< paths unchanged, with `hardware.`
    std::vector<Override> runtimes;  ///< paths with `runtimes.NAME.`
    std::vector<Override> models;    ///< paths with `models.NAME.`
    std::vector<Override> scenario;
};
/// Sorts by the first step of the path; keeps the order within each kind.
[[nodiscard]] SortedOverrides sorted_by_target(const std::vector<Override>& overrides);

/// An override of a model, and the path in the model's file to which it applies.
struct ModelOverride {
    std::string key;
    Override written;
};
/// The overrides of one model. All names are needed to resolve a path: `models.a.b.size` belongs to `a.b` rather than
/// to `a`.
[[nodiscard]] std::vector<ModelOverride> overrides_of(std::span<const std::string> own_names,
                                                      std::span<const std::string> all_names,
                                                      const std::vector<Override>& overrides);

}  // namespace berth
