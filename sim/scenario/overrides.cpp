// Determines the target of each override.
#include "scenario/overrides.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace berth {

namespace {

constexpr std::string_view kModels = "models.";

// The longest of `names` that comes between the prefix, such as `models.`, and another step; null if none does.
const std::string* named_below(std::string_view prefix, std::string_view path, std::span<const std::string> names) {
    if (!path.starts_with(prefix)) {
        return nullptr;
    }
    const std::string_view rest = path.substr(prefix.size());
    const std::string* best = nullptr;
    bool best_exact = false;
    for (const std::string& name : names) {
        const bool fits = rest.size() > name.size() + 1 && rest[name.size()] == '.';
        const bool exact = fits && rest.starts_with(name);
        const bool matches = fits && equal_ignoring_case(rest.substr(0, name.size()), name);
        const bool better = best == nullptr || name.size() > best->size() || (exact && !best_exact);
        if (matches && better) {
            best = &name;
            best_exact = exact;
        }
    }
    return best;
}

std::optional<std::string_view> after_name(std::string_view prefix, std::string_view path,
                                           std::span<const std::string> names) {
    const std::string* name = named_below(prefix, path, names);
    return name != nullptr ? std::optional(path.substr(prefix.size() + name->size() + 1)) : std::nullopt;
}

}  // namespace

std::vector<std::string> model_names(std::string_view name_or_path) {
    std::vector<std::string> names{std::string(name_or_path)};
    const std::filesystem::path path(name_or_path);
    const std::string file = path.extension() == ".yaml" ? path.stem().string() : path.filename().string();
    if (file != names.front()) {
        names.push_back(file);
    }
    return names;
}

std::optional<std::string_view> after_model_name(std::string_view path, std::span<const std::string> names) {
    return after_name(kModels, path, names);
}

std::optional<std::string_view> after_runtime_name(std::string_view path, std::span<const std::string> names) {
    return after_name(kRuntimesPrefix, path, names);
}

bool leaves_out(const Override& each) { return each.path.ends_with(".enabled"); }

std::vector<Override> without_omissions(const std::vector<Override>& overrides) {
    std::vector<Override> others;
    std::ranges::remove_copy_if(overrides, std::back_inserter(others), leaves_out);
    return others;
}

SortedOverrides sorted_by_target(const std::vector<Override>& overrides) {
    SortedOverrides sorted;
    for (const Override& each : overrides) {
        const std::string path = typed_path(each.path);
        auto& target = path.starts_with(kHardwarePrefix)   ? sorted.hardware
                       : path.starts_with(kRuntimesPrefix) ? sorted.runtimes
                       : path.starts_with(kModels)         ? sorted.models
                                                           : sorted.scenario;
        target.push_back({path, each.value});
    }
    return sorted;
}

std::vector<ModelOverride> overrides_of(std::span<const std::string> own_names, std::span<const std::string> all_names,
                                        const std::vector<Override>& overrides) {
    std::vector<ModelOverride> own;
    for (const Override& each : overrides) {
        const std::string* name = named_below(kModels, each.path, all_names);
        if (name != nullptr && std::ranges::find(own_names, *name) != own_names.end()) {
            own.push_back({std::string(*after_model_name(each.path, all_names)), each});
        }
    }
    return own;
}

}  // namespace berth
