// Overrides sorted by what they change: the hardware, a model, or the scenario itself.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// What an override may call a model that is referred to as `name_or_path`: that, and the file's name without `.yaml`.
[[nodiscard]] std::vector<std::string> model_names(std::string_view name_or_path);

/// What follows `models.NAME.`, for the longest of `names`; absent if the path does not start with one.
[[nodiscard]] std::optional<std::string_view> after_model_name(std::string_view path,
                                                               std::span<const std::string> names);

/// The same for what follows `runtimes.NAME.`.
[[nodiscard]] std::optional<std::string_view> after_runtime_name(std::string_view path,
                                                                 std::span<const std::string> names);

/// Whether it takes a device of the hardware out, or puts it back.
[[nodiscard]] bool leaves_out(const Override& each);
[[nodiscard]] std::vector<Override> without_omissions(const std::vector<Override>& overrides);

struct SortedOverrides {
    std::vector<Override> hardware;  ///< paths as they were, with `hardware.`
    std::vector<Override> runtimes;  ///< with `runtimes.NAME.`
    std::vector<Override> models;    ///< with `models.NAME.`
    std::vector<Override> scenario;
};
/// By the first step of the path; the order of each kind stays.
[[nodiscard]] SortedOverrides sorted_by_target(const std::vector<Override>& overrides);

/// An override of a model, and the path within the model's file that it means.
struct ModelOverride {
    std::string key;
    Override written;
};
/// Overrides of one model, by the names of all of them: `models.a.b.size` belongs to `a.b` rather than to `a`.
[[nodiscard]] std::vector<ModelOverride> overrides_of(std::span<const std::string> own_names,
                                                      std::span<const std::string> all_names,
                                                      const std::vector<Override>& overrides);

}  // namespace berth
