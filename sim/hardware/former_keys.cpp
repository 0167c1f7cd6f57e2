#include "hardware/former_keys.h"
#include "base/path_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace berth {

namespace {

struct FormerKey {
    std::span<const std::string_view> in;  ///< path of the maps that contain the key; `*` matches any step
    std::string_view former, present;
};

constexpr std::array<std::string_view, 4> kMemories{"devices", "*", "memories", "*"};
constexpr std::array<std::string_view, 3> kMatrix{"devices", "*", "matrix"};

constexpr std::array<FormerKey, 4> kFormerKeys{{
    {kMemories, "exchange", "coherence_transfer"},
    {kMemories, "others", "co_runners"},
    {kMatrix, "row_piece", "layout_block"},
    {kMatrix, "wide_output", "int32_output"},
}};

bool leads_to(std::span<const std::string_view> pattern, std::span<const std::string> steps) {
    return pattern.size() <= steps.size() &&
           std::ranges::equal(pattern, steps.first(pattern.size()),
                              [](std::string_view asked, std::string_view is) { return asked == "*" || asked == is; });
}

}  // namespace

void use_present_keys(YamlDocument& document, Diagnostics& diagnostics) {
    for (const FormerKey& key : kFormerKeys) {
        for (const SourceLocation& where : document.rename(key.in, key.former, key.present)) {
            diagnostics.warning(where, fmt::format("'{}' is now called '{}'", key.former, key.present),
                                "the new name; the former one is no longer read in the next release");
        }
    }
}

std::string present_path(std::string_view path) {
    PathSteps steps = steps_of(path);
    for (const FormerKey& key : kFormerKeys) {
        if (leads_to(key.in, steps) && steps.size() > key.in.size() && steps[key.in.size()] == key.former) {
            steps[key.in.size()] = key.present;
        }
    }
    return fmt::format("{}", fmt::join(steps, "."));
}

}  // namespace berth
