// Context findings: the prompt from which weights, caches and activations no longer fit into memory, and that with a
// narrower cache.
#include <fmt/format.h>

#include "analysis/variation.h"
#include "berth/analysis/latency_curve.h"
#include "berth/base/brief_text.h"
#include "evaluation/context_memory.h"

namespace berth {

namespace {

/// Half the width of the 16 bits that attention computes in, with group scales that preserve accuracy.
constexpr std::string_view kNarrowerCache = "int8_g32";

// Longest prompt that fits with the narrower cache; absent if all that the model reads do.
std::optional<std::int64_t> narrower_prompt(const StageView& view, std::int64_t most) {
    ModelStage stage = view.model_stage();
    stage.precision.cache = choice_named(kCacheNames, kNarrowerCache);
    const auto held = context_memory(stage, view.scenario.profile, view.chosen(), most);
    return held ? std::optional(held->prompt) : std::nullopt;
}

}  // namespace

void find_context(const StageView& view, std::vector<Finding>& found) {
    const ModelStage& stage = view.model_stage();
    const auto most = longest_input(stage.model);
    if (!stage.generation || !most || view.chosen().draft) {  // a draft has weights and a cache of its own
        return;
    }
    const auto limit = context_memory(stage, view.scenario.profile, view.chosen(), *most);
    if (!limit) {
        return;
    }
    std::string text = fmt::format(
        "{}, weights, caches and activations fill the {} of {}: a prompt of more than {} tokens with an answer of {} "
        "no longer fits, where the model reads {}.",
        placed(view.chosen()), brief(limit->capacity), limit->memory, limit->prompt, limit->answer, *most);
    const auto narrower = narrower_prompt(view, *most);
    if (stage.precision.cache || (narrower && *narrower <= limit->prompt)) {
        found.push_back({FindingKind::kContext, view.stage().name, {}, std::move(text), {}, {}, {}, "", ""});
        return;
    }
    text += narrower ? fmt::format(" With a cache of 8 bits {} tokens fit.", *narrower)
                     : fmt::format(" With a cache of 8 bits all {} fit.", *most);
    const auto after = vary_stage(
        view, [](ModelStage& changed) { changed.precision.cache = choice_named(kCacheNames, kNarrowerCache); });
    if (!after) {
        return;
    }
    Finding finding = finding_of(FindingKind::kContext, view, *after, std::move(text));
    finding.change = {{fmt::format("stages.{}.cache", view.stage().name), std::string(kNarrowerCache)}};
    found.push_back(std::move(finding));
}

}  // namespace berth
