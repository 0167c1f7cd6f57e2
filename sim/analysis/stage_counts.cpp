// Handles only counts that nothing else of a stage depends on: tokens within existing buckets, inputs and passes.
#include "analysis/stage_counts.h"

#include <charconv>
#include <optional>

#include "berth/base/yaml_reader.h"
#include "graph/batch_rule.h"

namespace berth {

namespace {

std::optional<std::int64_t> count_in(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool whole = failure == std::errc{} && end == text.data() + text.size();
    return whole && count >= kCountRange.min && count <= kCountRange.max ? std::optional(count) : std::nullopt;
}

bool set_tokens(ModelStage& work, std::int64_t tokens) {
    const bool fits = !work.generation && !work.buckets.empty() && tokens <= work.buckets.back();
    if (fits) {
        work.tokens = {{tokens, 1}};
    }
    return fits;
}

bool set_count(Stage& stage, std::string_view key, std::int64_t count) {
    auto* work = std::get_if<ModelStage>(&stage.work);
    if (key == "repeat") {
        stage.repeat = count;
        return true;
    }
    if (key == "batch" && work != nullptr) {
        const bool taken = !batch_refusal(work->model, count) && !work->draft;
        work->batch = taken ? count : work->batch;
        return taken;
    }
    return key == "tokens" && work != nullptr && set_tokens(*work, count);
}

}  // namespace

bool set_stage_count(Scenario& scenario, std::string_view path, std::string_view value) {
    constexpr std::string_view kPrefix = "stages.";
    const std::size_t dot = path.rfind('.');
    if (!path.starts_with(kPrefix) || dot < kPrefix.size()) {
        return false;
    }
    const std::string_view name = path.substr(kPrefix.size(), dot - kPrefix.size());
    const auto count = count_in(value);
    for (Stage& stage : scenario.stages) {
        if (stage.name == name) {
            return count && set_count(stage, path.substr(dot + 1), *count);
        }
    }
    return false;
}

}  // namespace berth
